package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/wechat/wechattest"

	"go.yaml.in/yaml/v3"
)

// with writes another configuration of the same account: what differs is given.
func (i *installation) with(name string, sections map[string]any) *installation {
	i.t.Helper()
	data, err := os.ReadFile(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	var cfg map[string]any
	if err := yaml.Unmarshal(data, &cfg); err != nil {
		i.t.Fatal(err)
	}
	for section, value := range sections {
		cfg[section] = value
	}
	if data, err = yaml.Marshal(cfg); err != nil {
		i.t.Fatal(err)
	}
	other := *i
	other.config = filepath.Join(filepath.Dir(i.config), name)
	put(i.t, other.config, data)
	return &other
}

// underway is an installation with a candidate who has sent a photo.
func underway(t *testing.T) (i *installation, user *wechattest.User, stop func() error) {
	t.Helper()
	i = install(t, "sqlite")
	if out, code := i.run("", "roster", "import", rosterFile(t)); code != 0 {
		t.Fatal(out)
	}
	if out, code := i.run(apptest.Password+"\n", "staff", "add", "kaodian", "--role", "site", "--site", "110101"); code != 0 {
		t.Fatal(out)
	}
	stop = i.serve()
	user = i.platform.User("o-moved")
	user.Follow(t.Context())
	user.Say(t.Context(), apptest.People[0].Number+" "+apptest.People[0].IDTail())
	user.Say(t.Context(), "对")
	if d := user.SendPhoto(t.Context(), imagetest.Photo(1)); !strings.Contains(d.Reply, "收到第 1 张") {
		t.Fatalf("reply %q %s", d.Reply, d.Broken)
	}
	return i, user, stop
}

// goesOn proves that the candidate's case is there with its photo.
func goesOn(t *testing.T, i *installation, user *wechattest.User) {
	t.Helper()
	stop := i.serve()
	if d := user.Say(t.Context(), "进度"); !strings.Contains(d.Reply, "1/9 项") {
		t.Errorf("reply %q %s", d.Reply, d.Broken)
	}
	if d := user.SendPhoto(t.Context(), imagetest.Photo(2)); !strings.Contains(d.Reply, "收到第") {
		t.Errorf("reply %q %s", d.Reply, d.Broken)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestAnInstallationMovesToServersThoughItIsKilledOnTheWay(t *testing.T) {
	if len(storagetest.Engines(t)) == 1 {
		return // nowhere to move to
	}
	i, user, stop := underway(t)
	database, redis := storagetest.Stores(t, "mysql")
	bucket := storagetest.StartS3(t)
	target := i.with("new.yaml", map[string]any{
		"database": map[string]any{"driver": "mysql", "dsn": database.DSN}, "redis": map[string]any{"addr": redis.Addr}, "blobs": bucket.Config,
	})
	out, code := i.run("", "move", "--to", target.config)
	if code != 1 || !strings.Contains(out, "the program runs on") {
		t.Errorf("move while the program runs: exit %d\n%s", code, out)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	strangeKeys := target.with("strange.yaml", map[string]any{"keys": map[string]any{"file": filepath.Join(t.TempDir(), "keys.json")}})
	if out, code := strangeKeys.run("", "keys", "new"); code != 0 {
		t.Fatal(out)
	}
	if out, code = i.run("", "move", "--to", strangeKeys.config); code != 1 || !strings.Contains(out, "use the same file") {
		t.Errorf("move to other keys: exit %d\n%s", code, out)
	}
	var puts atomic.Int32
	bucket.Fail(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && !strings.Contains(r.URL.Path, ".ping") && puts.Add(1) > 2 {
			io.Copy(io.Discard, r.Body) // only then the server notices
			<-r.Context().Done()        // that it is killed
		}
		return false
	})
	cmd := i.command(context.Background(), "move", "--to", target.config)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); puts.Load() < 3 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	bucket.Fail(nil)
	if puts.Load() < 3 {
		t.Fatalf("only %d pictures were sent: %s", puts.Load(), said.String())
	}
	for name, c := range map[string]*installation{"the old one": i, "the new one": target} {
		if out, code := c.run("", "serve"); code != 1 || !strings.Contains(out, "cailiao move") {
			t.Errorf("%s was started in the middle: exit %d\n%s", name, code, out)
		}
	}
	if out, code = i.run("", "move", "--to", target.config); code != 0 || !strings.Contains(out, "核对一致") || !strings.Contains(out, "candidates") {
		t.Fatalf("move: exit %d\n%s", code, out)
	}
	if out, code = i.run("", "serve"); code != 1 || !strings.Contains(out, "was moved to") {
		t.Errorf("serve on what was left: exit %d\n%s", code, out)
	}
	goesOn(t, target, user)
	if out, code = i.run("", "move", "--back"); code != 0 || !strings.Contains(out, "已收回") {
		t.Errorf("move --back: exit %d\n%s", code, out)
	}
	goesOn(t, i, user)
}

func TestABackupOfTheRunningProgramIsRestoredElsewhere(t *testing.T) {
	i, user, stop := underway(t)
	dir := filepath.Join(t.TempDir(), "backup")
	out, code := i.run("", "backup", dir)
	if code != 0 || !strings.Contains(out, "备份完成") || !strings.Contains(out, "photos") {
		t.Fatalf("backup: exit %d\n%s", code, out)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if out, code = i.run("", "restore", dir); code != 1 || !strings.Contains(out, "exists already") {
		t.Errorf("restore over an installation: exit %d\n%s", code, out)
	}
	other := i.elsewhere()
	if out, code = other.run("", "restore", dir); code != 0 || !strings.Contains(out, "核对一致") {
		t.Fatalf("restore: exit %d\n%s", code, out)
	}
	goesOn(t, other, user)
}

func TestASurroundingThatIsWrongIsOneLineAtStart(t *testing.T) {
	for _, engine := range storagetest.Engines(t) {
		if engine == "mysql" {
			wrongSurroundings(t, install(t, engine))
		}
	}
}

func wrongSurroundings(t *testing.T, i *installation) {
	database := i.section("database")
	dsn := database["dsn"].(string)
	at, slash := strings.Index(dsn, "@"), strings.LastIndex(dsn, "/")
	mysql := func(dsn string) map[string]any {
		return map[string]any{"database": map[string]any{"driver": "mysql", "dsn": dsn}}
	}
	blobs := func(change func(*storage.BlobsConfig)) map[string]any {
		config := i.blobs
		change(&config)
		return map[string]any{"blobs": config}
	}
	redis := storagetest.StartRedis(t)
	public := storagetest.StartS3(t)
	public.Publish(t)
	for name, tt := range map[string]struct {
		sections map[string]any
		want     string
	}{
		"a DSN without an address":       {mysql("root"), "database.dsn: mysql needs user, address and database name"},
		"nobody at the address":          {mysql("root@tcp(127.0.0.1:1)/cailiao"), "no MySQL or MariaDB server answers at 127.0.0.1:1"},
		"a wrong user or password":       {mysql("nobody:s3cret" + dsn[at:]), "refuses user"},
		"no such database":               {mysql(dsn[:slash] + "/not_there"), `database "not_there" does not exist`},
		"an old server":                  {mysql("root@tcp(" + storagetest.StartOldMySQL(t) + ")/cailiao"), "too old: 5.7.44"},
		"a database that is only read":   {mysql(reader(t, dsn) + dsn[at:]), "GRANT ALL on this database is needed"},
		"a clock far off":                {mysql(dsn + "?timestamp=1500000000"), "behind this machine's: let NTP set both"},
		"a server without TLS":           {map[string]any{"database": map[string]any{"driver": "mysql", "dsn": dsn, "tls": map[string]any{"use": true}}}, "does not offer TLS"},
		"a file that is only read":       {map[string]any{"database": map[string]any{"driver": "sqlite", "dsn": "/proc/version"}}, "/proc/version"},
		"a Redis nobody answers at":      {map[string]any{"redis": map[string]any{"addr": "127.0.0.1:1"}}, "no Redis server answers at 127.0.0.1:1"},
		"a wrong password of Redis":      {map[string]any{"redis": map[string]any{"addr": redis.Addr, "password": "s3cret"}}, "refuses username or password"},
		"a server that is read-only":     {mysql(readOnly(t)), "the server is read-only"},
		"a public bucket":                {map[string]any{"blobs": public.Config}, "is public"},
		"a missing bucket":               {blobs(func(c *storage.BlobsConfig) { c.Bucket = "not-there" }), `bucket: "not-there" does not exist`},
		"wrong credentials of S3":        {blobs(func(c *storage.BlobsConfig) { c.SecretKey = "s3cret" }), "refuses access_key or secret_key"},
		"an S3 service nobody answers":   {blobs(func(c *storage.BlobsConfig) { c.Endpoint = "http://127.0.0.1:1" }), "no S3 service answers at http://127.0.0.1:1"},
		"pictures in a folder of others": {map[string]any{"blobs": map[string]any{"dir": "/proc/1"}}, "blobs"},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			code := run(t.Context(), []string{"serve", "--config", i.with("wrong.yaml", tt.sections).config}, program{in: os.Stdin, out: &errs, err: &errs})
			said := strings.TrimPrefix(strings.TrimSpace(errs.String()), "configuration "+filepath.Join(filepath.Dir(i.config), "wrong.yaml")+":\n")
			if code != 1 || !strings.Contains(said, tt.want) || strings.Contains(said, "\n") || strings.Contains(said, "s3cret") {
				t.Errorf("exit %d and %q; want 1 and one line with %q and no secret", code, said, tt.want)
			}
		})
	}
}

// readOnly is a database on a server that nobody may write to.
func readOnly(t *testing.T) (dsn string) {
	t.Helper()
	server := storagetest.StartMariaDB(t)
	pool, err := sql.Open("mysql", server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, query := range []string{"CREATE DATABASE cailiao", "SET GLOBAL read_only = 1"} {
		if _, err := pool.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	return server.DSN + "cailiao"
}

// section is one of the configuration.
func (i *installation) section(name string) map[string]any {
	i.t.Helper()
	data, err := os.ReadFile(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	var cfg map[string]map[string]any
	if err := yaml.Unmarshal(data, &cfg); err != nil && cfg[name] == nil {
		i.t.Fatal(err)
	}
	return cfg[name]
}

// reader makes a user who may only read the database of a DSN.
func reader(t *testing.T, dsn string) (login string) {
	t.Helper()
	pool, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := dsn[strings.LastIndex(dsn, "/")+1:]
	user := "reader_" + name[len(name)-8:]
	t.Cleanup(func() {
		pool.Exec("DROP USER " + user + "@'%'")
		pool.Close()
	})
	for _, query := range []string{"CREATE USER " + user + "@'%' IDENTIFIED BY 's3cret'", "GRANT SELECT ON " + name + ".* TO " + user + "@'%'"} {
		if _, err := pool.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	return user + ":s3cret"
}
