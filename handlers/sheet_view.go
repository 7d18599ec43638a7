package handlers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

const reasonKeys = 9 // the first nine reasons have a key

// sheetPage puts a sheet into the shape its page wants.
func (h *House) sheetPage(sheet review.Sheet, v sheetView) templates.SheetPage {
	c, sub := sheet.Case.Candidate, sheet.Case.Submission
	id := c.ID
	page := templates.SheetPage{
		URL:      sheetURL(id, v.filter),
		Action:   fmt.Sprintf("/staff/candidates/%d/decision", id),
		PhoneURL: withQuery(fmt.Sprintf("/staff/candidates/%d/phone", id), v.filter),
		Queue:    queueURL(v.filter),
		Filter:   query(v.filter),
		Banner:   v.banner,
		Level:    storage.LevelSite,

		Candidate: c, Kind: h.kind(c.Attrs), SiteName: h.siteName(c.Site),
		State: sub.State, Round: sub.Round, Version: sub.Version, Submitted: h.local(sub.SubmittedAt),
		Exempt: sheet.Exempt, Phone: c.MaskedPhone(), WhyNot: whyNot(sheet), Waiting: sheet.Waiting, Lost: v.filter.Asked == lostSearch,
	}
	if v.led && page.Decidable() && sheet.Holder.StaffID == 0 {
		page.WhyNot = "led"
	}
	if sub.State == intake.SitePassed {
		page.Level = storage.LevelArea
	}
	if v.phone != "" {
		page.Phone, page.Full = v.phone, true
	}
	if sheet.MayDecide == nil {
		page.Claim = sheet.Holder.Token
	} else if page.WhyNot == "held" {
		page.Holder, page.HeldFor = sheet.Holder.Name, templates.SpanOf(sheet.Holder.Until.Sub(h.now()))
	}
	now := h.now()
	if !sub.SubmittedAt.IsZero() {
		page.Waited = templates.SpanOf(now.Sub(sub.SubmittedAt))
	}
	if sub.State == intake.Returned && !sub.DeadlineAt.IsZero() {
		left := sub.DeadlineAt.Sub(now)
		page.Deadline, page.Left, page.Overdue = h.local(sub.DeadlineAt), templates.SpanOf(left), left <= 0
	}
	draft := v.draft
	if draft == nil && page.Decidable() {
		draft = sheet.Draft
	}
	for _, item := range sheet.Items {
		i := h.item(item, sheet)
		i.Choose = item.Waiting && page.Decidable()
		order(&i, v.keys)
		fill(&i, draft)
		page.Items = append(page.Items, i)
	}
	h.pastOf(&page, sheet)
	return page
}

// whyNot is a code for why the account may not decide now; empty: it may.
func whyNot(sheet review.Sheet) string {
	state := sheet.Case.Submission.State
	switch {
	case sheet.MayDecide == nil && sheet.Waiting > 0:
		return ""
	case errors.Is(sheet.MayDecide, intake.ErrSamePerson):
		return "same-person"
	case errors.Is(sheet.MayDecide, review.ErrHeld):
		return "held"
	case state == intake.Submitted || state == intake.SitePassed:
		return "role"
	}
	return "state"
}

func (h *House) item(item review.Item, sheet review.Sheet) templates.SheetItem {
	sub := sheet.Case.Submission
	i := templates.SheetItem{
		Code: item.Material.Code, Name: item.Material.Name, Requirement: item.Material.Requirement, Why: item.Material.Why,
		Optional: item.Material.Optional, State: item.Item.State, Waiting: item.Waiting, Doubtful: item.Doubtful(),
		Told: item.Item.Comment, Kept: item.Item.Note, GivenRound: item.Item.Round,
	}
	for _, f := range item.Fields {
		i.Fields = append(i.Fields, fieldView(f))
	}
	if item.Material.Example != "" {
		i.Example = "/examples/" + item.Material.Code
	}
	for _, p := range item.Photos {
		i.Photos = append(i.Photos, h.photoView(p, len(i.Photos)+1, sheet))
		i.Fresh = i.Fresh || sub.Round > 1 && p.Round == sub.Round
	}
	for _, p := range item.Earlier {
		i.Earlier = append(i.Earlier, h.photoView(p, len(i.Earlier)+1, sheet))
	}
	for _, r := range item.Reasons {
		i.Reasons = append(i.Reasons, templates.ReasonChoice{Item: i.Code, Code: r.Code, Label: r.Label, Fix: r.Fix, Note: r.Note, Kind: r.Kind})
	}
	for _, r := range item.Given {
		i.Given = append(i.Given, r.Label)
	}
	return i
}

