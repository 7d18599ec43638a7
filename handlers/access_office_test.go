package handlers_test

import (
	"strings"

	"cailiao/intake"
)

// accessOffice: rosters, codes, exports, a candidate's case.
var accessOffice = map[string]gets{
	"GET /staff/export":                      {303, 200, 200, 200, 200},
	"POST /staff/export/states":              {303, 404, 404, 404, 404}, // of a site that is none
	"POST /staff/export/photos":              {303, 404, 404, 404, 404},
	"POST /staff/candidates/:id/export":      {303, 200, 404, 200, 200},
	"GET /staff/candidates/:id/case":         {303, 200, 404, 200, 200},
	"POST /staff/candidates/:id/unbind":      {303, 422, 404, 422, 422}, // without a reason
	"POST /staff/candidates/:id/reopen":      {303, 409, 404, 409, 409}, // of no version
	"POST /staff/candidates/:id/person":      {303, 403, 404, 403, 200},
	"GET /staff/candidates/:id/erase":        {303, 403, 404, 403, 200},
	"POST /staff/candidates/:id/erase":       {303, 403, 404, 403, 422}, // without the number
	"GET /staff/erasures/:id":                {303, 403, 403, 403, 404}, // nobody was erased
	"GET /staff/codes":                       {303, 200, 200, 200, 200},
	"POST /staff/codes":                      {303, 422, 422, 422, 422}, // for no number of days
	"GET /staff/roster":                      {303, 200, 200, 200, 200},
	"POST /staff/roster":                     {303, 422, 422, 422, 422}, // without a file
	"GET /staff/roster/:id":                  {303, 200, 404, 200, 200},
	"POST /staff/roster/:id/columns":         {303, 409, 404, 409, 409}, // of no version
	"POST /staff/roster/:id/import":          {303, 409, 404, 409, 409},
	"POST /staff/roster/:id/drop":            {303, 409, 404, 409, 409},
	"GET /staff/roster/:id/problems/:format": {303, 404, 404, 404, 404}, // no such format; see roster_test.go
}

// rosterOf is a roster that the reviewer of site S1 has uploaded.
func rosterOf(w *world, _ intake.Candidate) int64 {
	w.t.Helper()
	jobs, err := w.DB.RosterJobs(w.t.Context(), "S1", 1)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(jobs) == 1 {
		return jobs[0].ID
	}
	job, err := w.Desk.UploadRoster(w.t.Context(), intake.Staff{ID: 1, Role: intake.RoleSite, Site: "S1"}, "名单.csv", strings.NewReader("报名号,姓名\n"))
	if err != nil {
		w.t.Fatal(err)
	}
	return job.ID
}
