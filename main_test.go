package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
	"cailiao/wechat/wechattest"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// runMain makes the test binary be the program: what is tested is what is started.
const runMain = "CAILIAO_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// installation is the program with a configuration file, and the platform it talks to.
type installation struct {
	t        *testing.T
	config   string
	platform *wechattest.Platform
	listen   string
	blobs    storage.BlobsConfig
}

func install(t *testing.T, engine string) *installation {
	t.Helper()
	apptest.Guard(apptest.People)
	platform := wechattest.New(wechattest.Options{Secret: watchtest.Secret})
	t.Cleanup(platform.Close)
	api := httptest.NewServer(platform)
	t.Cleanup(api.Close)
	i := &installation{t: t, platform: platform, listen: freeAddress(t)}
	database, redis := storagetest.Stores(t, engine)
	i.blobs = storagetest.BlobStore(t, engine)
	i.config = i.write(api.URL, database, redis)
	platform.SetCallback("http://" + i.listen + "/wechat")
	return i
}

// write makes a configuration, and a season whose window is open now: a program of its own has
// the machine's clock.
func (i *installation) write(apiBase string, database storage.Config, redis storage.RedisConfig) string {
	i.t.Helper()
	dir := i.t.TempDir()
	root := apptest.Root()
	season, err := os.ReadFile(filepath.Join(root, "seasons", "beijing-2026.yaml"))
	if err != nil {
		i.t.Fatal(err)
	}
	now := time.Now()
	for old, moment := range map[string]time.Time{
		`"2026-01-29 10:00"`: now.AddDate(0, 0, -3), `"2026-02-11 24:00"`: now.AddDate(0, 0, 9), `"2026-03-12 24:00"`: now.AddDate(0, 0, 30),
	} {
		season = bytes.Replace(season, []byte(old), []byte(moment.Format(`"2006-01-02 15:04"`)), 1)
	}
	if err := os.MkdirAll(filepath.Join(dir, "seasons"), 0o755); err != nil {
		i.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "seasons", "examples"), filepath.Join(dir, "seasons", "examples")); err != nil {
		i.t.Fatal(err)
	}
	put(i.t, filepath.Join(dir, "seasons", "season.yaml"), season)
	o := i.platform.Options()
	var cfg map[string]any
	example, err := os.ReadFile(filepath.Join(root, "config.example.yaml"))
	if err != nil {
		i.t.Fatal(err)
	}
	if err := yaml.Unmarshal(example, &cfg); err != nil {
		i.t.Fatal(err)
	}
	cfg["server"] = map[string]any{"listen": i.listen, "public_url": "http://" + i.listen}
	cfg["wechat"] = map[string]any{
		"app_id": o.AppID, "app_secret": o.AppSecret, "token": o.Token, "encoding_aes_key": o.EncodingAESKey, "api_base": apiBase, "browser_base": apiBase,
	}
	cfg["database"] = map[string]any{"driver": database.Driver, "dsn": database.DSN}
	cfg["redis"] = map[string]any{"addr": redis.Addr}
	cfg["blobs"] = i.blobs
	cfg["season"] = "seasons/season.yaml"
	data, err := yaml.Marshal(cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	put(i.t, filepath.Join(dir, "config.yaml"), data)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		i.t.Fatal(err)
	}
	put(i.t, filepath.Join(dir, "data", "keys.json"), []byte(storagetest.KeyText))
	return filepath.Join(dir, "config.yaml")
}

// run starts the program with a command and waits for its end.
func (i *installation) run(stdin string, args ...string) (out string, code int) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), time.Minute) // a server that should not have started
	defer cancel()
	cmd := i.command(ctx, args...)
	cmd.Stdin = strings.NewReader(stdin)
	output, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		i.t.Fatal(err)
	}
	return string(output), cmd.ProcessState.ExitCode()
}

func (i *installation) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"--config", i.config}, args...)...)
	cmd.Env = append(os.Environ(), runMain+"=1")
	return cmd
}

// serve starts the program's server and waits until it is ready. stop ends it as an operator
// would and returns its exit error.
func (i *installation) serve() (stop func() error) {
	i.t.Helper()
	cmd := i.command(context.Background(), "serve")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	i.t.Cleanup(func() {
		cmd.Process.Kill()
		watchtest.Check(i.t, log.String())
		if i.t.Failed() {
			i.t.Log(log.String())
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + i.listen + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case err := <-ended:
			i.t.Fatalf("serve ended: %v\n%s", err, log.String())
		default:
		}
		if time.Now().After(deadline) {
			i.t.Fatalf("not ready after 30 s: %v\n%s", err, log.String())
		}
	}
	return func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		return <-ended
	}
}

func eachEngine(t *testing.T, f func(t *testing.T, i *installation)) {
	for _, engine := range storagetest.Engines(t) {
		t.Run(engine, func(t *testing.T) { f(t, install(t, engine)) })
	}
}

