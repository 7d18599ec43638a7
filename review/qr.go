package review

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// QRPath draws a text as a QR code: the path of an SVG of size × size units, with the quiet
// margin of four that readers want.
func QRPath(text string) (size int, path string, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return 0, "", fmt.Errorf("QR code: %w", err)
	}
	const margin = 4
	bounds := code.Bounds()
	var b strings.Builder
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x-bounds.Min.X+margin, y-bounds.Min.Y+margin)
			}
		}
	}
	return bounds.Dx() + 2*margin, b.String(), nil
}
