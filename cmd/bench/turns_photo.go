package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// draw makes the platform's picture; see drawPhoto for the numbers.
func (b *turnsBench) draw(ctx context.Context, number string) (file string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	file = filepath.Join(b.dir, "picture-"+number+".jpg")
	if _, err := run(ctx, self, "-photo-draw", number, file); err != nil {
		return "", err
	}
	picture, err := os.ReadFile(file)
	b.api.picture.Store(&picture)
	return file, err
}

// photoTurn compares a photo's whole way through the program with what package imaging costs alone. The item in turn is a
// proof of study, for which it judges the picture and looks for a face and a code.
func (b *turnsBench) photoTurn(ctx context.Context) (err error) {
	const photos = 60
	file, err := b.draw(ctx, "1")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	db, err := b.newDatabase(ctx, people)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop()) }()
	b.Database, b.Blobs = db.config, filepath.Join(b.dir, "photo")
	program, err := b.hire(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.leave()) }()
	before, err := db.photos(ctx)
	if err != nil {
		return err
	}
	var whole, alone, judging, ratios []float64
	for round := range b.rounds + 1 {
		start, err := run(ctx, self, "-photo-take", "0", file)
		if err != nil {
			return err
		}
		judged, err := run(ctx, self, "-photo-take", strconv.Itoa(photos), file)
		if err != nil {
			return err
		}
		taken, err := run(ctx, self, "-photo-take", strconv.Itoa(photos), file, "look")
		if err != nil {
			return err
		}
		requests := make([][]byte, photos)
		for i := range requests {
			requests[i] = b.crowd.photo(openID(round*photos+i), fmt.Sprint("photo-", round*photos+i))
		}
		first, err := program.usage()
		if err != nil {
			return err
		}
		if _, err := burst(ctx, program.url, requests, 16); err != nil {
			return err
		}
		if err := b.arrived(ctx, db, before+(round+1)*photos); err != nil {
			return err
		}
		last, err := program.usage()
		if err != nil {
			return err
		}
		if round == 0 {
			continue
		}
		whole = append(whole, float64(last.CPU-first.CPU)/1000/photos)
		judging = append(judging, (judged.cpu-start.cpu)*1000/photos)
		alone = append(alone, (taken.cpu-start.cpu)*1000/photos)
		ratios = append(ratios, whole[len(whole)-1]/alone[len(alone)-1])
	}
	b.judge(goal{"photo turn, kept photo, CPU of imaging alone", false, 1.3, 1.1, "%.2f×",
		fmt.Sprintf("%.1f ms against %.1f ms, of which judging %.1f ms; %d photos", median(whole), median(alone), median(judging), b.rounds*photos)}, median(ratios))
	return nil
}

// arrived waits until so many photos have their row.
func (b *turnsBench) arrived(ctx context.Context, db *database, want int) error {
	have := 0
	for until := time.Now().Add(10 * time.Minute); time.Now().Before(until) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		var err error
		if have, err = db.photos(ctx); err != nil || have == want {
			return err
		}
	}
	return fmt.Errorf("%d photos stored, %d expected", have, want)
}

// memory lets many large photos arrive at the same moment.
func (b *turnsBench) memory(ctx context.Context) (err error) {
	const photos = 200
	if _, err := b.draw(ctx, "2"); err != nil {
		return err
	}
	db, err := b.newDatabase(ctx, people)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop()) }()
	b.Database, b.Blobs = db.config, filepath.Join(b.dir, "memory")
	program, err := b.hire(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.leave()) }()
	before, err := db.photos(ctx)
	if err != nil {
		return err
	}
	requests := make([][]byte, photos)
	for i := range requests {
		requests[i] = b.crowd.photo(openID(i), fmt.Sprint("large-", i))
	}
	idle, err := program.usage()
	if err != nil {
		return err
	}
	a, err := burst(ctx, program.url, requests, photos)
	if err != nil {
		return err
	}
	if err := b.arrived(ctx, db, before+photos); err != nil {
		return err
	}
	full, err := program.usage()
	if err != nil {
		return err
	}
	b.judge(goal{fmt.Sprint("peak memory, ", photos, " photos of 12 MP at once"), false, 600, 300, "%.0f MB", fmt.Sprintf(
		"%.1f MB each; idle %d MB; slowest acknowledged after %s; fetched %d times", float64(len(*b.api.picture.Load()))/1e6,
		idle.RSS>>20, p(99, a.times), b.api.fetched.Load())}, float64(full.RSS>>20))
	return nil
}
