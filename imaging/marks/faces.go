// Package marks finds on a picture what can be found without reading it: faces, which tell which
// way is up, and QR codes. It is pure Go and part of every build.
package marks

import (
	_ "embed"
	"sync"

	pigo "github.com/esimov/pigo/core"

	"cailiao/imaging/codec"
)

// facefinder is the cascade that comes with pigo (see NOTICE).
//
//go:embed facefinder
var facefinder []byte

// The cascade is unpacked by whoever needs it first; it is read-only then.
var cascade = sync.OnceValues(func() (*pigo.Pigo, error) { return pigo.NewPigo().Unpack(facefinder) })

// FaceSide is the long side faces are looked for at.
const FaceSide = 448

const (
	leastFace = 28 // pixels of it: a portrait on an identity card that fills the picture has 70
	// faceMore is how many times as well a face must be seen one way as in any other.
	faceMore = 2.
)

// Face is what a look for faces found.
type Face struct {
	Turn  codec.Turn // what makes the face upright; never mirrored, which a face does not tell
	Score float64    // of the clearest face that way; 0: none
	Other float64    // the best score any other way
}

// Sure says whether the picture may be turned by it: the score from which on a face is one.
func (f Face) Sure(score float64) bool { return f.Score >= score && f.Score >= faceMore*f.Other }

// FindFace looks for faces with each side of the picture up.
func FindFace(luma codec.Plane) (Face, error) {
	finder, err := cascade()
	if err != nil {
		return Face{}, err
	}
	if long := max(luma.W, luma.H); long > FaceSide {
		luma = luma.Scale(max(1, luma.W*FaceSide/long), max(1, luma.H*FaceSide/long))
	}
	var face Face
	for cw := 0; cw < 360; cw += 90 {
		turn := codec.Turn{CW: cw}
		score := clearest(finder, luma.Turn(turn))
		if score > face.Score {
			face = Face{Turn: turn, Score: score, Other: face.Score}
		} else {
			face.Other = max(face.Other, score)
		}
	}
	return face, nil
}

// clearest is the score of the clearest upright face.
func clearest(finder *pigo.Pigo, p codec.Plane) float64 {
	if min(p.W, p.H) < leastFace {
		return 0
	}
	found := finder.RunCascade(pigo.CascadeParams{
		MinSize: leastFace, MaxSize: min(p.W, p.H), ShiftFactor: .15, ScaleFactor: 1.15,
		ImageParams: pigo.ImageParams{Pixels: p.Pix, Rows: p.H, Cols: p.W, Dim: p.Stride},
	}, 0)
	best := 0.
	for _, d := range finder.ClusterDetections(found, .2) {
		best = max(best, float64(d.Q))
	}
	return best
}
