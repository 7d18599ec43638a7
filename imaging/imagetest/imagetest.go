package imagetest

import "image"

// Page is the photo of a sharp, well-lit, upright page of the given size; another seed is another
// page.
func Page(seed uint64, width, height int) *image.RGBA {
	return Scene{W: width, H: height, Seed: seed}.Draw()
}

// Blur smears a picture by a box of the given radius, several times over.
func Blur(src *image.RGBA, radius int) *image.RGBA {
	c := copied(src)
	c.average(float64(2*radius+1) / 1.3)
	return c.RGBA
}

// Dim scales the light: 0.1 is a photo taken in the dark.
func Dim(src *image.RGBA, light float64) *image.RGBA {
	c := copied(src)
	for i, v := range c.Pix {
		if i%4 < 3 {
			c.Pix[i] = byte(min(255, float64(v)*light))
		}
	}
	return c.RGBA
}

func copied(src *image.RGBA) canvas {
	dst := image.NewRGBA(src.Rect)
	copy(dst.Pix, src.Pix)
	return canvas{RGBA: dst}
}
