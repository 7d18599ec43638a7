package handlers_test

// accessPeople: signing in, one's own account, other people's accounts, the log.
var accessPeople = map[string]gets{
	"GET /staff/login":   {200, 303, 303, 303, 303},
	"POST /staff/login":  {422, 422, 422, 422, 422}, // without name and password
	"POST /staff/logout": {303, 303, 303, 303, 303},
	"GET /staff/again":   {303, 200, 200, 200, 200},
	"POST /staff/again":  {303, 422, 422, 422, 422}, // without the password
}
