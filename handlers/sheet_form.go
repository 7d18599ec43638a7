package handlers

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"cailiao/intake"
)

// readDecision reads the form of the sheet: fields verdict.CODE, reason.CODE, comment.CODE,
// note.CODE, box.CODE and check.CODE.FIELD for each material.
func readDecision(form url.Values) (intake.Decision, error) {
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return intake.Decision{}, fmt.Errorf("%w: version", errBadRequest)
	}
	d := intake.Decision{Version: version}
	for field, values := range form {
		code, ok := strings.CutPrefix(field, "verdict.")
		if !ok || len(values) != 1 {
			continue
		}
		j := intake.Judgement{Material: code, Comment: form.Get("comment." + code), Note: form.Get("note." + code)}
		if j.Boxes, err = readBoxes(form["box."+code]); err != nil {
			return intake.Decision{}, err
		}
		j.Right, j.Wrong = readChecks(form, code)
		switch values[0] {
		case "pass":
			j.Pass = true
		case "return":
			j.Reasons = form["reason."+code]
		default:
			return intake.Decision{}, fmt.Errorf("%w: verdict", errBadRequest)
		}
		d.Judgements = append(d.Judgements, j)
	}
	return d, nil
}

// readBoxes reads frames as boxText writes them.
func readBoxes(texts []string) ([]intake.Box, error) {
	var boxes []intake.Box
	for _, text := range texts {
		parts := strings.Split(text, " ")
		if len(parts) != 5 {
			return nil, fmt.Errorf("%w: box", errBadRequest)
		}
		var b intake.Box
		var err error
		if b.Photo, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
			return nil, fmt.Errorf("%w: box", errBadRequest)
		}
		for i, to := range []*float64{&b.X, &b.Y, &b.W, &b.H} {
			if *to, err = strconv.ParseFloat(parts[i+1], 64); err != nil {
				return nil, fmt.Errorf("%w: box", errBadRequest)
			}
		}
		boxes = append(boxes, b)
	}
	return boxes, nil
}

// boxText is a frame as the form carries it: the photo, and its measures as parts of the picture.
func boxText(b intake.Box) string {
	return fmt.Sprintf("%d %.4f %.4f %.4f %.4f", b.Photo, b.X, b.Y, b.W, b.H)
}

// readChecks reads which registration data were held against the picture.
func readChecks(form url.Values, code string) (right, wrong []string) {
	for field, values := range form {
		name, ok := strings.CutPrefix(field, "check."+code+".")
		switch {
		case !ok || len(values) != 1:
		case values[0] == "right":
			right = append(right, name)
		case values[0] == "wrong":
			wrong = append(wrong, name)
		}
	}
	return right, wrong
}
