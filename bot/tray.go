package bot

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// putInTray keeps a photo that fits nowhere now.
func (t *turn) putInTray(s *shot) {
	photo := t.photo(s)
	photo.State, photo.Tray = intake.InTray, s.n
	t.added = append(t.added, photo)
	t.c.Tray = append(slices.Clone(t.c.Tray), photo)
	t.touched = true
	s.fate = fateTray
	t.log("tray", "")
}

// summary tells what became of the photos of an album, by number.
func (t *turn) summary() (string, error) {
	say := t.view()
	say.Shots, say.N, say.Tray = t.fates(), len(t.shots), t.c.Tray
	return templates.Chat("album", say)
}

// fates tells what became of the photos of the turn, those that fared alike in one line.
func (t *turn) fates() []templates.Shot {
	var shots []templates.Shot
	for _, s := range t.shots {
		entry := templates.Shot{From: s.n, To: s.n, Fate: s.fate, Found: s.told}
		if line, ok := t.line(s.home); ok {
			entry.Name = line.Material.Name
		}
		if s.taken != nil {
			for _, v := range s.verdicts() {
				if s.fate == fateRefused && v.Level == intake.Refuse || s.fate == fateKept && v.Level == intake.Doubt {
					entry.Verdict = v
					break
				}
			}
		}
		if last := len(shots) - 1; last >= 0 && shots[last].Same(entry) {
			shots[last].To = entry.To
			continue
		}
		shots = append(shots, entry)
	}
	return shots
}

// filing is 「3 毕业证」, 「2-4 毕业证」, 「2、3 学历备案表」 or 「3 4」: numbers of the tray, then a
// material by name or by its number on the list.
var filing = regexp.MustCompile(`^第?(\d{1,3}(?:[-~到至、,和]\d{1,3})*)[张号项]?\s*[、,:.]?\s*(?:是|放到|放进|放|归到|给)?\s*(\S.*)$`)

var numbers = regexp.MustCompile(`\d+|[-~到至]`)

// file files photos of the tray when the text asks for it.
func (t *turn) file() (reply string, asked bool, err error) {
	text := templates.Counted(templates.Plain(t.msg.Text))
	m := filing.FindStringSubmatch(text)
	if len(t.c.Tray) == 0 {
		return "", false, nil
	}
	if all := parts(text); all != nil {
		return t.sortOut(all)
	}
	if m == nil {
		return t.fileBackwards(text)
	}
	wanted := expand(m[1])
	if name, _ := templates.Command(m[2]); name == "delete" && t.inTray(wanted) {
		reply, err = t.throwOut(wanted)
		return reply, true, err
	}
	if t.cmd != "" || len(intake.Named(t.lines, m[2])) == 0 && len(templates.Topics(m[2])) > 0 {
		return "", false, nil
	}
	reply, err = t.fileUnder(wanted, strings.TrimSpace(m[2]))
	return reply, true, err
}

// backwards is 「毕业证3」 or 「毕业证是第3张」.
var backwards = regexp.MustCompile(`^(\D+?)\s*(?:是|在|:|=)?\s*第?(\d{1,3}(?:[-~到至、,和]\d{1,3})*)[张号]?$`)

// fileBackwards files photos of the tray that are named after their item.
func (t *turn) fileBackwards(text string) (reply string, asked bool, err error) {
	m := backwards.FindStringSubmatch(text)
	if m == nil || t.cmd != "" || len(intake.Named(t.lines, m[1])) == 0 {
		return "", false, nil
	}
	wanted := expand(m[2])
	if !t.inTray(wanted) {
		return "", false, nil
	}
	reply, err = t.fileUnder(wanted, m[1])
	return reply, true, err
}

func (t *turn) inTray(wanted []int) bool {
	return slices.ContainsFunc(t.c.Tray, func(p intake.Photo) bool { return slices.Contains(wanted, p.Tray) })
}

func expand(text string) []int {
	var all []int
	open := false
	for _, part := range numbers.FindAllString(text, -1) {
		n, err := strconv.Atoi(part)
		if err != nil {
			open = true
			continue
		}
		if open && len(all) > 0 {
			for k := all[len(all)-1] + 1; k < n; k++ {
				all = append(all, k)
			}
		}
		all, open = append(all, n), false
	}
	return all
}

