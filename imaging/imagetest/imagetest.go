// Package imagetest draws small made-up document photos for tests: a page with lines of
// strokes on a table top, and the ways such a photo goes wrong. Same arguments, same bytes.
package imagetest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
)

// Page draws a sharp, well-lit, upright page of the given size; another seed is another page.
func Page(seed uint64, width, height int) *image.RGBA {
	random := rand.New(rand.NewPCG(seed, 7))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	fill(img, img.Bounds(), color.RGBA{124, 104, 84, 255})
	margin := width / 14
	page := image.Rect(margin, margin, width-margin, height-margin)
	fill(img, page, color.RGBA{238, 236, 230, 255})
	em := max(width/36, 8)
	for y := page.Min.Y + 2*em; y+em < page.Max.Y-em; y += em * 2 {
		last := page.Max.X - 2*em - random.IntN(page.Dx()/3)
		for x := page.Min.X + 2*em; x+em < last; x += em + em/4 {
			glyph(img, random, x, y, em)
		}
	}
	for range width * height / 8 { // the sensor's noise: no two pages compress or hash alike
		x, y := random.IntN(width), random.IntN(height)
		c := img.RGBAAt(x, y)
		c.R, c.G, c.B = shade(c.R, random), shade(c.G, random), shade(c.B, random)
		img.SetRGBA(x, y, c)
	}
	return img
}

// glyph draws something like a Chinese character: a few strokes in a square.
func glyph(img *image.RGBA, random *rand.Rand, x, y, em int) {
	ink := color.RGBA{30, 30, 34, 255}
	pen := max(em/9, 1)
	for range 4 + random.IntN(4) {
		at, length := random.IntN(em-pen), em/3+random.IntN(em/2)
		if random.IntN(2) == 0 {
			fill(img, image.Rect(x, y+at, min(x+length, x+em), y+at+pen), ink)
		} else {
			fill(img, image.Rect(x+at, y, x+at+pen, min(y+length, y+em)), ink)
		}
	}
}

func shade(v uint8, random *rand.Rand) uint8 {
	return uint8(min(max(int(v)+random.IntN(13)-6, 0), 255))
}

func fill(img *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// Blur smears a picture by a box of the given radius, three times over.
func Blur(src *image.RGBA, radius int) *image.RGBA {
	for range 3 {
		src = smear(smear(src, radius, 1, 0), radius, 0, 1)
	}
	return src
}

func smear(src *image.RGBA, radius, dx, dy int) *image.RGBA {
	dst := image.NewRGBA(src.Bounds())
	b := src.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			var sum [3]int
			for i := -radius; i <= radius; i++ {
				c := src.RGBAAt(min(max(x+i*dx, 0), b.Dx()-1), min(max(y+i*dy, 0), b.Dy()-1))
				sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
			}
			n := 2*radius + 1
			dst.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return dst
}

// Dim scales the light: 0.1 is a photo taken in the dark.
func Dim(src *image.RGBA, light float64) *image.RGBA {
	dst := image.NewRGBA(src.Bounds())
	for i, v := range src.Pix {
		dst.Pix[i] = uint8(float64(v) * light)
		if i%4 == 3 {
			dst.Pix[i] = 255
		}
	}
	return dst
}

// JPEG encodes at a quality from 1 to 100.
func JPEG(img image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic(err) // only a picture beyond JPEG's size limit
	}
	return b.Bytes()
}

// PNG encodes without loss.
func PNG(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// WithEXIF puts an EXIF orientation (1 to 8) into a JPEG, as phones do.
func WithEXIF(jpeg []byte, orientation uint16) []byte {
	tiff := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.LittleEndian.PutUint16(tiff[18:], orientation)
	segment := append([]byte("\xff\xe1\x00\x00Exif\x00\x00"), tiff...)
	binary.BigEndian.PutUint16(segment[2:], uint16(len(segment)-2))
	return append(append([]byte("\xff\xd8"), segment...), jpeg[2:]...)
}

// Photo is a good photo as WeChat sends it: 1080×1440, a JPEG of some 200 KB.
func Photo(seed uint64) []byte { return JPEG(Page(seed, 1080, 1440), 80) }