func TestTheProgramFromEmptyDatabaseToFirstPhoto(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		out, code := i.run("", "check")
		if code != 1 || !strings.Contains(out, "cailiao migrate") {
			t.Errorf("check on an empty database: exit %d\n%s", code, out)
		}
		if out, code = i.run("", "migrate"); code != 0 {
			t.Fatalf("migrate: exit %d\n%s", code, out)
		}
		if out, code = i.run("", "check"); code != 0 || strings.Count(out, "✓") != 9 {
			t.Errorf("check: exit %d\n%s", code, out)
		}
		if out, code = i.run("", "notices", "preview"); code != 0 || !strings.Contains(out, "审核结果：需补正") {
			t.Errorf("notices preview: exit %d\n%s", code, out)
		}
		if out, code = i.run("", "roster", "import", rosterFile(t)); code != 0 || !strings.Contains(out, "新增 4 人") {
			t.Fatalf("roster import: exit %d\n%s", code, out)
		}
		if out, code = i.run(apptest.Password+"\n", "staff", "add", "kaodian", "--role", "site", "--site", "110101"); code != 0 {
			t.Fatalf("staff add: exit %d\n%s", code, out)
		}
		for _, c := range []struct {
			args string
			code int
			want string
		}{
			{"disable kaodian", 0, "已改好"}, {"list", 0, "已停用"}, {"enable kaodian", 0, "已改好"}, {"totp-reset kaodian", 0, "已改好"}, {"sign-out kaodian", 0, "已改好"},
			{"password kaodian", 0, "初始密码（只显示这一次"}, {"list", 0, "没换初始密码"}, {"role kaodian --role area", 0, "已改好"},
			{"list", 0, "kaodian\tarea"}, {"role kaodian --role boss", 1, "one of site, area"}, {"disable nobody", 1, "没有这个账号"},
		} {
			if out, code = i.run("", append([]string{"staff"}, strings.Fields(c.args)...)...); code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("staff %s: exit %d\n%s", c.args, code, out)
			}
		}
		stop := i.serve()
		if err := i.platform.Verify(t.Context()); err != nil {
			t.Errorf("the console's check of the callback address: %v", err)
		}
		p := apptest.People[0]
		user := i.platform.User("o-first")
		user.Follow(t.Context())
		user.Say(t.Context(), p.Number+" "+p.IDTail())
		user.Say(t.Context(), "对")
		d := user.SendPhoto(t.Context(), imagetest.Photo(1))
		if !strings.Contains(d.Reply, "收到第 1 张") {
			t.Errorf("reply to the first photo: %q %s", d.Reply, d.Broken)
		}
		if err := stop(); err != nil {
			t.Errorf("SIGTERM: %v", err)
		}
	})
}

// rosterFile is the tests' people as a site would send them: GB18030 from a spreadsheet.
func rosterFile(t *testing.T) string {
	t.Helper()
	data, err := simplifiedchinese.GB18030.NewEncoder().String(apptest.RosterCSV(apptest.People))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "roster.csv")
	put(t, path, []byte(data))
	return path
}

func TestABadRosterIsListedLineByLineAndNothingImported(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		people := append([]apptest.Person(nil), apptest.People...)
		people[1].ID = people[1].ID[:17] + "0"
		people[2].Number = people[0].Number
		path := filepath.Join(t.TempDir(), "bad.csv")
		put(t, path, []byte(apptest.RosterCSV(people)))
		out, code := i.run("", "roster", "import", path)
		if code != 1 || !strings.Contains(out, "第 3 行") || !strings.Contains(out, "第 4 行") || strings.Contains(out, people[1].ID) {
			t.Errorf("exit %d\n%s", code, out)
		}
		if out, code = i.run("", "roster", "import", rosterFile(t)); code != 0 || !strings.Contains(out, "新增 4 人") {
			t.Errorf("after the bad file: exit %d\n%s", code, out)
		}
	})
}

func TestAStopInTheMiddleOfAPhotoLosesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		if out, code := i.run("", "roster", "import", rosterFile(t)); code != 0 {
			t.Fatal(out)
		}
		stop := i.serve()
		user := i.platform.User("o-slow")
		p := apptest.People[0]
		user.Follow(t.Context())
		user.Say(t.Context(), p.Number+" "+p.IDTail())
		user.Say(t.Context(), "对")
		i.platform.Fail(wechattest.Fault{API: "media/get", Delay: time.Second, Times: 1})
		answered := make(chan wechattest.Delivery, 1)
		go func() { answered <- user.SendPhoto(context.Background(), imagetest.Photo(2)) }()
		for len(i.platform.Calls("media/get")) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		if err := stop(); err != nil {
			t.Errorf("SIGTERM: %v", err)
		}
		if d := <-answered; !strings.Contains(d.Reply, "收到第 1 张") || d.Attempts != 1 {
			t.Errorf("reply %q after %d deliveries %s", d.Reply, d.Attempts, d.Broken)
		}
	})
}

func TestSeveralInstancesStartOnOneEmptyDatabase(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		type result struct {
			out  string
			code int
		}
		results := make(chan result, 4)
		for range cap(results) {
			go func() {
				out, code := i.run("", "migrate")
				results <- result{out, code}
			}()
		}
		for range cap(results) {
			if r := <-results; r.code != 0 {
				t.Errorf("exit %d\n%s", r.code, r.out)
			}
		}
	})
}

func TestWrongUseIsAnsweredWithHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"serv"}, {"roster"}, {"roster", "import"}, {"staff", "add"}, {"menu"}, {"qr"}, {"check", "now"}, {"check", "--fast"}} {
		var out, errs bytes.Buffer
		p := program{in: os.Stdin, out: &out, err: &errs}
		if code := run(t.Context(), args, p); code != 2 || !strings.Contains(errs.String(), "用法") {
			t.Errorf("%q: exit %d, %s", args, code, errs.String())
		}
	}
}

func TestABadConfigurationKeepsTheProgramFromStarting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	put(t, path, []byte("server:\n  lisen: x\n"))
	var errs bytes.Buffer
	code := run(t.Context(), []string{"serve", "--config", path}, program{in: os.Stdin, out: io.Discard, err: &errs})
	if code != 1 || !strings.Contains(errs.String(), "line 2: server.lisen") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return fmt.Sprint(ln.Addr())
}