func (t *turn) fileUnder(wanted []int, name string) (string, error) {
	switch stage := t.stage(); {
	case t.c.Submission.State.Locked():
		return t.say("locked photo")
	case stage == stageClosed:
		return t.outside(nil)
	}
	line, problem, err := t.meant(name)
	if problem != "" || err != nil {
		return problem, err
	}
	if line.Locked {
		return t.about("item locked", line, nil)
	}
	moved, missing := 0, 0
	for _, n := range wanted {
		i := slices.IndexFunc(t.c.Tray, func(p intake.Photo) bool { return p.Tray == n })
		now, _ := t.line(line.Material.Code)
		switch {
		case i < 0:
			missing = n
		case !t.takes(now):
			return t.about("no room", now, func(say *templates.Say) { say.N, say.Moved = n, moved })
		default:
			t.takeOut(t.c.Tray[i], now)
			moved++
		}
	}
	if moved == 0 {
		return t.sayText("not in tray", strconv.Itoa(missing), missing)
	}
	t.talk.Stage = stageUpload
	now, _ := t.line(line.Material.Code)
	return t.about("filed", now, func(say *templates.Say) {
		say.N, say.Tray = moved, t.c.Tray
		t.lookAhead(say)
	})
}

// whichOf asks which of several lines a name means.
func (t *turn) whichOf(found []intake.Line) (string, error) {
	say := t.view()
	say.Short = found
	return templates.Chat("which name", say)
}

// meant finds the line a name or list number means; problem is what to say when it is not clear.
func (t *turn) meant(name string) (line intake.Line, problem string, err error) {
	if n, convErr := strconv.Atoi(strings.TrimSuffix(name, "项")); convErr == nil {
		shown := t.shownList()
		if n >= 1 && n <= len(shown) {
			if line, ok := t.line(shown[n-1]); ok {
				return line, "", nil
			}
		}
		problem, err = t.sayText("no such number", name, n)
		return line, problem, err
	}
	found := intake.Named(t.lines, name)
	switch len(found) {
	case 1:
		return found[0], "", nil
	case 0:
		problem, err = t.sayText("no such name", "", 0)
		return line, problem, err
	}
	problem, err = t.whichOf(found)
	return line, problem, err
}

// takeOut files one photo of the tray under a line.
func (t *turn) takeOut(photo intake.Photo, line intake.Line) {
	t.c.Tray = slices.DeleteFunc(slices.Clone(t.c.Tray), func(p intake.Photo) bool { return p.ID == photo.ID })
	photo.Material, photo.State, photo.Round = line.Material.Code, intake.Kept, t.c.Submission.Round
	t.filed = append(t.filed, photo)
	t.settleIn(line, photo)
}

// spread files the whole tray in the order of the list, each photo under the first item that
// misses one.
func (t *turn) spread(context.Context) (string, error) {
	switch {
	case len(t.c.Tray) == 0:
		return t.say("tray")
	case t.c.Submission.State.Locked():
		return t.say("locked photo")
	case t.stage() == stageClosed:
		return t.outside(nil)
	}
	say := templates.Say{}
	for _, photo := range slices.Clone(t.c.Tray) {
		line, ok := intake.Next(t.lines)
		if !ok {
			break
		}
		t.takeOut(photo, line)
		say.Shots = append(say.Shots, templates.Shot{From: photo.Tray, To: photo.Tray, Fate: fateKept, Name: line.Material.Name})
	}
	t.talk.Stage, t.talk.Memo.Current = stageUpload, ""
	shots := say.Shots
	say = t.view()
	say.Shots, say.N, say.Tray = shots, len(shots), t.c.Tray
	t.lookAhead(&say)
	return templates.Chat("spread", say)
}

// throwOut deletes photos of the tray; their rows stay as history.
func (t *turn) throwOut(wanted []int) (string, error) {
	n := 0
	for _, photo := range slices.Clone(t.c.Tray) {
		if slices.Contains(wanted, photo.Tray) {
			t.touched = true
			t.drop(photo, intake.Deleted)
			n++
		}
	}
	if n == 0 {
		return t.sayText("not in tray", strconv.Itoa(wanted[0]), wanted[0])
	}
	t.log("tray delete", "")
	return t.sayText("thrown out", "", n)
}
