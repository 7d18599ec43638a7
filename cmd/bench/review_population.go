package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// population is a season's candidates in a database of their own: of twenty, two never bound, two
// collect, six wait for the site, two are returned, two wait for the area, six have passed.
type population struct {
	*storagetest.Scratch
	season *intake.Season
	n      int // candidates
	photos int
	now    time.Time

	materials []intake.Material // of every candidate: all are of one kind
	bound     []int             // their numbers, from 0
}

const (
	rosterStep = 5000 // candidates one import brings
)

var crowdStates = []intake.State{
	intake.Collecting, intake.Collecting, intake.Submitted, intake.Submitted, intake.Submitted, intake.Submitted,
	intake.Submitted, intake.Submitted, intake.Returned, intake.Returned, intake.SitePassed, intake.SitePassed,
	intake.Passed, intake.Passed, intake.Passed, intake.Passed, intake.Passed, intake.Passed,
}

func (c *population) fill(ctx context.Context, db *storage.DB) error {
	attrs := map[string]any{"level": "执业", "category": "临床"}
	all, err := c.season.List(attrs)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Min > 0 {
			c.materials = append(c.materials, m)
		}
	}
	for i := range c.n {
		if i%20 >= 20-len(crowdStates) {
			c.bound = append(c.bound, i)
		}
	}
	for start := 0; start < c.n; start += rosterStep {
		var rows []intake.RosterRow
		for i := start; i < min(start+rosterStep, c.n); i++ {
			rows = append(rows, intake.RosterRow{
				Line: i + 1, Number: fmt.Sprintf("N%07d", i), Name: benchName(i), IDType: "居民身份证", IDNumber: fmt.Sprintf("11010119900101%04d", i%10_000),
				Phone: fmt.Sprintf("139%08d", i), Site: c.site(i), Attrs: attrs,
			})
		}
		if _, err := db.ImportRoster(ctx, rows, nil); err != nil {
			return err
		}
	}
	for _, t := range c.tables() {
		if err := c.Insert(ctx, t.name, t.columns, t.rows, t.row); err != nil {
			return err
		}
	}
	// A binding is a column of the candidate, not a row.
	err = inSteps(ctx, db, len(c.bound), func(tx storage.Q, k int) error {
		i := c.bound[k-1]
		return tx.Bind(ctx, int64(i+1), benchOpenID(i), c.past(i, 29))
	})
	if err != nil {
		return err
	}
	return c.Analyze(ctx, "candidates", "submissions", "items", "photos", "decisions", "notices", "events", "messages", "talks")
}

type populationTable struct {
	name, columns string
	rows          int
	row           func(k int) []any
}

func (c *population) tables() []populationTable {
	items, all := len(c.materials), len(c.bound)
	judgements := c.judgements()
	return []populationTable{
		{"submissions", `id, candidate_id, site, state, round, submitted_at, returned_at, deadline_at, site_by, area_by,
			first_round, due_order, updated_at, version`, all, c.submission},
		{"items", "submission_id, material, state, reasons, comment, note, resend, round, boxes", all * items, func(k int) []any {
			return []any{c.bound[k/items] + 1, c.materials[k%items].Code, crowdItem[c.state(c.bound[k/items])], "[]", "", "", 0, 1, "[]"}
		}},
		{"photos", `candidate_id, material, seq, round, state, state_at, sha256, format, width, height, bytes, copy_bytes,
			original_key, copy_key, screen_key, thumb_key, phash, dhash, verdicts, received_at`, c.photos, c.photo},
		{"decisions", "submission_id, candidate_id, round, level, staff_id, decided_at, judgements", all, func(k int) []any {
			i := c.bound[k]
			level := []string{storage.LevelSite, storage.LevelArea}[k%2]
			return []any{i + 1, i + 1, 1, level, 900 + k%20, c.past(i, 9).UnixMicro(), judgements}
		}},
		{"notices", `notice_key, kind, candidate_id, round, state, due_at, attempts, lease_until, owner, msg_id, err_code, problem,
			sent_at, headed, closed_at`, 3 * all, func(k int) []any {
			i, state := c.bound[k/3], intake.NoticeDelivered
			if k%50 == 0 {
				state = intake.NoticeFailed
			}
			kind := []intake.NoticeKind{intake.NoticeReceived, intake.NoticeSitePassed, intake.NoticePassed}[k%3]
			at := c.past(i, 8).UnixMicro()
			return []any{fmt.Sprint("bench/", k), kind, i + 1, 1, state, at, 0, 0, "", k + 1, 0, "", at, 0, at}
		}},
		{"events", "happened_at, actor, action, candidate_id, detail", 5 * all, func(k int) []any {
			i := c.bound[k/5]
			return []any{c.past(i, 8).UnixMicro(), "candidate", "photo", i + 1, ""}
		}},
		{"talks", "openid, following, stage, memo, ahead, heard_at, version", all, func(k int) []any {
			return []any{benchOpenID(c.bound[k]), 1, "", "{}", "", c.past(k, 3).UnixMicro(), 1}
		}},
		{"messages", `message_key, openid, kind, body, state, reply, answer, owed, material, attempts, due_at, lease_until, owner,
			received_at, done_at`, 3 * all, func(k int) []any {
			at := c.past(k, 8).UnixMicro()
			return []any{fmt.Sprint("bench/", k), benchOpenID(c.bound[k/3]), "text", `{"text":"进度"}`, "done", "等考点审核", "passive", 0, "", 0, 0, 0, "", at, at}
		}},
	}
}

