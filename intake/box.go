package intake

import "slices"

// Box is a frame a reviewer drew on a photo to show what is wrong. Its measures are parts of the
// upright picture's width and height, from 0 to 1, with the origin at the top left.
type Box struct {
	Photo int64   `json:"photo"` // Photo.ID
	X     float64 `json:"x"`     // left edge
	Y     float64 `json:"y"`     // top edge
	W     float64 `json:"w"`
	H     float64 `json:"h"`
}

const (
	mostBoxes   = 8    // on one item
	smallestBox = 0.01 // smaller is a slip of the mouse
)

// fit says that boxes lie within these photos.
func fit(boxes []Box, photos []Photo) bool {
	if len(boxes) > mostBoxes {
		return false
	}
	for _, b := range boxes {
		known := slices.ContainsFunc(photos, func(p Photo) bool { return p.ID == b.Photo })
		// Written so that NaN fits nowhere.
		inside := b.X >= 0 && b.Y >= 0 && b.W >= smallestBox && b.H >= smallestBox && b.X+b.W <= 1.001 && b.Y+b.H <= 1.001
		if !known || !inside {
			return false
		}
	}
	return true
}
