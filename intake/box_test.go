package intake

import (
	"math"
	"testing"
)

func TestFramesLieWithinThePhotosOfTheirItem(t *testing.T) {
	photos := []Photo{{ID: 7}, {ID: 8}}
	cases := map[string]struct {
		boxes []Box
		want  bool
	}{
		"none":               {nil, true},
		"one on each photo":  {[]Box{{7, 0, 0, 1, 1}, {8, .2, .3, .1, .05}}, true},
		"another's photo":    {[]Box{{9, 0, 0, 1, 1}}, false},
		"over the edge":      {[]Box{{7, .5, 0, .6, 1}}, false},
		"before the edge":    {[]Box{{7, -.1, 0, .6, 1}}, false},
		"a slip":             {[]Box{{7, .5, .5, .001, .001}}, false},
		"turned inside out":  {[]Box{{7, .5, .5, -.2, -.2}}, false},
		"not a number":       {[]Box{{7, math.NaN(), 0, .5, .5}}, false},
		"more than one sees": {make([]Box, mostBoxes+1), false},
	}
	for name, c := range cases {
		if got := fit(c.boxes, photos); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestALeadSeesAndDecidesLikeTheirTeam(t *testing.T) {
	site, area := Staff{ID: 1, Role: RoleLead, Site: "a"}, Staff{ID: 2, Role: RoleLead}
	at := func(state State) Case {
		return Case{Candidate: Candidate{Site: "a"}, Submission: Submission{State: state, SiteBy: 1}}
	}
	if !site.Sees("a") || site.Sees("b") || !area.Sees("a") || !area.Sees("b") {
		t.Error("a lead of a site sees that site, one of the area all")
	}
	if site.MayDecide(at(Submitted)) != nil || area.MayDecide(at(Submitted)) != ErrForbidden {
		t.Error("only the site's lead decides at the first level")
	}
	if site.MayDecide(at(SitePassed)) != ErrForbidden || area.MayDecide(at(SitePassed)) != nil {
		t.Error("only the area's lead decides at the second level")
	}
	if (Staff{Role: "other"}).Sees("") {
		t.Error("an unknown role sees nobody")
	}
}
