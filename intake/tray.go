package intake

import (
	"slices"
	"strings"
)

// TrayNumber is the number the next photo gets when it goes into the tray: numbers of photos
// that still wait are never given twice.
func TrayNumber(c Case) int {
	last := 0
	for _, p := range c.Tray {
		last = max(last, p.Tray)
	}
	return last + 1
}

// Named finds the materials somebody means by a name: exactly that one, by its own or another name, else
// those whose name begins so, else those that hold it.
func Named(lines []Line, name string) []Line {
	name = strings.Join(strings.Fields(name), "")
	if name == "" {
		return nil
	}
	for _, fits := range []func(m Material) bool{
		func(m Material) bool { return m.Name == name },
		func(m Material) bool { return slices.Contains(m.Also, name) },
		func(m Material) bool { return strings.HasPrefix(m.Name, name) },
		func(m Material) bool { return len(name) >= len("证书") && strings.Contains(m.Name, name) },
	} {
		var found []Line
		for _, l := range lines {
			if fits(l.Material) {
				found = append(found, l)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	for _, tail := range []string{"的照片", "照片", "图片", "原件"} {
		if short, ok := strings.CutSuffix(name, tail); ok {
			return Named(lines, short)
		}
	}
	return nil
}

// Withdraw takes a submission back that no reviewer has opened: what was pending stands as it
// stood before. ErrConflict: somebody has opened it, or there is nothing to take back.
func (s *Season) Withdraw(c Case) (Case, error) {
	sub := &c.Submission
	if sub.State != Submitted || !sub.OpenedAt.IsZero() {
		return c, ErrConflict
	}
	sub.State = Collecting
	if sub.Round > 1 {
		sub.State = Returned
		sub.DeadlineAt = s.Deadline(sub.ReturnedAt)
	}
	c.Items = slices.Clone(c.Items)
	for i := range c.Items {
		item := &c.Items[i]
		switch {
		case item.State != ItemPending:
		case len(item.Reasons) > 0:
			item.State = ItemReturned
		default:
			item.State = ItemOpen
		}
	}
	return c, nil
}
