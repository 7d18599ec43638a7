package imaging

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"cailiao/imaging/codec"
	"cailiao/intake"
)

// Describe prints what is known of one picture, for people who tune thresholds.
func (t Taken) Describe(out io.Writer) error {
	f := t.Facts
	fmt.Fprintf(out, "format %s, %d×%d upright, turned %d°", t.Format, t.Width, t.Height, t.Turned)
	if t.Mirrored {
		fmt.Fprint(out, ", mirrored")
	}
	fmt.Fprintf(out, "\ncopy %d bytes, screen %d, thumb %d\n", len(t.Copy), len(t.Screen), len(t.Thumb))
	fmt.Fprintf(out, "light   p95 %.0f, burnt %.3f, contrast %.1f\n", f.P95, f.Burnt, f.Spread)
	fmt.Fprintf(out, "sharp   %.1f, even %.2f\n", f.Sharp, f.Even)
	fmt.Fprintf(out, "page    paper %.0f, writing %.3f, extent %.2f, glare %.2f %s, rough %.2f\n",
		f.Page.Paper, f.Page.Writing, f.Page.Extent, f.Page.Glare, f.Page.Where, f.Page.Rough)
	fmt.Fprintf(out, "edges   left/top/right/bottom touch %.2f, ink %.3f\n", f.Page.Touch, f.Page.Ink)
	fmt.Fprintf(out, "hashes  %016x %016x\n", t.PHash, t.DHash)
	for _, v := range t.Verdicts {
		fmt.Fprintf(out, "%-7s %s %.4g against %.4g %s\n", v.Level, v.Code, v.Value, v.Threshold, v.Where)
	}
	for _, s := range t.Stages {
		fmt.Fprintf(out, "%s %.1f ms  ", s.Name, s.Took.Seconds()*1000)
	}
	_, err := fmt.Fprintln(out)
	return err
}

// labelled is one row of a labels file and what became of its picture. Columns used: file,
// variant, level, expect (accept, fix, borderline, reject, duplicate), reason (for duplicates: the
// file it repeats); and, where there are such columns, type, keywords (divided by |),
// rotate_cw_needed and mirrored.
type labelled struct {
	file, variant, expect, reason string
	kind, words                   string
	lies                          codec.Turn // what makes it upright once its metadata was followed
	taken                         Taken
	seen                          Seen
	took                          time.Duration
	ssim                          float64 // of the copy against the picture at equal size
}

// Report takes every picture of a labels file and prints what the verdicts were per variant and
// per reason, each picture judged against its label, how the pictures were seen to lie and what
// they were taken for, and what the copies are like. look may be nil: then only faces are looked for.
func (w *Works) Report(ctx context.Context, out io.Writer, labels, dir string, look Look) error {
	rows, err := readLabels(labels)
	if err != nil {
		return err
	}
	if look == nil {
		look = w.byFace
	}
	kinds := kindsOf(rows)
	for i := range rows {
		if err := w.fill(ctx, &rows[i], dir); err != nil {
			return err
		}
		if rows[i].taken.Copy == nil {
			continue
		}
		if rows[i].seen, err = look(ctx, rows[i].taken.Copy, kinds); err != nil {
			return fmt.Errorf("%s: %w", rows[i].file, err)
		}
	}
	confusion(out, "variant", rows, func(r *labelled) string { return r.variant + "\t" + r.expect })
	confusion(out, "reason", rows, func(r *labelled) string {
		if r.expect == "duplicate" {
			return r.expect + "\t"
		}
		return cmp.Or(r.reason, "none") + "\t" + r.expect
	})
	postures(out, rows)
	mistakes(out, rows)
	misseen(out, rows)
	likenesses(out, rows)
	return summary(out, rows)
}

func readLabels(path string) ([]labelled, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("labels %s: %w", path, err)
	}
	if len(table) < 2 {
		return nil, fmt.Errorf("labels %s: no rows", path)
	}
	column := map[string]int{}
	for i, name := range table[0] {
		column[name] = i
	}
	for _, name := range []string{"file", "variant", "level", "expect", "reason"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("labels %s: no column %q", path, name)
		}
	}
	var rows []labelled
	for _, r := range table[1:] {
		at := func(name string) string {
			if i, ok := column[name]; ok {
				return r[i]
			}
			return ""
		}
		cw, err := strconv.Atoi(cmp.Or(at("rotate_cw_needed"), "0"))
		if err != nil {
			return nil, fmt.Errorf("labels %s: %s: rotate_cw_needed: %w", path, at("file"), err)
		}
		rows = append(rows, labelled{
			file: at("file"), variant: at("variant") + " " + at("level"), expect: at("expect"), reason: at("reason"),
			kind: at("type"), words: at("keywords"), lies: codec.Turn{CW: cw, Mirror: at("mirrored") == "1"},
		})
	}
	return rows, nil
}

// fill takes one picture and compares its copy.
func (w *Works) fill(ctx context.Context, r *labelled, dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.file)))
	if err != nil {
		return fmt.Errorf("labelled picture: %w", err)
	}
	start := time.Now()
	if r.taken, err = w.Take(ctx, data); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	r.took = time.Since(start)
	if r.taken.Copy == nil {
		return nil
	}
	if r.ssim, err = w.similarity(ctx, data, &r.taken); err != nil {
		return fmt.Errorf("%s: copy: %w", r.file, err)
	}
	return nil
}

