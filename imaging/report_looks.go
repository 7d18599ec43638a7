package imaging

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"cailiao/imaging/codec"
)

// Seen is what a look at a copy found.
type Seen struct {
	Turn codec.Turn // what makes it upright
	Sure bool       // it may be turned without asking
	Kind string     // type it was recognised as; "" for none
}

// Kind is a type of the labels file and the words that stand on it.
type Kind struct {
	Code  string
	Words []string
}

// Look looks at a copy whose kind is one of kinds.
type Look func(ctx context.Context, copied []byte, kinds []Kind) (Seen, error)

// byFace is the look of a program that cannot read.
func (w *Works) byFace(ctx context.Context, copied []byte, _ []Kind) (Seen, error) {
	face, err := w.Face(ctx, copied)
	return Seen{Turn: face.Turn, Sure: face.Sure(w.cfg.Thresholds.FaceScore)}, err
}

// kindsOf are the types of a labels file, each with the keywords of its rows.
func kindsOf(rows []labelled) []Kind {
	var kinds []Kind
	seen := map[string]bool{}
	for _, r := range rows {
		if r.kind != "" && !seen[r.kind] && r.words != "" {
			seen[r.kind] = true
			kinds = append(kinds, Kind{r.kind, strings.Split(r.words, "|")})
		}
	}
	return kinds
}

// looks counts what was seen against the labels.
type looks struct{ n, right, wrong, unsure, kind, otherKind int }

func (l *looks) count(r *labelled) {
	l.n++
	upright := r.seen.Turn == r.lies
	switch {
	case !r.seen.Sure:
		l.unsure++
	case upright:
		l.right++
	default:
		l.wrong++
	}
	switch r.seen.Kind {
	case r.kind:
		l.kind++
	case "":
	default:
		l.otherKind++
	}
}

// postures prints, per variant, how the pictures were seen to lie and what they were taken for.
// Pictures without a copy are not looked at.
func postures(out io.Writer, rows []labelled) {
	groups := map[string]*looks{}
	var fixes, legible looks
	for i := range rows {
		r := &rows[i]
		if r.taken.Copy == nil {
			continue
		}
		name := r.variant + "\t" + r.expect
		if groups[name] == nil {
			groups[name] = &looks{}
		}
		groups[name].count(r)
		if r.expect == "fix" {
			fixes.count(r)
		}
		if r.expect != "reject" {
			legible.count(r)
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "variant\texpect\tn\tway right\twrong\tunsure\tkind right\twrong\tnone")
	for _, name := range sortedKeys(groups) {
		g := groups[name]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", name, g.n, g.right, g.wrong, g.unsure, g.kind, g.otherKind, g.n-g.kind-g.otherKind)
	}
	t.Flush()
	percent := func(n, of int) float64 { return 100 * float64(n) / float64(max(1, of)) }
	fmt.Fprintf(out, "fixes right %d of %d (%.1f %%), turned wrongly %d of all %d\n", fixes.right, fixes.n, percent(fixes.right, fixes.n),
		legible.wrong, legible.n)
	fmt.Fprintf(out, "material recognised %d of %d legible pictures (%.1f %%), taken for another %d\n\n", legible.kind, legible.n,
		percent(legible.kind, legible.n), legible.otherKind)
}

// misseen lists pictures that were turned wrongly or taken for something else.
func misseen(out io.Writer, rows []labelled) {
	for i := range rows {
		r := &rows[i]
		if r.taken.Copy == nil {
			continue
		}
		if r.seen.Sure && r.seen.Turn != r.lies {
			fmt.Fprintf(out, "%s: lies by %v, seen as %v\n", r.file, r.lies, r.seen.Turn)
		}
		if r.seen.Kind != "" && r.seen.Kind != r.kind {
			fmt.Fprintf(out, "%s: is %s, taken for %s\n", r.file, r.kind, r.seen.Kind)
		}
	}
}
