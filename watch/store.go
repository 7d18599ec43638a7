package watch

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cailiao/storage"
)

// House is what is asked when somebody looks at the metrics.
type House struct {
	DB     *storage.DB
	Redis  *storage.Redis
	Now    func() time.Time
	InHand func() int // messages worked on or waiting in this process
}

// Watch adds what stands in the stores; the database is asked for at most two seconds.
func (m *Metrics) Watch(h House) { m.Registry.MustRegister(&collector{h}) }

type collector struct{ House }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("cailiao_"+name, help, labels, nil)
}

var (
	inbox       = desc("inbox_messages", "Recorded messages without effect, by state: waiting, later (put off).", "state")
	inboxOldest = desc("inbox_oldest_seconds", "Age of the oldest message that waits and was not put off.")
	unanswered  = desc("inbox_unanswered", "Messages with a reply that has not gone out.")
	inHand      = desc("messages_in_hand", "Messages worked on or waiting in this process.")
	pool        = desc("database_connections", "Connections of this process to the database, by state.", "state")
	poolWaits   = desc("database_waits_total", "How often somebody waited for a connection.")
	poolWaited  = desc("database_waited_seconds_total", "How long they waited.")
	redisCalls  = desc("redis_calls_total", "Commands and pipelines sent to Redis.")
	redisErrors = desc("redis_errors_total", "Those that failed.")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{inbox, inboxOldest, unanswered, inHand, pool, poolWaits, poolWaited, redisCalls, redisErrors} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	p := c.DB.PoolUse()
	gauge(pool, float64(p.InUse), "in_use")
	gauge(pool, float64(p.Idle), "idle")
	gauge(pool, float64(p.Most), "most")
	count(poolWaits, float64(p.Waits))
	count(poolWaited, p.Waited.Seconds())
	calls, errors := c.Redis.Calls()
	count(redisCalls, float64(calls))
	count(redisErrors, float64(errors))
	gauge(inHand, float64(c.InHand()))

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	now := c.Now()
	b, err := c.DB.Backlog(ctx, now)
	if err != nil {
		out <- prometheus.NewInvalidMetric(inbox, err)
		return
	}
	gauge(inbox, float64(b.Waiting), "waiting")
	gauge(inbox, float64(b.Later), "later")
	gauge(inboxOldest, b.Age(now).Seconds())
	gauge(unanswered, float64(b.Unanswered))
}
