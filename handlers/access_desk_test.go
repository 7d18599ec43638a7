package handlers_test

// accessDesk are the routes of the sheet beside those of access. The reviewer of the site has
// opened it before, so they hold it.
var accessDesk = map[string]gets{
	"POST /staff/candidates/:id/claim":    {303, 200, 404, 409, 409, 409, 404, 409},
	"POST /staff/candidates/:id/release":  {303, 204, 404, 204, 204}, // without a token: nothing
	"POST /staff/candidates/:id/undo":     {303, 409, 404, 409, 409}, // nothing was decided
	"POST /staff/candidates/:id/back":     {303, 409, 404, 409, 409}, // of no version
	"POST /staff/candidates/:id/takeover": {303, 403, 404, 403, 303, 303, 404, 403},
	"POST /staff/photos/:id/turn":         {303, 422, 404, 422, 422}, // by nothing
}
