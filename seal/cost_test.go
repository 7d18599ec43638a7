package seal_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cailiao/imaging"
)

// What sealing costs beside the work on the picture itself, in one run: the bytes as received, the
// copy, the screen copy and the thumbnail are sealed once each, as in a turn.
func BenchmarkSealingBesideAPhotoTurn(b *testing.B) {
	samples, err := filepath.Glob("../cmd/demo/samples/0*.jpg")
	if err != nil || len(samples) == 0 {
		b.Fatalf("no samples: %v", err)
	}
	works := imaging.New(imaging.Config{Timeout: time.Minute})
	k := keys(b)
	var working, sealing time.Duration
	for i := 0; b.Loop(); i++ {
		data, err := os.ReadFile(samples[i%len(samples)])
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		taken, err := works.Take(context.Background(), data)
		if err != nil || taken.Fault != nil {
			b.Fatal(err, taken.Fault)
		}
		middle := time.Now()
		for _, blob := range [][]byte{data, taken.Copy, taken.Screen, taken.Thumb} {
			if _, err := k.Bytes(blob, "blob"); err != nil {
				b.Fatal(err)
			}
		}
		working, sealing = working+middle.Sub(start), sealing+time.Since(middle)
	}
	b.ReportMetric(100*float64(sealing)/float64(working), "%of-picture-work")
	b.ReportMetric(float64(sealing.Microseconds())/float64(b.N), "µs-sealing/op")
}
