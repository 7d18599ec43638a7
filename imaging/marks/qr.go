package marks

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/detector"

	"cailiao/imaging/codec"
)

// HasQR says whether there is something like a QR code: its three corner marks at right angles
// and the grid between them. What is in it is not looked at; a code too blurred to be scanned
// still counts.
func HasQR(luma codec.Plane) bool {
	if luma.Stride != luma.W {
		luma = luma.Turn(codec.Turn{})
	}
	source, err := gozxing.NewPlanarYUVLuminanceSource(luma.Pix, luma.W, luma.H, 0, 0, luma.W, luma.H, false)
	if err != nil {
		return false
	}
	for _, binary := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bits, err := binary.GetBlackMatrix()
		if err != nil {
			continue
		}
		if _, err := detector.NewDetector(bits).Detect(map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}); err == nil {
			return true
		}
	}
	return false
}
