package reading

import "strings"

// Kind is a kind of document, told by words that stand on it. The first is its title and counts
// twice.
type Kind struct {
	Code  string
	Words []string
}

// Guess is how well what was read fits a kind: the share of its words found, 0–1.
type Guess struct {
	Code  string
	Share float64
}

// Guesses are all kinds that have words, in the order given, each with its share.
func (r Result) Guesses(kinds []Kind) []Guess {
	var all strings.Builder
	for _, l := range r.Lines {
		all.WriteString(plain(l.Text))
		all.WriteByte('\n')
	}
	text := all.String()
	var out []Guess
	for _, k := range kinds {
		if len(k.Words) == 0 {
			continue
		}
		found, weight := 0., 0.
		for i, word := range k.Words {
			w := 1.
			if i == 0 {
				w = 2
			}
			weight += w
			if strings.Contains(text, plain(word)) {
				found += w
			}
		}
		out = append(out, Guess{k.Code, found / weight})
	}
	return out
}

// Best is the kind that fits best, and by how much it fits better than the next; both zero when
// nothing fits at all.
func Best(guesses []Guess) (best Guess, margin float64) {
	second := 0.
	for _, g := range guesses {
		if g.Share > best.Share {
			best, second = g, best.Share
		} else {
			second = max(second, g.Share)
		}
	}
	return best, best.Share - second
}

// plain leaves out spaces, which a reader sets where type is wide.
func plain(text string) string { return strings.Join(strings.Fields(text), "") }
