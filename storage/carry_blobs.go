package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"
)

// CarryBlobs copies what is not there yet, and reads every blob back to compare it.
func CarryBlobs(ctx context.Context, from, to Blobs, progress func(what string, done, total int)) (Proof, error) {
	there := map[string]bool{}
	err := to.Each(ctx, func(key string, _ time.Time) error { there[key] = true; return nil })
	if err != nil {
		return Proof{}, err
	}
	var keys []string
	if err := from.Each(ctx, func(key string, _ time.Time) error { keys = append(keys, key); return nil }); err != nil {
		return Proof{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	var sum tally
	var working sync.WaitGroup
	queue := make(chan string)
	for range carryBlobs {
		working.Go(func() {
			for key := range queue {
				hash, err := carryBlob(ctx, from, to, key, there[key])
				if err != nil {
					stop(fmt.Errorf("move blob %s: %w", key, err))
					continue
				}
				mu.Lock()
				sum.add(hash)
				progress("pictures", sum.n, len(keys))
				mu.Unlock()
			}
		})
	}
	for _, key := range keys {
		queue <- key
	}
	close(queue)
	working.Wait()
	if ctx.Err() != nil {
		return Proof{}, context.Cause(ctx)
	}
	return sum.proof("pictures"), nil
}

// carryBlob returns the hash of a blob with its key.
func carryBlob(ctx context.Context, from, to Blobs, key string, there bool) (hash [sha256.Size]byte, err error) {
	data, err := from.Get(ctx, key)
	if err != nil {
		return hash, err
	}
	for try := 0; ; try++ {
		if there {
			back, err := to.Get(ctx, key)
			if err != nil {
				return hash, err
			}
			if bytes.Equal(back, data) {
				return blobHash(key, sha256.Sum256(data)), nil
			}
		}
		if try == 2 {
			return hash, errors.New("what arrives is not what was sent")
		}
		if err := to.Put(ctx, key, data); err != nil {
			return hash, err
		}
		there = true
	}
}

// blobHash stands for a blob in a Proof.
func blobHash(key string, content [sha256.Size]byte) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s %x", key, content))
}
