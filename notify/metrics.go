package notify

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cailiao/intake"
	"cailiao/storage"
)

// Metrics counts what the loop does. Its registry holds nothing else.
type Metrics struct {
	Registry *prometheus.Registry

	sends, refusals, fails, drops *prometheus.CounterVec
	delay                         prometheus.Histogram
}

// NewMetrics makes counters that start at 0.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "cailiao", Subsystem: "notices", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		sends:    counter("sent_total", "Notices accepted, by kind and road.", "kind", "road"),
		refusals: counter("refused_total", "Refusals by WeChat, by kind and errcode (0: no answer).", "kind", "errcode"),
		fails:    counter("failed_total", "Notices given up, by kind and errcode.", "kind", "errcode"),
		drops:    counter("dropped_total", "Notices dropped because they no longer held, by kind.", "kind"),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "cailiao", Subsystem: "notices", Name: "delay_seconds", Help: "From due to accepted.",
			Buckets: []float64{1, 2, 5, 15, 60, 300, 1800, 7200, 86400},
		}),
	}
	for _, kind := range intake.NoticeKinds { // what is not there does not grow
		m.sends.WithLabelValues(string(kind), string(intake.RoadTemplate))
		m.refusals.WithLabelValues(string(kind), "0")
		m.fails.WithLabelValues(string(kind), "0")
	}
	m.Registry.MustRegister(m.sends, m.refusals, m.fails, m.drops, m.delay)
	return m
}

// WatchStore adds what stands in the database: it is asked when somebody looks, at most for two
// seconds.
func (m *Metrics) WatchStore(db *storage.DB, now func() time.Time) {
	m.Registry.MustRegister(&store{
		db: db, now: now,
		notices: prometheus.NewDesc("cailiao_notices", "Notices by kind and state.", []string{"kind", "state"}, nil),
		oldest:  prometheus.NewDesc("cailiao_notices_oldest_due_seconds", "How long the oldest waiting notice has been due.", nil, nil),
		paused:  prometheus.NewDesc("cailiao_notices_paused", "1 for each paused kind; * is all.", []string{"kind"}, nil),
	})
}

type store struct {
	db                      *storage.DB
	now                     func() time.Time
	notices, oldest, paused *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (s *store) Describe(out chan<- *prometheus.Desc) {
	out <- s.notices
	out <- s.oldest
	out <- s.paused
}

// Collect implements prometheus.Collector.
func (s *store) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	now := s.now()
	counts, err := s.db.NoticeCounts(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(s.notices, err)
		return
	}
	for _, c := range counts {
		out <- prometheus.MustNewConstMetric(s.notices, prometheus.GaugeValue, float64(c.N), string(c.Kind), string(c.State))
	}
	oldest, err := s.db.OldestDue(ctx, intake.NoticeKinds, now)
	if err != nil {
		out <- prometheus.NewInvalidMetric(s.oldest, err)
		return
	}
	age := 0.0
	if !oldest.IsZero() {
		age = now.Sub(oldest).Seconds()
	}
	out <- prometheus.MustNewConstMetric(s.oldest, prometheus.GaugeValue, age)
	pauses, err := s.db.Pauses(ctx, now)
	if err != nil {
		out <- prometheus.NewInvalidMetric(s.paused, err)
		return
	}
	for _, p := range pauses {
		out <- prometheus.MustNewConstMetric(s.paused, prometheus.GaugeValue, 1, string(p.Kind))
	}
}

func (m *Metrics) sent(n intake.Notice, s storage.Sending) {
	m.sends.WithLabelValues(string(n.Kind), string(s.Road)).Inc()
	m.delay.Observe(s.At.Sub(n.DueAt).Seconds())
}

func (m *Metrics) refused(kind intake.NoticeKind, code int) {
	m.refusals.WithLabelValues(string(kind), strconv.Itoa(code)).Inc()
}

func (m *Metrics) failed(kind intake.NoticeKind, code int) {
	m.fails.WithLabelValues(string(kind), strconv.Itoa(code)).Inc()
}

func (m *Metrics) dropped(kind intake.NoticeKind) { m.drops.WithLabelValues(string(kind)).Inc() }