// similarity is the SSIM of the copy's luma against the picture, scaled to the copy's size.
func (w *Works) similarity(ctx context.Context, data []byte, t *Taken) (float64, error) {
	source := &job{cfg: &Config{InBytes: w.cfg.InBytes, LongSide: maxSide, MaxBytes: 1 << 40, Thresholds: w.cfg.Thresholds}, data: data}
	if !source.sniff() || !source.guard() {
		return 0, fmt.Errorf("refused: %v", source.taken.Verdicts)
	}
	p, _, err := source.decode(ctx)
	if err != nil {
		return 0, err
	}
	j, err := codec.ReadJPEG(t.Copy, maxScans)
	if err != nil {
		return 0, err
	}
	c, _, err := j.Decode(ctx, codec.Want{Luma: 8, Chroma: 8})
	if err != nil {
		return 0, err
	}
	luma := p.Planes[0].Turn(source.turn)
	return codec.SSIM(luma.Scale(c.Planes[0].W, c.Planes[0].H), c.Planes[0]), nil
}

// confusion prints how many of each group were let through, doubted and refused, and with what.
func confusion(out io.Writer, by string, rows []labelled, group func(*labelled) string) {
	type count struct {
		n     int
		level map[intake.Level]int
		codes map[string]int
	}
	groups := map[string]*count{}
	for i := range rows {
		g := groups[group(&rows[i])]
		if g == nil {
			g = &count{level: map[intake.Level]int{}, codes: map[string]int{}}
			groups[group(&rows[i])] = g
		}
		g.n++
		g.level[rows[i].taken.Level()]++
		for _, v := range rows[i].taken.Verdicts {
			g.codes[v.Code]++
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\texpect\tn\tok\tdoubt\trefuse\tcodes\n", by)
	for _, name := range sortedKeys(groups) {
		g := groups[name]
		var codes []string
		for _, c := range sortedKeys(g.codes) {
			codes = append(codes, fmt.Sprintf("%s %d", c, g.codes[c]))
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\n", name, g.n, g.level[intake.OK], g.level[intake.Doubt], g.level[intake.Refuse], strings.Join(codes, ", "))
	}
	t.Flush()
	fmt.Fprintln(out)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// mistakes lists good pictures that were not simply let through, and bad ones that were.
func mistakes(out io.Writer, rows []labelled) {
	for i := range rows {
		r := &rows[i]
		good := r.expect == "accept" || r.expect == "fix"
		if level := r.taken.Level(); good && level != intake.OK || r.expect == "reject" && level == intake.OK {
			fmt.Fprintf(out, "%s: %s, but %s", r.file, r.expect, level)
			for _, v := range r.taken.Verdicts {
				fmt.Fprintf(out, " (%s %.4g)", v.Code, v.Value)
			}
			fmt.Fprintln(out)
		}
	}
}

// likenesses says whether each duplicate is found, and which other pictures look alike.
func likenesses(out io.Writer, rows []labelled) {
	at := map[string]*labelled{}
	for i := range rows {
		at[rows[i].file] = &rows[i]
	}
	likeness := func(r *labelled) Likeness { return Likeness{r.taken.PHash, r.taken.DHash} }
	found, all, other := 0, 0, 0
	for i := range rows {
		if original := at[rows[i].reason]; rows[i].expect == "duplicate" && original != nil {
			all++
			if Alike(likeness(&rows[i]), likeness(original)) {
				found++
			}
		}
		for j := range i {
			if rows[i].reason != rows[j].file && rows[j].reason != rows[i].file && Alike(likeness(&rows[i]), likeness(&rows[j])) {
				other++
			}
		}
	}
	fmt.Fprintf(out, "duplicates found %d of %d; other pairs that look alike: %d\n", found, all, other)
}

func summary(out io.Writer, rows []labelled) error {
	var good, goodRefused, goodDoubted, bad, badRefused, badDoubted, largest int
	worst, sharp := 1., 1.
	var took []time.Duration
	for i := range rows {
		r := &rows[i]
		level := r.taken.Level()
		switch r.expect {
		case "accept", "fix":
			good++
			goodRefused += one(level == intake.Refuse)
			goodDoubted += one(level == intake.Doubt)
			sharp = min(sharp, r.ssim)
		case "reject":
			bad++
			badRefused += one(level == intake.Refuse)
			badDoubted += one(level == intake.Doubt)
		}
		largest = max(largest, len(r.taken.Copy))
		if r.taken.Copy != nil {
			worst = min(worst, r.ssim)
		}
		took = append(took, r.took)
	}
	slices.Sort(took)
	fmt.Fprintf(out, "good pictures %d: refused %d, doubted %d\n", good, goodRefused, goodDoubted)
	fmt.Fprintf(out, "reject %d: refused %d (%.1f %%), doubted %d\n", bad, badRefused, 100*float64(badRefused)/float64(max(1, bad)), badDoubted)
	fmt.Fprintf(out, "copies: largest %d bytes; lowest SSIM %.4f of good pictures, %.4f of all\n", largest, sharp, worst)
	_, err := fmt.Fprintf(out, "time per picture: median %.1f ms, longest %.1f ms\n",
		took[len(took)/2].Seconds()*1000, took[len(took)-1].Seconds()*1000)
	return err
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
