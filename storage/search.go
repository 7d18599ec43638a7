package storage

import (
	"context"
	"strings"
	"unicode"
)

const searchLimit = 500 // candidates one search looks at, per way of finding them

// searched selects the ids of candidates by what staff may type: a 报名号, the beginning of a name, an
// ID number or its last 4 characters. Names and ID numbers are sealed: blind indexes find them, names
// by their first one to three characters. site narrows the search by name; empty: all sites.
func (q Q) searched(ctx context.Context, text, site string) (string, []any, error) {
	text = strings.TrimSpace(text)
	upper := strings.ToUpper(text)
	parts, all := []string{"SELECT * FROM (SELECT id FROM candidates WHERE number = ? LIMIT ?) a"}, []any{text, searchLimit}
	for _, way := range []struct{ column, what string }{{"id_last", indexTail}, {"id_whole", indexID}} {
		term, args, err := q.byIndex(way.column, way.what, upper)
		if err != nil {
			return "", nil, err
		}
		if term == "" {
			continue
		}
		parts = append(parts, "SELECT * FROM (SELECT id FROM candidates WHERE "+term+" LIMIT ?) "+way.column)
		all = append(append(all, args...), searchLimit)
	}
	term, args, err := q.named(ctx, text, site)
	if err != nil {
		return "", nil, err
	}
	if term != "" {
		parts = append(parts, "SELECT * FROM (SELECT id FROM candidates WHERE "+term+" LIMIT ?) name")
		all = append(append(all, args...), searchLimit)
	}
	return strings.Join(parts, " UNION "), all, nil
}

// named is the condition that a candidate's name begins so; "" when nobody's does. The indexes know
// three characters and the whole: of another beginning, the names found by its first three are read.
func (q Q) named(ctx context.Context, text, site string) (string, []any, error) {
	n := len([]rune(text))
	if n > nameSteps {
		return q.namedLong(ctx, text, site)
	}
	if n == 0 {
		return "", nil, nil
	}
	term, all, err := q.byIndex([]string{"name_1", "name_2", "name_3"}[n-1], indexName, text)
	if err == nil && site != "" {
		term, all = term+" AND site = ?", append(all, site)
	}
	return term, all, err
}

func (q Q) namedLong(ctx context.Context, text, site string) (string, []any, error) {
	term, all, err := q.byIndex("name_whole", indexWhole, text)
	if err != nil {
		return "", nil, err
	}
	if site != "" {
		term, all = term+" AND site = ?", append(all, site)
	}
	known, err := list(ctx, q, value[int64], "SELECT id FROM candidates WHERE "+term+" LIMIT 1", all...)
	if err != nil || len(known) > 0 || !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		return term, all, err // numbers are no beginnings of names
	}
	if term, all, err = q.named(ctx, nameStart(text, nameSteps), site); err != nil {
		return "", nil, err
	}
	type found struct {
		id   int64
		name string
	}
	near, err := list(ctx, q, func(r row) (f found, err error) {
		var number string
		return f, r.Scan(&f.id, &number, unseal(&f.name, "candidates.name", &number))
	}, "SELECT id, number, name FROM candidates WHERE "+term+" LIMIT ?", append(all, searchLimit)...)
	var ids []any
	for _, f := range near {
		if strings.HasPrefix(f.name, text) {
			ids = append(ids, f.id)
		}
	}
	if err != nil || len(ids) == 0 {
		return "", nil, err
	}
	return "id IN " + marks(1, len(ids)), ids, nil
}
