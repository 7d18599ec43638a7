package imaging

import (
	"context"
	"testing"

	"cailiao/imaging/imagetest"
)

// cmd/bench holds these against libjpeg-turbo; here they are for profiles.
func BenchmarkTake(b *testing.B) {
	chat := imagetest.Scene{W: 1080, H: 1440, Noise: 3, Seed: 1}.Draw()
	original := imagetest.Lying(imagetest.Scene{W: 3024, H: 4032, Noise: 4, Defocus: 1, Seed: 1}.Draw(), 6)
	for name, data := range map[string][]byte{
		"kept":     imagetest.JPEG(chat, 78),
		"fit":      imagetest.JPEG(chat, 92),
		"original": imagetest.Oriented(imagetest.JPEG(original, 90), 6),
		"png":      imagetest.PNG(imagetest.Scene{W: 1080, H: 2340, Screen: true}.Draw()),
	} {
		b.Run(name, func(b *testing.B) {
			w := New(Config{})
			b.ReportAllocs()
			for range b.N {
				if _, err := w.Take(context.Background(), data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
