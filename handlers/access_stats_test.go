package handlers_test

// accessStats are the routes of numbers, of many at once, and of what did not arrive.
var accessStats = map[string]gets{
	"GET /staff/numbers":       {303, 200, 200, 200, 200}, // of the own site, see numbers_test.go
	"GET /staff/numbers/:code": {303, 404, 404, 404, 404}, // no such chart

	"POST /staff/notices/phone/:id": {303, 200, 404, 200, 200},
	"POST /staff/batch":             {303, 422, 422, 422, 422}, // nobody chosen
	"POST /staff/batches":           {303, 404, 404, 404, 404}, // no order
	"GET /staff/batches":            {303, 200, 200, 200, 200}, // one's own
	"GET /staff/batches/:id":        {303, 404, 404, 404, 404}, // no such order; see batch_test.go
	"POST /staff/batches/:id/stop":  {303, 404, 404, 404, 404}, // no such order; see batch_test.go
}
