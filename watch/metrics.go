package watch

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics counts what one instance does. All methods may be called on nil, which counts nothing.
type Metrics struct {
	Registry *prometheus.Registry

	callbacks, calls, tokens                 *prometheus.CounterVec
	callback, turn, call, stage, pages, scan *prometheus.HistogramVec
}

// Buckets for what WeChat waits for, and for what nobody waits for.
var (
	quick = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 4.5, 5}
	slow  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 90}
)

// New makes counters that start at 0, and those of the runtime.
func New() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "cailiao", Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "cailiao", Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &Metrics{
		Registry:  prometheus.NewRegistry(),
		callbacks: counter("callbacks_total", "Callbacks of WeChat, by kind and outcome: replied, acknowledged, failed, or why it was refused.", "kind", "outcome"),
		callback:  histogram("callback_seconds", "How long WeChat waited for the answer.", quick, "kind"),
		turn:      histogram("turn_seconds", "From taking up a message until its effect is saved, by kind and outcome: done, later, failed.", slow, "kind", "outcome"),
		calls:     counter("wechat_calls_total", "Calls to WeChat, by API, errcode (0: accepted, -2: no answer) and what follows from it.", "api", "errcode", "action"),
		call:      histogram("wechat_call_seconds", "How long WeChat took.", slow, "api"),
		tokens:    counter("token_refreshes_total", "Access tokens asked for, by outcome.", "outcome"),
		stage:     histogram("image_stage_seconds", "What the stages of a picture took; wait is for a free place.", slow, "stage"),
		scan:      histogram("scan_seconds", "Files scanned for viruses, by outcome: clean, found, failed (no answer: the file waits), unscanned (no answer, taken all the same).", slow, "outcome"),
		pages:     histogram("page_seconds", "Pages and their parts, by route and status.", quick, "route", "status"),
	}
	m.zero()
	m.Registry.MustRegister(m.callbacks, m.callback, m.turn, m.calls, m.call, m.tokens, m.stage, m.pages, m.scan,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// zero makes those series exist that alerts look at: what is not there does not grow.
func (m *Metrics) zero() {
	for _, kind := range []string{"text", "image", "event"} {
		for _, outcome := range []string{"replied", "acknowledged", "failed"} {
			m.callbacks.WithLabelValues(kind, outcome)
		}
		for _, outcome := range []string{"done", "later", "failed"} {
			m.turn.WithLabelValues(kind, outcome)
		}
		m.callback.WithLabelValues(kind)
	}
	for _, api := range []string{"stable_token", "media/get", "message/custom/send", "message/template/send"} {
		m.calls.WithLabelValues(api, "0", "")
		m.call.WithLabelValues(api)
	}
	m.tokens.WithLabelValues("got")
	m.tokens.WithLabelValues("failed")
	for _, stage := range []string{"sniff", "guard", "wait", "decode", "turn", "facts", "copy", "views"} {
		m.stage.WithLabelValues(stage)
	}
	for _, outcome := range []string{"clean", "found", "failed", "unscanned"} {
		m.scan.WithLabelValues(outcome)
	}
}

// Callback counts one delivery of WeChat.
func (m *Metrics) Callback(kind, outcome string, took time.Duration) {
	if m == nil {
		return
	}
	m.callbacks.WithLabelValues(known(kind), outcome).Inc()
	m.callback.WithLabelValues(known(kind)).Observe(took.Seconds())
}

// Turn counts one message worked on.
func (m *Metrics) Turn(kind, outcome string, took time.Duration) {
	if m != nil {
		m.turn.WithLabelValues(known(kind), outcome).Observe(took.Seconds())
	}
}

// Call counts one call to WeChat; action is what follows from its errcode.
func (m *Metrics) Call(api string, code int, action string, took time.Duration) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(api, strconv.Itoa(code), action).Inc()
	m.call.WithLabelValues(api).Observe(took.Seconds())
	if api == "stable_token" {
		outcome := "got"
		if code != 0 {
			outcome = "failed"
		}
		m.tokens.WithLabelValues(outcome).Inc()
	}
}

// Stage counts one stage of a picture.
func (m *Metrics) Stage(stage string, took time.Duration) {
	if m != nil {
		m.stage.WithLabelValues(stage).Observe(took.Seconds())
	}
}

// Scan counts one file scanned for viruses.
func (m *Metrics) Scan(outcome string, took time.Duration) {
	if m != nil {
		m.scan.WithLabelValues(outcome).Observe(took.Seconds())
	}
}

// Page counts one request of a browser.
func (m *Metrics) Page(route string, status int, took time.Duration) {
	if m != nil {
		m.pages.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// known keeps kinds of messages that somebody made up out of the labels.
func known(kind string) string {
	switch kind {
	case "text", "image", "voice", "video", "shortvideo", "location", "link", "file", "event":
		return kind
	}
	return "other"
}
