package wechattest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxCall bounds the body of an API call; the largest legal one is an uploaded picture.
const maxCall = 12 << 20

// maxCalls is how many calls are remembered for assertions.
const maxCalls = 5000

// Call is one API call the account made.
type Call struct {
	API     string // the path without /cgi-bin/, for example "message/template/send"
	OpenID  string // whom it was about, where it says so
	At      time.Time
	Query   url.Values
	Body    []byte // nil for uploads
	Status  int
	ErrCode int
	Faulty  bool // a fault spoiled the answer
}

// Calls are the recorded calls of one API, oldest first; "" means all. Names match as in
// [Fault].
func (p *Platform) Calls(api string) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Call
	for _, c := range p.calls {
		if matches(api, c.API) {
			found = append(found, c)
		}
	}
	return found
}

// route is one API path.
type route struct {
	method string // GET, POST or "" for both
	token  bool   // needs access_token
	json   bool   // the body must be JSON
	limit  int    // calls a day; 0: none
	do     func(call) answer
}

// call is an API call being answered.
type call struct {
	*http.Request
	api    string
	body   []byte
	openID string
}

// answer is what a call returns; after runs once it is written.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	errCode int
	after   func()
}

func (p *Platform) allRoutes() map[string]route {
	return map[string]route{
		"/cgi-bin/token":                             {method: "GET", limit: 2000, do: p.token},
		"/cgi-bin/stable_token":                      {method: "POST", json: true, limit: 500_000, do: p.stableToken},
		"/cgi-bin/clear_quota":                       {method: "POST", token: true, json: true, do: p.clearQuota},
		"/cgi-bin/media/get":                         {method: "GET", token: true, limit: 10_000, do: p.mediaGet},
		"/cgi-bin/media/upload":                      {method: "POST", token: true, limit: 100_000, do: p.mediaUpload},
		"/cgi-bin/message/custom/send":               {method: "POST", token: true, json: true, limit: 500_000, do: p.customSend},
		"/cgi-bin/message/custom/typing":             {method: "POST", token: true, json: true, do: p.customTyping},
		"/cgi-bin/message/template/send":             {method: "POST", token: true, json: true, limit: 100_000, do: p.templateSend},
		"/cgi-bin/message/subscribe/bizsend":         {method: "POST", token: true, json: true, do: p.subscribeSend},
		"/cgi-bin/template/get_all_private_template": {method: "GET", token: true, do: p.templateList},
		"/cgi-bin/menu/create":                       {method: "POST", token: true, json: true, limit: 1000, do: p.menuCreate},
		"/cgi-bin/menu/get":                          {method: "GET", token: true, limit: 10_000, do: p.menuGet},
		"/cgi-bin/menu/delete":                       {method: "GET", token: true, limit: 1000, do: p.menuDelete},
		"/cgi-bin/qrcode/create":                     {method: "POST", token: true, json: true, limit: 100_000, do: p.qrCreate},
		"/cgi-bin/showqrcode":                        {method: "GET", do: p.qrShow},
		"/cgi-bin/user/info":                         {method: "GET", token: true, limit: 5_000_000, do: p.userInfo},
		"/connect/oauth2/authorize":                  {method: "GET", do: p.authorize},
		"/sns/oauth2/access_token":                   {method: "GET", do: p.oauthToken},
	}
}

// ServeHTTP answers the API, and the pages WeChat hosts for an account.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := call{Request: r, api: strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/cgi-bin"), "/")}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err != nil {
		p.finish(w, c, fail(40009, "invalid image size"), nil)
		return
	}
	c.body = body
	c.openID = p.about(c)

	fault := p.trip(c.api, c.openID)
	if fault == nil {
		p.finish(w, c, p.answer(c), nil)
		return
	}
	if !fault.After {
		pause(r.Context(), fault.Delay)
		if r.Context().Err() != nil {
			return // a call cut off on its way has no effect
		}
	}
	var a answer
	if !fault.spoils() || fault.After {
		a = p.answer(c)
	}
	if fault.spoils() {
		spoiled := fault.answer()
		spoiled.after = a.after
		a = spoiled
	}
	if fault.After {
		pause(r.Context(), fault.Delay)
	}
	p.finish(w, c, a, fault)
}

