package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cailiao/wechat/wechattest"
)

// kept is what the demo remembers between two starts besides the product's own stores.
type kept struct {
	clock *clock
	saved []byte // the platform's memory
	first bool   // nothing was there
}

const (
	clockFile    = "clock.json"
	platformFile = "platform.gob"
)

func loadKept(dir string) (*kept, error) {
	k := &kept{clock: new(clock)}
	data, err := os.ReadFile(filepath.Join(dir, clockFile))
	if errors.Is(err, fs.ErrNotExist) {
		k.first = true
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &k.clock.ahead); err != nil {
		return nil, fmt.Errorf("%s: %w (start anew with -fresh)", clockFile, err)
	}
	k.saved, err = os.ReadFile(filepath.Join(dir, platformFile))
	if err != nil {
		return nil, fmt.Errorf("%w (start anew with -fresh)", err)
	}
	return k, nil
}

// platform is the fake WeChat with what it remembers.
func (k *kept) platform(callback string) (*wechattest.Platform, error) {
	platform := wechattest.New(wechattest.Options{CallbackURL: callback, Now: k.clock.Now})
	if k.saved == nil {
		return platform, nil
	}
	if err := platform.Load(bytes.NewReader(k.saved)); err != nil {
		platform.Close()
		return nil, fmt.Errorf("%w (start anew with -fresh)", err)
	}
	return platform, nil
}

// save writes each file whole before it takes the old one's place.
func (k *kept) save(dir string, platform *wechattest.Platform) error {
	ahead, err := json.Marshal(k.clock.offset())
	if err != nil {
		return err
	}
	return errors.Join(
		replace(filepath.Join(dir, platformFile), func(f *os.File) error { return platform.Save(f) }),
		replace(filepath.Join(dir, clockFile), func(f *os.File) error { _, err := f.Write(ahead); return err }),
	)
}

func replace(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// saveNowAndThen saves every few seconds until ctx ends, and once more then.
func (k *kept) saveNowAndThen(ctx context.Context, dir string, platform *wechattest.Platform) <-chan error {
	done := make(chan error, 1)
	go func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			err := k.save(dir, platform)
			select {
			case <-ctx.Done():
				platform.Wait()
				done <- errors.Join(err, k.save(dir, platform))
				return
			case <-tick.C:
			}
		}
	}()
	return done
}

// clock runs like the machine's, ahead of it by what the page asked for.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the demo's time.
func (c *clock) Now() time.Time { return time.Now().Add(c.offset()) }

// Advance moves it forward.
func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(d, 0)
}

func (c *clock) offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}