// photoView names pictures by their content: a browser may keep what it has loaded.
func (h *House) photoView(p intake.Photo, n int, sheet review.Sheet) templates.SheetPhoto {
	sub := sheet.Case.Submission
	content := sha256.Sum256([]byte(p.SHA256 + p.Screen)) // copies made anew have keys of their own
	address := func(kind review.PhotoKind) string {
		return fmt.Sprintf("/staff/photos/%d/%s?v=%x", p.ID, kind, content[:8])
	}
	photo := templates.SheetPhoto{
		ID: p.ID, N: n, Round: p.Round, Width: p.Width, Height: p.Height, Received: h.local(p.ReceivedAt),
		Fresh: sub.Round > 1 && p.Round == sub.Round,
		Turn:  p.Turn, Frames: sheet.Frames[p.ID],
		Thumb: address(review.Thumb), Screen: address(review.Screen), Copy: address(review.Copy), Original: address(review.Original),
	}
	for _, v := range p.Verdicts {
		if v.Level != intake.OK {
			photo.Doubts = append(photo.Doubts, v)
		}
	}
	return photo
}

// fill puts back what was filled in before a try was refused.
func fill(i *templates.SheetItem, draft []intake.Judgement) {
	at := slices.IndexFunc(draft, func(j intake.Judgement) bool { return j.Material == i.Code })
	if at < 0 {
		return
	}
	j := draft[at]
	i.Verdict, i.Comment, i.Note = "return", j.Comment, j.Note
	if j.Pass {
		i.Verdict = "pass"
	}
	for n := range i.Reasons {
		i.Reasons[n].Chosen = slices.Contains(j.Reasons, i.Reasons[n].Code)
	}
	for n, f := range i.Fields {
		if slices.Contains(j.Right, f.Code) {
			i.Fields[n].Mark = "right"
		} else if slices.Contains(j.Wrong, f.Code) {
			i.Fields[n].Mark = "wrong"
		}
	}
	for _, b := range j.Boxes {
		i.Boxes = append(i.Boxes, boxText(b))
	}
}

// order gives the first reasons a key each. After a refused try they keep those they had, however
// often they have been given since.
func order(i *templates.SheetItem, form url.Values) {
	kept := strings.Fields(form.Get("keys." + i.Code))
	place := func(r templates.ReasonChoice) int {
		if at := slices.Index(kept, r.Code); at >= 0 {
			return at
		}
		return len(kept)
	}
	slices.SortStableFunc(i.Reasons, func(a, b templates.ReasonChoice) int { return place(a) - place(b) })
	var keyed []string
	for n := range i.Reasons[:min(reasonKeys, len(i.Reasons))] {
		i.Reasons[n].Key = n + 1
		keyed = append(keyed, i.Reasons[n].Code)
	}
	i.Keys = strings.Join(keyed, " ")
}

// pastOf adds decisions, notices and events, newest first.
func (h *House) pastOf(page *templates.SheetPage, sheet review.Sheet) {
	for _, d := range slices.Backward(sheet.Decisions) {
		page.Decisions = append(page.Decisions, h.past(d, sheet.Fields))
	}
	for _, s := range []struct {
		from review.Past
		to   **templates.PastDecision
	}{{sheet.Site, &page.Site}, {sheet.Back, &page.Back}, {sheet.Proposed, &page.Proposed}} {
		if s.from.StaffID != 0 {
			past := h.past(s.from, sheet.Fields)
			*s.to = &past
		}
	}
	for _, n := range slices.Backward(sheet.Notices) {
		at := n.SentAt
		if at.IsZero() {
			at = n.DueAt
		}
		page.Notices = append(page.Notices, templates.NoticeLine{
			Opened: h.local(n.OpenedAt),
			Kind:   n.Kind, State: n.State, At: h.local(at), Code: n.ErrCode, Problem: n.Problem, Headed: n.Headed,
		})
	}
	for _, e := range sheet.Events {
		if e.Action == review.ActionAhead {
			continue // nobody has done anything
		}
		page.Events = append(page.Events, templates.EventLine{At: h.local(e.At), By: e.By, Actor: e.Actor, Action: e.Action})
	}
}

func (h *House) past(d review.Past, fields []review.Field) templates.PastDecision {
	past := templates.PastDecision{At: h.local(d.At), By: d.By, Level: d.Level, Round: d.Round, Note: d.Note, Undone: d.Undone}
	for _, j := range d.Judgements {
		if j.Pass {
			past.Passed++
			continue
		}
		past.Returned = append(past.Returned, h.pastReturn(j, fields))
	}
	return past
}

func (h *House) pastReturn(j intake.Judgement, fields []review.Field) templates.PastReturn {
	r := templates.PastReturn{Name: j.Material, Comment: j.Comment, Note: j.Note, Boxes: len(j.Boxes)}
	for _, f := range fields {
		if slices.Contains(j.Wrong, f.Code) {
			r.Wrong = append(r.Wrong, fieldView(f))
		}
	}
	if m, ok := h.Season.Material(j.Material); ok {
		r.Name = m.Name
	}
	for _, code := range j.Reasons {
		label := code
		if reason, ok := h.Season.Reason(code); ok {
			label = reason.Label
		}
		r.Reasons = append(r.Reasons, label)
	}
	return r
}

func fieldView(f review.Field) templates.Field {
	return templates.Field{Code: f.Code, Label: f.Label, Text: f.Text, Flag: f.Flag, Yes: f.Yes, Long: f.Long, Usual: f.Usual}
}
