package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"
)

// many compares turns in a small database with turns in one of the nation's size, people spread over all of it.
func (b *turnsBench) many(ctx context.Context) (err error) {
	var dbs [2]*database
	defer func() {
		for i := range dbs {
			if dbs[i] != nil {
				err = errors.Join(err, dbs[i].drop())
			}
		}
	}()
	sizes := [2]int{people, b.candidates}
	for i, size := range sizes {
		if dbs[i], err = b.newDatabase(ctx, size); err != nil {
			return err
		}
	}
	var first, again [2][]float64
	sent := 0
	for round := range b.rounds + 1 { // the first one warms
		for turn := range 2 {
			i := (round + turn) % 2
			if i == 0 { // of the large one few are met twice
				if err := dbs[0].hush(ctx); err != nil {
					return err
				}
			}
			b.Database, b.Blobs = dbs[i].config, filepath.Join(b.dir, fmt.Sprint("many-", i))
			f, a, err := b.strangers(ctx, sizes[i])
			if err != nil {
				return err
			}
			first[i], again[i] = append(first[i], f), append(again[i], a)
		}
		sent += people + b.calls
	}
	slower := func(rates [2][]float64) float64 {
		var ratios []float64
		for round := 1; round <= b.rounds; round++ {
			ratios = append(ratios, rates[0][round]/rates[1][round])
		}
		return median(ratios)
	}
	rates := func(rates [2][]float64) string {
		return fmt.Sprintf("%.0f/s and %.0f/s", median(rates[0][1:]), median(rates[1][1:]))
	}
	sizesOf := "bytes a row with indexes:"
	for _, table := range []string{"candidates", "submissions", "talks", "photos", "messages"} {
		size, err := dbs[1].size(ctx, table)
		if err != nil {
			return err
		}
		sizesOf += fmt.Sprintf(" %s %.0f", table, size)
	}
	for _, db := range dbs {
		if err := db.settled(ctx, sent); err != nil {
			return err
		}
	}
	what := fmt.Sprintf(" with %d candidates and %d photos, of one with %d", sizes[1], 10*sizes[1], people)
	b.judge(goal{"first turn of a person" + what, false, 1.2, 1.05, "%.2f×", rates(first) + "; " + sizesOf}, slower(first))
	b.judge(goal{"later turn" + what, false, 1.2, 1.05, "%.2f×", rates(again)}, slower(again))
	return nil
}

// strangers starts a program that has not heard of anybody, and returns the rates at which it answers people spread over
// all candidates: each one's first message, and later ones.
func (b *turnsBench) strangers(ctx context.Context, candidates int) (first, again float64, err error) {
	program, err := b.hire(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, program.leave()) }()
	who := rand.Perm(candidates)[:people]
	speak := func(n, from, to int) (float64, error) {
		requests := make([][]byte, n)
		for i := range requests {
			requests[i] = b.crowd.text(openID(who[from+i%(to-from)]), "进度")
		}
		a, err := burst(ctx, program.url, requests, 32)
		return a.rate(), err
	}
	const warm = people / 5
	if _, err = speak(warm, 0, warm); err != nil {
		return 0, 0, err
	}
	if first, err = speak(people-warm, warm, people); err != nil {
		return 0, 0, err
	}
	again, err = speak(b.calls, 0, people)
	return first, again, err
}

// pairShare is the part of a core that an instance of the pair may use, so that neither this machine's processors nor the
// database are what limits it.
const pairShare = 0.25

// pair compares two instances on one database with one.
func (b *turnsBench) pair(ctx context.Context) (err error) {
	db, err := b.newDatabase(ctx, people)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop()) }()
	b.Database, b.Blobs = db.config, filepath.Join(b.dir, "pair")
	var programs []*worker
	var undo []func() error
	defer func() {
		for _, w := range programs {
			err = errors.Join(err, w.leave())
		}
		for _, free := range undo {
			err = errors.Join(err, free())
		}
	}()
	for range 2 {
		w, err := b.hire(ctx)
		if err != nil {
			return err
		}
		programs = append(programs, w)
		free, err := ofACore(w.cmd.Process.Pid, pairShare)
		if err != nil {
			return err
		}
		undo = append(undo, free)
	}
	calls := max(b.calls/4, 400)
	var gain []float64
	var rates [2][]float64
	sent := 0
	for round := range b.rounds + 1 {
		one, err := burst(ctx, programs[round%2].url, b.texts(calls), 32)
		if err != nil {
			return err
		}
		both := b.texts(2 * calls)
		var parts [2]answers
		var errs [2]error
		var speaking sync.WaitGroup
		began := time.Now()
		for i, w := range programs {
			speaking.Go(func() { parts[i], errs[i] = burst(ctx, w.url, both[i*calls:(i+1)*calls], 32) })
		}
		speaking.Wait()
		took := time.Since(began)
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		sent += 3 * calls
		if round == 0 {
			continue
		}
		rates[0] = append(rates[0], one.rate())
		rates[1] = append(rates[1], float64(2*calls)/took.Seconds())
		gain = append(gain, rates[1][round-1]/rates[0][round-1])
	}
	if err := db.settled(ctx, sent); err != nil {
		return err
	}
	b.judge(goal{"two instances on one database, of one", true, 1.7, 0, "%.2f×", fmt.Sprintf(
		"%.0f/s and %.0f/s; each has %.0f %% of a core", median(rates[0]), median(rates[1]), 100*pairShare)}, median(gain))
	return nil
}