func (c *population) submission(k int) []any {
	i := c.bound[k]
	state, round := c.state(i), 1
	if i%11 == 0 && state != intake.Collecting {
		round = 2
	}
	var submitted, returned, deadline, siteBy, areaBy int64
	due := int64(1<<63 - 1)
	if state != intake.Collecting {
		submitted = c.past(i, 10).UnixMicro()
	}
	switch state {
	case intake.Returned:
		returned, round = c.past(i, 1).UnixMicro(), 2
		deadline = c.now.Add(time.Duration(i%48-12) * time.Hour).UnixMicro()
		due = deadline
	case intake.SitePassed:
		siteBy = 900
	case intake.Passed:
		siteBy, areaBy = 900, 901
	}
	first := 0
	if round == 1 {
		first = 1
	}
	return []any{i + 1, i + 1, c.site(i), state, round, submitted, returned, deadline, siteBy, areaBy, first, due, submitted, 1}
}

func (c *population) photo(k int) []any {
	i, nth := c.bound[k%len(c.bound)], k/len(c.bound)
	sha := fmt.Sprintf("%064x", k)
	verdicts := "[]"
	if k%8 == 0 {
		verdicts = `[{"code":"blur","level":"note","value":41.5,"threshold":60}]`
	}
	key := func(kind string) string { return storage.BlobKey(int64(i+1), sha, kind) }
	at := c.past(i, 20).UnixMicro()
	return []any{
		i + 1, c.materials[nth%len(c.materials)].Code, nth/len(c.materials) + 1, 1, intake.Kept, at, sha, "jpeg", 1440, 1920, 900_000, 180_000,
		key("original"), key("copy"), key("screen"), key("thumb"), k, k, verdicts, at,
	}
}

func (c *population) judgements() string {
	var all []intake.Judgement
	for _, m := range c.materials {
		all = append(all, intake.Judgement{Material: m.Code, Pass: true})
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // plain strings
	}
	return string(text)
}

// crowdItem is where the items of a case stand.
var crowdItem = map[intake.State]intake.ItemState{
	intake.Collecting: intake.ItemOpen, intake.Submitted: intake.ItemPending, intake.Returned: intake.ItemReturned,
	intake.SitePassed: intake.ItemSitePassed, intake.Passed: intake.ItemPassed,
}

func (c *population) state(i int) intake.State { return crowdStates[i%20-(20-len(crowdStates))] }

// site: the first has two fifths of all, so that its lists fill their pages also with few candidates.
func (c *population) site(i int) string {
	group := i / 20
	if group%5 < 2 {
		return c.season.Sites[0].Code
	}
	return c.season.Sites[1+group%(len(c.season.Sites)-1)].Code
}

// past is a moment up to so many days ago, different for most.
func (c *population) past(i, days int) time.Time {
	return c.now.Add(-time.Duration(int64(i)*7919%int64(days*24*3600)) * time.Second)
}

func benchOpenID(i int) string { return fmt.Sprint("o-", i) }

// benchName makes names as people have them: many share one.
func benchName(i int) string {
	family := []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗")
	given := []rune("知夏子涵浩然欣怡宇轩梓萱俊杰思远雨桐嘉懿")
	return string([]rune{family[i%len(family)], given[i/20%len(given)], given[i/400%len(given)]})
}
