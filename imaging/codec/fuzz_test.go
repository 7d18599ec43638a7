package codec

import (
	"context"
	"errors"
	"testing"
)

// The decoders must never panic, must answer ErrBroken or ErrUnsupported or a picture of the size
// the header promised, and what they decode must be encodable.

func FuzzJPEG(f *testing.F) {
	for _, data := range samples(f, "*.jpg") {
		f.Add(data, uint8(7), true)
		f.Add(data[:len(data)*2/3], uint8(2), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8, coefs bool) {
		j, err := ReadJPEG(data, 20)
		if err != nil {
			if !errors.Is(err, ErrBroken) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("unclassified: %v", err)
			}
			return
		}
		if j.Scans > 20 || j.Width*j.Height > 1<<20 {
			return
		}
		want := Want{Luma: int(n%8) + 1, Chroma: int(n/8%8) + 1}
		if coefs && j.Requantisable() {
			want.Coefs = true
		}
		p, c, err := j.Decode(context.Background(), want)
		if err != nil {
			if !errors.Is(err, ErrBroken) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("unclassified: %v", err)
			}
			return
		}
		if p.W != j.Width || p.H != j.Height || len(p.Planes) != 1 && len(p.Planes) != 3 {
			t.Fatalf("%d×%d became %d×%d in %d planes", j.Width, j.Height, p.W, p.H, len(p.Planes))
		}
		encodable(t, Transform(p.Fit(min(p.W, 64), min(p.H, 64))))
		if c != nil {
			encodable(t, c)
		}
	})
}

func FuzzPNG(f *testing.F) {
	for _, data := range samples(f, "*.png") {
		f.Add(data, uint8(1))
	}
	for _, data := range generated() {
		f.Add(data, uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, k uint8) {
		p, err := ReadPNG(data)
		if err == nil {
			if p.Width*p.Height > 1<<20 {
				return
			}
			var pic Picture
			if pic, err = p.Decode(context.Background(), int(k%9)+1); err == nil {
				encodable(t, Transform(pic.Fit(min(pic.W, 64), min(pic.H, 64))))
				return
			}
		}
		if !errors.Is(err, ErrBroken) && !errors.Is(err, ErrUnsupported) {
			t.Fatalf("unclassified: %v", err)
		}
	})
}

func encodable(t *testing.T, c *Coefs) {
	t.Helper()
	out := c.Encode(50)
	j, err := ReadJPEG(out, 20)
	if err == nil {
		_, _, err = j.Decode(context.Background(), Want{Luma: 8, Chroma: 8})
	}
	if err != nil || j.Width != c.W || j.Height != c.H {
		t.Fatalf("what was encoded does not decode: %v", err)
	}
}
