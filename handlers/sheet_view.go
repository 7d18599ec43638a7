package handlers

import (
	"errors"
	"fmt"
	"slices"

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
		Exempt: sheet.Exempt, Phone: c.MaskedPhone(), WhyNot: whyNot(sheet), Waiting: sheet.Waiting,
	}
	if sub.State == intake.SitePassed {
		page.Level = storage.LevelArea
	}
	if v.phone != "" {
		page.Phone, page.Full = v.phone, true
	}
	now := h.now()
	if !sub.SubmittedAt.IsZero() {
		page.Waited = templates.SpanOf(now.Sub(sub.SubmittedAt))
	}
	if sub.State == intake.Returned && !sub.DeadlineAt.IsZero() {
		left := sub.DeadlineAt.Sub(now)
		page.Deadline, page.Left, page.Overdue = h.local(sub.DeadlineAt), templates.SpanOf(left), left <= 0
	}
	fields := make([]templates.Field, 0, len(sheet.Fields))
	for _, f := range sheet.Fields {
		fields = append(fields, templates.Field(f))
	}
	for _, item := range sheet.Items {
		i := h.item(item, sub)
		i.Fields, i.Choose = fields, item.Waiting && page.Decidable()
		fill(&i, v.draft)
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
	case state == intake.Submitted || state == intake.SitePassed:
		return "role"
	}
	return "state"
}

func (h *House) item(item review.Item, sub intake.Submission) templates.SheetItem {
	i := templates.SheetItem{
		Code: item.Material.Code, Name: item.Material.Name, Requirement: item.Material.Requirement, Why: item.Material.Why,
		Optional: item.Material.Optional, State: item.Item.State, Waiting: item.Waiting, Doubtful: item.Doubtful(),
		Told: item.Item.Comment, Kept: item.Item.Note, GivenRound: item.Item.Round,
	}
	if item.Material.Example != "" {
		i.Example = "/examples/" + item.Material.Code
	}
	for _, p := range item.Photos {
		i.Photos = append(i.Photos, h.photoView(p, len(i.Photos)+1, sub))
		i.Fresh = i.Fresh || sub.Round > 1 && p.Round == sub.Round
	}
	for _, p := range item.Earlier {
		i.Earlier = append(i.Earlier, h.photoView(p, len(i.Earlier)+1, sub))
	}
	for n, r := range item.Reasons {
		choice := templates.ReasonChoice{Item: i.Code, Code: r.Code, Label: r.Label, Fix: r.Fix, Note: r.Note, Kind: r.Kind}
		if n < reasonKeys {
			choice.Key = n + 1
		}
		i.Reasons = append(i.Reasons, choice)
	}
	for _, r := range item.Given {
		i.Given = append(i.Given, r.Label)
	}
	return i
}

func (h *House) photoView(p intake.Photo, n int, sub intake.Submission) templates.SheetPhoto {
	url := func(kind review.PhotoKind) string { return fmt.Sprintf("/staff/photos/%d/%s", p.ID, kind) }
	photo := templates.SheetPhoto{
		ID: p.ID, N: n, Round: p.Round, Width: p.Width, Height: p.Height, Received: h.local(p.ReceivedAt),
		Fresh: sub.Round > 1 && p.Round == sub.Round,
		Thumb: url(review.Thumb), Screen: url(review.Screen), Copy: url(review.Copy), Original: url(review.Original),
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
}

// pastOf adds decisions, notices and events, newest first.
func (h *House) pastOf(page *templates.SheetPage, sheet review.Sheet) {
	for _, d := range slices.Backward(sheet.Decisions) {
		past := templates.PastDecision{At: h.local(d.At), By: d.By, Level: d.Level, Round: d.Round}
		for _, j := range d.Judgements {
			if j.Pass {
				past.Passed++
				continue
			}
			past.Returned = append(past.Returned, h.pastReturn(j))
		}
		page.Decisions = append(page.Decisions, past)
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
		page.Events = append(page.Events, templates.EventLine{At: h.local(e.At), By: e.By, Actor: e.Actor, Action: e.Action})
	}
}

func (h *House) pastReturn(j intake.Judgement) templates.PastReturn {
	r := templates.PastReturn{Name: j.Material, Comment: j.Comment, Note: j.Note}
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
