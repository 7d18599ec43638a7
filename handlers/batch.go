package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

const (
	batchPath   = "/staff/batch"
	batchesPath = "/staff/batches"
)

// batch shows what an order would do to the candidates ticked in the list, or with the field all to
// those of its filter. It changes nothing.
func (h *House) batch(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	form := c.Request.PostForm
	if form.Get("all") == "" {
		ids, err := ticked(form)
		if err != nil {
			return err
		}
		return h.showBatch(c, staff, ids, form)
	}
	query, err := url.ParseQuery(form.Get("filter"))
	if err != nil {
		return fmt.Errorf("%w: filter", errBadRequest)
	}
	filter := h.filter(c.Request.Context(), staff, query)
	if filter.Asked == lostSearch { // never everybody instead of those who were found
		c.Redirect(http.StatusSeeOther, queueURL(filter))
		return nil
	}
	ids, err := h.Desk.Chosen(c.Request.Context(), staff, filter)
	if err != nil {
		return err
	}
	return h.showBatch(c, staff, ids, form)
}

func (h *House) showBatch(c *gin.Context, staff intake.Staff, ids []int64, form url.Values) error {
	act := form.Get("act")
	page := templates.BatchPage{Frame: h.frame(c), Back: queueURL(review.Filter{}), Act: act, Material: form.Get("material"), Comment: form.Get("comment")}
	order, err := h.Desk.CheckOrder(readOrder(form))
	switch {
	case act == "":
		order, err = review.BatchOrder{Pass: true}, nil // only to list who was chosen
	case errors.Is(err, intake.ErrNoReason), errors.Is(err, intake.ErrNotFound):
		page.Problem = "reason"
	case errors.Is(err, review.ErrTooLong):
		page.Problem = "long"
	case err != nil:
		return err
	}
	lines, err := h.Desk.PreviewBatch(c.Request.Context(), staff, ids, order)
	status := http.StatusOK
	switch {
	case errors.Is(err, review.ErrBatchSize):
		page.Problem = "none"
		if len(ids) > review.BatchMost {
			page.Problem = "many"
		}
	case err != nil:
		return err
	}
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	page.Ready = act != "" && page.Problem == ""
	for _, l := range lines {
		row := templates.BatchLine{
			ID: l.Candidate.ID, Version: l.Version, URL: sheetURL(l.Candidate.ID, review.Filter{}), Name: l.Candidate.Name,
			Number: l.Candidate.Number, Others: l.Others,
		}
		if row.Out = l.Out; !page.Ready {
			row.Out = ""
		}
		if row.Out == "" {
			page.In++
		}
		page.Lines = append(page.Lines, row)
	}
	h.batchMaterials(&page, form)
	return render(c, status, page, "")
}

// batchMaterials offers every material with its reasons, those chosen before still chosen.
func (h *House) batchMaterials(page *templates.BatchPage, form url.Values) {
	for _, m := range h.Season.Materials {
		choice := templates.BatchMaterial{Code: m.Code, Name: m.Name, Chosen: m.Code == page.Material}
		for _, r := range h.Desk.BatchReasons(m.Code) {
			chosen := false
			for _, code := range form["reason."+m.Code] {
				chosen = chosen || code == r.Code
			}
			reason := templates.ReasonChoice{Item: m.Code, Code: r.Code, Label: r.Label, Fix: r.Fix, Kind: r.Kind, Chosen: chosen}
			choice.Reasons = append(choice.Reasons, reason)
			if chosen && choice.Chosen {
				page.Told = append(page.Told, reason)
				page.MaterialName = m.Name
			}
		}
		page.Materials = append(page.Materials, choice)
	}
}

func readOrder(form url.Values) review.BatchOrder {
	material := form.Get("material")
	return review.BatchOrder{
		Pass: form.Get("act") == "pass", Material: material, Reasons: form["reason."+material], Comment: form.Get("comment"),
	}
}

// ticked are the candidates ticked in the list.
func ticked(form url.Values) ([]int64, error) {
	var ids []int64
	for _, text := range form["c"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: candidate", errBadRequest)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// startBatch begins what was previewed. The fields v hold each candidate with the version seen.
func (h *House) startBatch(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	form := c.Request.PostForm
	chosen := map[int64]int64{}
	for _, text := range form["v"] {
		id, version, _ := strings.Cut(text, ".")
		n, err := strconv.ParseInt(id, 10, 64)
		v, err2 := strconv.ParseInt(version, 10, 64)
		if err != nil || err2 != nil {
			return fmt.Errorf("%w: candidate", errBadRequest)
		}
		chosen[n] = v
	}
	id, err := h.Desk.StartBatch(c.Request.Context(), staff, chosen, readOrder(form))
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, batchURL(id))
	return nil
}

func batchURL(id int64) string { return batchesPath + "/" + strconv.FormatInt(id, 10) }

// stopBatch leaves out whoever still waits in an order.
func (h *House) stopBatch(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err == nil {
		err = h.Desk.StopBatch(c.Request.Context(), staff, id)
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, batchURL(id))
	return nil
}

// batchProgress shows how far an order has come, and every single result.
func (h *House) batchProgress(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	b, order, rows, err := h.Desk.Batch(c.Request.Context(), staff, id)
	if err != nil {
		return err
	}
	page := templates.BatchProgressPage{Frame: h.frame(c), URL: batchURL(id), Batch: h.batchView(b)}
	page.Pass = order.Pass
	if m, ok := h.Season.Material(order.Material); ok {
		page.Material = m.Name
	}
	for _, code := range order.Reasons {
		page.Reasons = append(page.Reasons, h.reasonLabel(code))
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, templates.BatchResult{
			URL: sheetURL(r.CandidateID, review.Filter{}), Name: r.Name, Number: r.Number, State: r.State, Why: r.Why,
		})
	}
	return render(c, http.StatusOK, page, "progress")
}

// batches lists the account's latest orders.
func (h *House) batches(c *gin.Context, staff intake.Staff) error {
	all, err := h.Desk.Batches(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	page := templates.BatchesPage{Frame: h.frame(c)}
	for _, b := range all {
		page.Batches = append(page.Batches, h.batchView(b))
	}
	return render(c, http.StatusOK, page, "")
}

func (h *House) batchView(b storage.Batch) templates.Batch {
	return templates.Batch{
		URL: batchURL(b.ID), At: h.local(b.CreatedAt), Running: b.State == storage.BatchRunning,
		Done: b.Done, Left: b.Left, Waiting: b.Waiting,
	}
}
