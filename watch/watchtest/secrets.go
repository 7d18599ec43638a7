package watchtest

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const (
	least  = 6  // bytes: what is shorter stands in any log by chance
	surely = 12 // bytes: what is shorter counts only as a word of its own
)

var known struct {
	mu  sync.Mutex
	all map[string]string
}

// Secret makes known what no log may hold, and of which kind it is. Shorter than six bytes is no secret.
func Secret(kind string, values ...string) {
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.all == nil {
		known.all = map[string]string{}
	}
	for _, value := range values {
		quoted := strconv.Quote(value)
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value), quoted[1 : len(quoted)-1]} {
			if _, old := known.all[form]; old || len(form) < least {
				continue
			}
			known.all[form] = kind
			if path := LogFile(); path != "" {
				keep(path+".secrets", kind+"\t"+strconv.Quote(form)+"\n")
			}
		}
	}
}

// Known are the secrets of this process so far, with their kinds.
func Known() map[string]string {
	known.mu.Lock()
	defer known.mu.Unlock()
	return maps.Clone(known.all)
}

// ReadSecrets reads what Secret wrote beside the suite's log.
func ReadSecrets(r io.Reader) (map[string]string, error) {
	all := map[string]string{}
	for lines := bufio.NewScanner(r); ; {
		if !lines.Scan() {
			return all, lines.Err()
		}
		kind, quoted, _ := strings.Cut(lines.Text(), "\t")
		form, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		all[form] = kind
	}
}

// Scan finds secrets in a log, also those of several lines: for each, its kind and the line it begins in.
func Scan(text string, secrets map[string]string) []string {
	byHead := map[string][]string{}
	for secret := range secrets {
		byHead[secret[:least]] = append(byHead[secret[:least]], secret)
	}
	var hits []string
	for i := 0; i+least <= len(text); i++ {
		for _, secret := range byHead[text[i:i+least]] {
			if !strings.HasPrefix(text[i:], secret) || len(secret) < surely && partOfWord(text, i, i+len(secret)) {
				continue
			}
			line, _, _ := strings.Cut(text[strings.LastIndexByte(text[:i], '\n')+1:], "\n")
			hits = append(hits, secrets[secret]+" in "+strings.TrimSpace(line))
		}
	}
	return hits
}

// partOfWord says whether text[from:to] goes on in the letters or digits beside it.
func partOfWord(text string, from, to int) bool {
	return from > 0 && word(text[from-1]) && word(text[from]) || to < len(text) && word(text[to]) && word(text[to-1])
}

func word(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
