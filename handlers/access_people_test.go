package handlers_test

// accessPeople: signing in, one's own account, other people's accounts, the log.
var accessPeople = map[string]gets{
	"GET /staff/login":       {200, 303, 303, 303, 303},
	"POST /staff/login":      {422, 422, 422, 422, 422}, // without name and password
	"GET /staff/login/code":  {303, 303, 303, 303, 303}, // nobody is half signed in
	"POST /staff/login/code": {303, 303, 303, 303, 303},
	"POST /staff/logout":     {303, 303, 303, 303, 303},
	"GET /staff/again":       {303, 200, 200, 200, 200},
	"POST /staff/again":      {303, 422, 422, 422, 422}, // without the password

	"GET /staff/me":               {303, 200, 200, 200, 200},
	"POST /staff/me/password":     {303, 422, 422, 422, 422}, // without the old one
	"GET /staff/me/totp":          {303, 200, 200, 200, 200},
	"POST /staff/me/totp":         {303, 422, 422, 422, 422}, // without a code
	"POST /staff/me/totp-off":     {303, 303, 303, 303, 303},
	"POST /staff/me/codes":        {303, 409, 409, 409, 409}, // not set up
	"GET /staff/me/sessions":      {303, 200, 200, 200, 200},
	"POST /staff/me/sessions":     {303, 303, 303, 303, 303},
	"POST /staff/me/sessions/end": {303, 303, 303, 303, 303}, // of nobody; see places_test.go

	"GET /staff/people":            {303, 403, 403, 403, 200, 200, 200, 200},
	"POST /staff/people":           {303, 403, 403, 403, 422, 422, 422, 422}, // without a name
	"POST /staff/people/:id/:what": {303, 404, 404, 404, 404},                // nothing of that name; see people_test.go
	"GET /staff/log":               {303, 403, 403, 403, 200, 403, 403, 403},
	"POST /staff/log":              {303, 403, 403, 403, 303},
	"GET /staff/left":              {303, 200, 200, 200, 200},
	"POST /staff/left":             {303, 200, 200, 200, 200},
}
