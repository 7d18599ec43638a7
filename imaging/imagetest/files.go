package imagetest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
)

// JPEG encodes with the standard library, so that what tests feed in does not come out of the
// code under test.
func JPEG(img image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic(err) // only a picture over 65,535 pixels wide can
	}
	return b.Bytes()
}

// PNG encodes with the standard library.
func PNG(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Oriented gives a JPEG an EXIF segment that claims an orientation, as cameras write it: with the
// thumbnail's own, contradicting orientation in the next directory.
func Oriented(jpg []byte, orientation int) []byte {
	exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		exif = binary.LittleEndian.AppendUint16(exif, tag)
		exif = binary.LittleEndian.AppendUint16(exif, kind)
		exif = binary.LittleEndian.AppendUint32(exif, count)
		exif = binary.LittleEndian.AppendUint32(exif, value)
	}
	exif = binary.LittleEndian.AppendUint16(exif, 2)
	entry(0x0100, 4, 1, 1080)
	entry(0x0112, 3, 1, uint32(orientation))
	exif = binary.LittleEndian.AppendUint32(exif, 8+2+2*12+4)
	exif = binary.LittleEndian.AppendUint16(exif, 1)
	entry(0x0112, 3, 1, uint32(orientation%8+1))
	exif = binary.LittleEndian.AppendUint32(exif, 0)
	return Insert(jpg, 0xE1, exif)
}

// Insert puts a segment behind a JPEG's start marker.
func Insert(jpg []byte, marker byte, payload []byte) []byte {
	out := append([]byte{}, jpg[:2]...)
	out = append(out, 0xFF, marker, byte((len(payload)+2)>>8), byte(len(payload)+2))
	out = append(out, payload...)
	return append(out, jpg[2:]...)
}

// Lying is the picture as a sensor sees it when the given orientation makes it upright (EXIF 2.32,
// table "Orientation": where the 0th row and the 0th column of the stored picture belong).
//
//go:norace
func Lying(upright *image.RGBA, orientation int) *image.RGBA {
	w, h := upright.Bounds().Dx(), upright.Bounds().Dy()
	sw, sh := w, h
	if orientation >= 5 {
		sw, sh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, sw, sh))
	for y := range sh {
		for x := range sw {
			ux, uy := x, y
			switch orientation {
			case 2: // row 0 top, column 0 right
				ux = w - 1 - x
			case 3: // bottom, right
				ux, uy = w-1-x, h-1-y
			case 4: // bottom, left
				uy = h - 1 - y
			case 5: // left, top
				ux, uy = y, x
			case 6: // right, top
				ux, uy = w-1-y, x
			case 7: // right, bottom
				ux, uy = w-1-y, h-1-x
			case 8: // left, bottom
				ux, uy = y, h-1-x
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], upright.Pix[upright.PixOffset(ux, uy):])
		}
	}
	return out
}

// Chunk is one PNG chunk with its length and checksum.
func Chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}
