package bot

import (
	"regexp"
	"slices"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// part is one of several things told in one message: photos by number, and what they are.
type part struct {
	numbers []int
	name    string
}

// onePart is 「3 毕业证」 within 「3 毕业证，4 学位证」 or 「第1张身份证正面，第2张反面」.
var onePart = regexp.MustCompile(`(\d{1,3}(?:[-~到至、,和]第?\d{1,3})*)[张号项]?[\s、,:.=]*(?:是|为|放到|放进|放|归到|给)?\s*(\D+)`)

// between is what may stand between two parts, and before the first.
const between = " \n,;。.、和第图"

// parts takes a text apart that tells of several photos; nil when it is something else.
func parts(text string) []part {
	found := onePart.FindAllStringSubmatchIndex(text, -1)
	if len(found) < 2 || strings.Trim(text[:found[0][0]], between) != "" || found[len(found)-1][1] != len(text) {
		return nil
	}
	var all []part
	for i, m := range found {
		if i > 0 && found[i-1][1] != m[0] {
			return nil
		}
		all = append(all, part{expand(text[m[2]:m[3]]), strings.Trim(text[m[4]:m[5]], between)})
	}
	return all
}

// What became of a photo that a message of several named, beside fateKept.
const (
	fateThere   = "there"   // is there already
	fateElse    = "else"    // went somewhere else before
	fateMissing = "missing" // there is no such number
	fateTwice   = "twice"   // named twice
	fateUnnamed = "unnamed" // for an item that is not on the list
	fateVague   = "vague"   // for one of several items
	fateLocked  = "locked"
	fateFull    = "full"
	fateDeleted = "deleted"
)

// sortOut follows a message that tells of several photos, as far as it is clear; what is not is named.
// asked is false when no part of it names an item.
func (t *turn) sortOut(all []part) (reply string, asked bool, err error) {
	times, clear := map[int]int{}, false
	for _, p := range all {
		for _, n := range p.numbers {
			times[n]++
		}
		name, _ := templates.Command(p.name)
		clear = clear || name == "delete" || len(intake.Named(t.lines, p.name)) > 0
	}
	switch {
	case !clear:
		return "", false, nil
	case t.c.Submission.State.Locked():
		reply, err = t.say("locked photo")
		return reply, true, err
	case t.stage() == stageClosed:
		reply, err = t.outside(nil)
		return reply, true, err
	}
	const told = 0
	var shots []templates.Shot
	done := 0
	for _, p := range all {
		for _, n := range p.numbers {
			if times[n] == told {
				continue
			}
			shot := templates.Shot{From: n, To: n, Fate: fateTwice}
			if times[n] == 1 {
				shot.Fate, shot.Name = t.sortOne(n, p.name)
			}
			times[n] = told
			if shot.Fate == fateKept {
				done++
			}
			if last := len(shots) - 1; last >= 0 && shots[last].Same(shot) {
				shots[last].To = n
				continue
			}
			shots = append(shots, shot)
		}
	}
	t.talk.Stage, t.talk.Memo.Current = stageUpload, ""
	say := t.view()
	say.Shots, say.N = shots, done
	reply, err = templates.Chat("sorted", say)
	return reply, true, err
}

// sortOne files or deletes one photo of the tray: its fate, and the item spoken of.
func (t *turn) sortOne(n int, name string) (fate, about string) {
	at := slices.IndexFunc(t.c.Tray, func(p intake.Photo) bool { return p.Tray == n })
	command, _ := templates.Command(name)
	found := intake.Named(t.lines, name)
	switch {
	case command == "delete" && at >= 0:
		t.touched = true
		t.drop(t.c.Tray[at], intake.Deleted)
		t.log("tray delete", "")
		return fateDeleted, ""
	case command == "delete":
		return t.elsewhere(n, "")
	case len(found) == 0:
		return fateUnnamed, name
	case len(found) > 1:
		return fateVague, name
	case at < 0:
		return t.elsewhere(n, found[0].Material.Code)
	}
	now, _ := t.line(found[0].Material.Code)
	switch {
	case now.Locked:
		return fateLocked, now.Material.Name
	case !t.takes(now):
		return fateFull, now.Material.Name
	}
	t.takeOut(t.c.Tray[at], now)
	return fateKept, now.Material.Name
}

// elsewhere is the fate of a number that is not in the tray: the photo may have gone to an item at once.
func (t *turn) elsewhere(n int, material string) (fate, about string) {
	at := slices.IndexFunc(t.talk.Memo.Placed, func(f intake.Found) bool { return f.Tray == n })
	if at < 0 {
		return fateMissing, ""
	}
	home, _ := t.line(t.talk.Memo.Placed[at].Material)
	if home.Material.Code == material {
		return fateThere, home.Material.Name
	}
	return fateElse, home.Material.Name
}

// rememberPlaces keeps which number went where, for who tells afterwards which photo is which.
func (t *turn) rememberPlaces() {
	t.talk.Memo.Placed = nil
	for _, s := range t.shots {
		if s.fate == fateKept && len(t.shots) > 1 {
			t.talk.Memo.Placed = append(t.talk.Memo.Placed, intake.Found{Tray: s.n, Material: s.home})
		}
	}
}