// answer does what the call asks, after the checks all calls share.
func (p *Platform) answer(c call) answer {
	r, ok := p.routes[c.URL.Path]
	if !ok {
		return fail(40066, "invalid url")
	}
	switch {
	case r.method == http.MethodGet && c.Method != http.MethodGet:
		return fail(43001, "require GET method")
	case r.method == http.MethodPost && c.Method != http.MethodPost:
		return fail(43002, "require POST method")
	}
	if r.token {
		if code := p.checkToken(c.URL.Query().Get("access_token")); code != 0 {
			return tokenFailure(code)
		}
	}
	if r.json {
		switch {
		case len(c.body) == 0:
			return fail(44002, "empty post data")
		case !json.Valid(c.body):
			return fail(47001, "data format error")
		case escaped.Match(c.body):
			return fail(40033, `invalid charset, \uxxxx is not allowed`)
		}
	}
	if r.limit > 0 && !p.spend(c.api, r.limit) {
		return fail(45009, "reach max api daily quota limit")
	}
	return r.do(c)
}

// escaped finds \uXXXX in JSON, which the platform refuses; an escaped backslash is none.
var escaped = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\\u[0-9a-fA-F]{4}`)

// about reads whom a call concerns, for faults and records.
func (p *Platform) about(c call) string {
	if id := c.URL.Query().Get("openid"); id != "" {
		return id
	}
	if id := c.URL.Query().Get("media_id"); id != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.media[id].owner
	}
	var to struct {
		User string `json:"touser"`
	}
	if json.Unmarshal(c.body, &to) == nil {
		return to.User
	}
	return ""
}

// finish records the call and writes the answer, cut short if the fault says so.
func (p *Platform) finish(w http.ResponseWriter, c call, a answer, fault *Fault) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	p.record(c, a, fault != nil && (fault.spoils() || fault.Truncate))
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if fault != nil && fault.Truncate {
		w.Write(a.body[:len(a.body)/2])
		if a.after != nil {
			a.after()
		}
		panic(http.ErrAbortHandler) // cuts the connection; net/http keeps quiet about it
	}
	w.Write(a.body)
	if a.after != nil {
		a.after()
	}
}

func (p *Platform) record(c call, a answer, faulty bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rec := Call{
		API: c.api, OpenID: c.openID, At: p.Now(), Query: c.URL.Query(), Body: c.body,
		Status: a.status, ErrCode: a.errCode, Faulty: faulty,
	}
	if c.api == "media/upload" {
		rec.Body = nil
	}
	if len(p.calls) >= maxCalls {
		p.calls = slices.Delete(p.calls, 0, maxCalls/2)
	}
	p.calls = append(p.calls, rec)
}

// spend counts a call against the API's day, which begins at midnight in China.
func (p *Platform) spend(api string, limit int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if day := p.Now().In(china).Format(time.DateOnly); day != p.day {
		p.day = day
		clear(p.used)
	}
	if p.used[api] >= limit {
		return false
	}
	p.used[api]++
	return true
}

var china = time.FixedZone("CST", 8*60*60)

// clearQuota gives the day's quotas back, ten times a month.
func (p *Platform) clearQuota(c call) answer {
	var in struct {
		AppID string `json:"appid"`
	}
	if json.Unmarshal(c.body, &in) != nil || in.AppID != p.opts.AppID {
		return fail(40013, "invalid appid")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	month := p.Now().In(china).Format("2006-01")
	if p.clears[month] >= 10 {
		return fail(48006, "forbid to clear quota because of reaching the limit")
	}
	p.clears[month]++
	clear(p.used)
	return succeed()
}

// jsonAnswer is a JSON answer with the platform's own content type.
func jsonAnswer(v any) answer {
	b, err := json.Marshal(v)
	if err != nil {
		panic("wechattest: " + err.Error()) // plain maps and structs always marshal
	}
	return answer{header: http.Header{"Content-Type": {"application/json; encoding=utf-8"}}, body: b}
}

// fail is an error answer: status 200, JSON with errcode and a request id in the errmsg.
func fail(code int, text string) answer {
	a := jsonAnswer(map[string]any{"errcode": code, "errmsg": fmt.Sprintf("%s rid: %s", text, requestID())})
	a.errCode = code
	return a
}

// succeed is the bare success of calls that return nothing else.
func succeed() answer {
	return jsonAnswer(map[string]any{"errcode": 0, "errmsg": "ok"})
}

func requestID() string {
	return randomFrom("0123456789abcdef", 8) + "-" + randomFrom("0123456789abcdef", 8) + "-" + randomFrom("0123456789abcdef", 8)
}
