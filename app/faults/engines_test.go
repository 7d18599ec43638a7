package faults

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"cailiao/app"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func (w *world) blobs(t *testing.T) storage.Blobs {
	t.Helper()
	blobs, err := storage.OpenBlobs(storage.BlobsConfig{Dir: w.settings.Blobs})
	if err != nil {
		t.Fatal(err)
	}
	return blobs
}

// engines are a MariaDB and a Redis of this test's own, each behind a proxy that can be made bad.
type engines struct {
	database, redis           *toxiproxy.Proxy
	databaseProc, redisServer *server
}

// server is a program that can be killed and started again.
type server struct {
	path string
	args []string
	port string
	cmd  *exec.Cmd
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command(s.path, s.args...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%s does not listen: %v", s.path, err)
		}
	}
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait() // killed: that is its error
}

// ownEngines starts both servers, or leaves the test out where the machine has none and nobody demands all engines.
func ownEngines(t *testing.T) *engines {
	t.Helper()
	if len(storagetest.Engines(t)) == 1 {
		t.Skip("only the embedded engines are tested here")
	}
	dir := t.TempDir()
	find := func(name string) string {
		path, err := exec.LookPath(name)
		if err != nil {
			path = filepath.Join("/usr/sbin", name)
		}
		return path
	}
	install := exec.Command(find("mariadb-install-db"), "--no-defaults", "--datadir="+dir+"/db", "--auth-root-authentication-method=normal",
		"--skip-test-db", "--user="+os.Getenv("USER"))
	if os.Geteuid() == 0 {
		install.Args[len(install.Args)-1] = "--user=root"
	}
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	_, dbPort, _ := net.SplitHostPort(freeAddress(t))
	_, redisPort, _ := net.SplitHostPort(freeAddress(t))
	e := &engines{
		databaseProc: &server{path: find("mariadbd"), port: dbPort, args: []string{
			"--no-defaults", install.Args[len(install.Args)-1], "--datadir=" + dir + "/db", "--socket=" + dir + "/s", "--pid-file=" + dir + "/pid",
			"--bind-address=127.0.0.1", "--port=" + dbPort, "--skip-log-bin", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M",
		}},
		redisServer: &server{path: find("redis-server"), port: redisPort, args: []string{
			"--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir,
		}},
	}
	e.databaseProc.start(t)
	t.Cleanup(func() { e.databaseProc.kill() })
	e.redisServer.start(t)
	t.Cleanup(func() { e.redisServer.kill() })
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := func(name, port string) *toxiproxy.Proxy {
		p := toxiproxy.NewProxy(api, name, "127.0.0.1:0", "127.0.0.1:"+port)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		return p
	}
	e.database, e.redis = proxy("database", dbPort), proxy("redis", redisPort)
	return e
}

// world is one on these engines: the program goes through the proxies, the test does not.
func (e *engines) world(t *testing.T, people int) *world {
	t.Helper()
	direct := "root@tcp(127.0.0.1:" + e.databaseProc.port + ")/"
	os.Setenv("CAILIAO_TEST_MYSQL", direct)
	w := openWorld(t, "mysql", people)
	config, err := mysql.ParseDSN(w.settings.Database.DSN)
	if err != nil {
		t.Fatal(err)
	}
	config.Addr = e.database.Listen
	w.settings.Database.DSN = config.FormatDSN()
	w.settings.Redis = storage.RedisConfig{Addr: e.redis.Listen}
	return w
}

// poison adds a toxic in both directions and returns how to take it away.
func poison(t *testing.T, p *toxiproxy.Proxy, toxic string) (cure func()) {
	t.Helper()
	for _, stream := range []string{"upstream", "downstream"} {
		text := fmt.Sprintf(`{"name": %q, "stream": %q, %s}`, stream, stream, toxic)
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return func() { p.Toxics.ResetToxics(context.Background()) }
}

func TestDatabaseAndRedisFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers of its own")
	}
	dsn := os.Getenv("CAILIAO_TEST_MYSQL")
	defer os.Setenv("CAILIAO_TEST_MYSQL", dsn)
	e := ownEngines(t)
	const faultFor = 1500 * time.Millisecond
	off := func(p *toxiproxy.Proxy) func(*testing.T) func() {
		return func(t *testing.T) func() {
			p.Stop()
			return func() {
				if err := p.Start(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	toxic := func(p *toxiproxy.Proxy, text string) func(*testing.T) func() {
		return func(t *testing.T) func() { return poison(t, p, text) }
	}
	for _, fault := range []struct {
		name  string
		cause func(t *testing.T) (heal func())
	}{
		{"database unreachable", off(e.database)},
		{"database silent", toxic(e.database, `"type": "timeout", "attributes": {"timeout": 0}`)},
		{"database 300 ms away", toxic(e.database, `"type": "latency", "attributes": {"latency": 150}`)},
		{"database connections reset", toxic(e.database, `"type": "reset_peer", "attributes": {"timeout": 5}`)},
		{"database killed and restarted", func(t *testing.T) func() {
			e.databaseProc.kill()
			return func() { e.databaseProc.start(t) }
		}},
		{"Redis unreachable", off(e.redis)},
		{"Redis silent", toxic(e.redis, `"type": "timeout", "attributes": {"timeout": 0}`)},
		{"Redis flushed", func(t *testing.T) func() {
			conn, err := net.Dial("tcp", "127.0.0.1:"+e.redisServer.port)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for range 20 {
				fmt.Fprint(conn, "FLUSHALL\r\n")
				time.Sleep(faultFor / 40)
			}
			io.CopyN(io.Discard, conn, 5)
			return func() {}
		}},
		{"Redis killed and restarted", func(t *testing.T) func() {
			e.redisServer.kill()
			return func() { e.redisServer.start(t) }
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			w := e.world(t, 8)
			program := w.start(w.settings, app.Options{})
			speaking := w.chatter(8, 100*time.Millisecond, func() string { return program.url })
			time.Sleep(500 * time.Millisecond)
			heal := fault.cause(t)
			time.Sleep(faultFor)
			heal()
			healed := time.Now()
			time.Sleep(500 * time.Millisecond)
			speaking()
			y := w.judge(t, fault.name, healed)
			if y.acked < someAck {
				t.Errorf("only %d acknowledged: nothing was tested", y.acked)
			}
		})
	}
}

// chatter lets people write one message after the other, each after the one before was acknowledged or given up, until
// stop is called, which waits for the last ones. Every fourth person sends photos.
func (w *world) chatter(people int, every time.Duration, where func() string) (stop func()) {
	var over atomic.Bool
	var speaking sync.WaitGroup
	for i := range people {
		speaking.Go(func() {
			for !over.Load() {
				if i%4 == 3 {
					w.post(w.photo(w.person(i)), where)
				} else {
					w.post(w.text(w.person(i), "进度"), where)
				}
				time.Sleep(every)
			}
		})
	}
	return func() {
		over.Store(true)
		speaking.Wait()
	}
}
