package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/wechat/wechattest"

	"github.com/go-sql-driver/mysql"
)

// The drills an operator should hold, through the command line, on both sets of engines: somebody
// is erased, a season ends, somebody gets their copy, keys change under a running program, and a
// backup comes back with the right keys, without any, and with others.

// twoSpeak lets the first two people bind, send a photo each and say something; then it stops.
func (i *installation) twoSpeak() {
	i.t.Helper()
	i.must("migrate")
	i.must("roster", "import", rosterFile(i.t))
	stop := i.serve()
	ctx := i.t.Context()
	for n, p := range apptest.People[:2] {
		user := i.platform.User("o-drill-" + p.Number)
		user.Follow(ctx)
		user.Say(ctx, p.Number+" "+p.IDTail())
		user.Say(ctx, "对")
		user.SendPhoto(ctx, imagetest.Photo(uint64(n+1)))
		user.Say(ctx, "人工")
		user.Say(ctx, "问题来自"+p.Name)
		user.Allow(ctx, "TPL_RESULT")
	}
	if err := stop(); err != nil {
		i.t.Fatal(err)
	}
}

// stores opens the database and the blobs of an installation.
func (i *installation) stores() (*storage.DB, storage.Blobs) {
	i.t.Helper()
	cfg, err := app.LoadConfig(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	db, err := app.OpenDB(i.t.Context(), cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { db.Close() })
	blobs, err := app.OpenBlobs(i.t.Context(), cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	return db, blobs
}

// count is how many rows of each table and how many blobs there are.
func (i *installation) count() (rows map[string]int, blobs int) {
	i.t.Helper()
	db, store := i.stores()
	rows, err := db.TableCounts(i.t.Context())
	if err == nil {
		err = store.Each(i.t.Context(), func(string, time.Time) error { blobs++; return nil })
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return rows, blobs
}

// wants checks the exit code of a command, and what it says and does not say.
func (i *installation) wants(code int, says string, args ...string) string {
	i.t.Helper()
	out, got := i.run("", args...)
	if got != code || !strings.Contains(out, says) {
		i.t.Errorf("%s: exit %d, want %d with %q\n%s", strings.Join(args, " "), got, code, says, out)
	}
	for _, p := range apptest.People {
		if strings.Contains(out, p.Name) || strings.Contains(out, p.ID) || strings.Contains(out, p.Phone) {
			i.t.Errorf("%s names somebody", strings.Join(args, " "))
		}
	}
	return out
}

func TestTheDrillOfErasingOnePerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.twoSpeak()
		p := apptest.People[0]
		rows, blobs := i.count()
		i.wants(0, "谁都找不回来", "erase", p.Number)
		i.wants(1, "a reason is needed", "erase", p.Number, "-confirm", p.Number)
		i.wants(0, "谁都找不回来", "erase", p.Number, "-confirm", apptest.People[1].Number, "-reason", "本人申请")
		if now, same := i.count(); now["candidates"] != rows["candidates"] || same != blobs {
			t.Fatal("erased without the number being confirmed")
		}
		receipt := i.wants(0, "清除回执 第 1 号", "erase", p.Number, "-confirm", p.Number, "-reason", "本人申请")
		for _, word := range []string{"原因：本人申请", "candidates 1", "photos 1", "messages", "consents 1", "从备份恢复后要再清除一次"} {
			if !strings.Contains(receipt, word) {
				t.Errorf("the receipt lacks %q:\n%s", word, receipt)
			}
		}
		left, files := i.count()
		for _, table := range []string{"photos", "talks", "questions", "privacy_consents", "consents"} {
			if left[table] != 1 {
				t.Errorf("%s: %d rows are left, the other person has 1", table, left[table])
			}
		}
		if files != blobs/2 || left["doomed_blobs"] != 0 || left["erasures"] != 1 || left["candidates"] != rows["candidates"]-1 {
			t.Errorf("%d of %d blobs are left, %v", files, blobs, left)
		}
		i.wants(1, "已经清除过了", "erase", p.Number)
		i.wants(1, "已经清除过了", "person", "export", p.Number, filepath.Join(t.TempDir(), "p.zip"))
		// The tombstone holds against the roster, also once the keys of its time are gone.
		for _, command := range [][]string{{"keys", "rotate"}, {"keys", "retire"}} {
			i.must(command...)
		}
		i.wants(0, "第 2 行的报名号以前清除过，没有导入", "roster", "import", rosterFile(t))
		if left, _ = i.count(); left["candidates"] != rows["candidates"]-1 {
			t.Error("the roster brought somebody back who was erased")
		}
		i.wants(0, "第 2 行的报名号以前清除过，这次一起导入", "roster", "import", "--erased", rosterFile(t))
		if left, _ = i.count(); left["candidates"] != rows["candidates"] || left["photos"] != 1 {
			t.Errorf("back by order: %v", left)
		}
	})
}

func TestTheDrillOfASeasonsEnd(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.twoSpeak()
		i.wants(0, "4 位考生、2 张照片", "erase", "-season", "-confirm", "考季", "-reason", "考季结束")
		if rows, _ := i.count(); rows["candidates"] != 4 {
			t.Fatal("erased without the season's name")
		}
		i.wants(0, "清除回执", "erase", "-season", "-confirm", "北京考区 2026 年医师资格考试", "-reason", "考季结束")
		rows, blobs := i.count()
		for _, kept := range []string{"events", "erasures", "installation", "figure_marks", "roster_columns", "attempts", "delivery_events"} {
			delete(rows, kept)
		}
		for table, n := range rows {
			if n != 0 {
				t.Errorf("%s: %d rows are left", table, n)
			}
		}
		if blobs != 0 {
			t.Errorf("%d blobs are left", blobs)
		}
	})
}

// exported is where each table of a person stands in data.json; "" for what is no data of theirs:
// the work in hand of staff.
var exported = map[string]string{
	"candidates": "Candidate", "submissions": "State", "items": "Items", "photos": "Photos", "decisions": "Decisions", "notices": "Notices",
	"questions": "Questions", "messages": "Messages", "talks": "Talk", "privacy_consents": "Agreed", "consents": "Permits",
	"claims": "", "undos": "", "batch_rows": "",
}

func TestTheDrillOfHandingOutACopy(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.twoSpeak()
		p, other := apptest.People[0], apptest.People[1]
		file := filepath.Join(t.TempDir(), "copy.zip")
		i.wants(0, "只有本用户可读", "person", "export", p.Number, file)
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file: %v, %v", info.Mode(), err)
		}
		i.wants(1, "exists", "person", "export", p.Number, file)
		z, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		files := map[string][]byte{}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if files[f.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
		data := files["data.json"]
		for _, foreign := range []string{other.Name, other.Number, other.ID, other.Phone, "o-drill-" + other.Number} {
			if bytes.Contains(data, []byte(foreign)) {
				t.Errorf("it holds somebody else's %d characters", len(foreign))
			}
		}
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(data, &parts); err != nil {
			t.Fatal(err)
		}
		db, blobs := i.stores()
		c, err := db.CandidateByNumber(t.Context(), p.Number)
		if err != nil {
			t.Fatal(err)
		}
		held, err := db.PersonRows(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for table, n := range held.Tables {
			part, known := exported[table]
			var rows []json.RawMessage
			switch {
			case !known:
				t.Errorf("nobody has said whether %s belongs into the copy", table)
			case part == "":
			case len(parts[part]) == 0:
				t.Errorf("%s is not in the copy", table)
			case json.Unmarshal(parts[part], &rows) == nil && int64(len(rows)) != n:
				t.Errorf("%s: %d rows are held, %d are in the copy", table, n, len(rows))
			}
		}
		photos, err := db.PhotosEver(t.Context(), c.ID)
		if err != nil || len(files) != 1+2*len(photos) || len(photos) != 1 {
			t.Fatalf("%d files of %d photos (%v)", len(files), len(photos), err)
		}
		for name, got := range files {
			key := photos[0].Copy
			if strings.Contains(name, "original") {
				key = photos[0].Original
			}
			if want, err := blobs.Get(t.Context(), key); name != "data.json" && (err != nil || !bytes.Equal(got, want)) {
				t.Errorf("%s is not the photo: %v", name, err)
			}
		}
	})
}

func TestTheDrillOfChangingKeysWhileSomebodySpeaks(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.must("migrate")
		i.must("roster", "import", rosterFile(t))
		stop := i.serve()
		p := apptest.People[0]
		user := i.platform.User("o-drill")
		user.Follow(t.Context())
		user.Say(t.Context(), p.Number+" "+p.IDTail())
		user.Say(t.Context(), "对")
		done, spoke := make(chan struct{}), make(chan int)
		go func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					spoke <- n
					return
				default:
				}
				if d := user.Say(t.Context(), "进度"); d.Reply == "" {
					t.Errorf("no answer while the keys change: %s", d.Broken)
				}
			}
		}()
		i.must("keys", "rotate")
		i.must("keys", "rotate")
		close(done)
		if n := <-spoke; n == 0 {
			t.Error("nothing was said while the keys changed")
		}
		for range 3 { // what was written with the old key meanwhile
			i.must("keys", "rotate")
		}
		i.must("keys", "retire")
		if d := user.SendPhoto(t.Context(), imagetest.Photo(1)); !strings.Contains(d.Reply, "收到第 1 张") {
			t.Errorf("afterwards: %q %s", d.Reply, d.Broken)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// restored is another installation with what the first one held: by backup and restore, or as the
// operations guide says for servers, by a dump of the database beside the same bucket.
func (i *installation) restored() *installation {
	i.t.Helper()
	section := i.section("database")
	if section["driver"] == "sqlite" {
		dir := filepath.Join(i.t.TempDir(), "backup")
		i.must("backup", dir)
		other := i.elsewhere()
		other.must("restore", dir)
		return other
	}
	from, err := mysql.ParseDSN(section["dsn"].(string))
	if err != nil {
		i.t.Fatal(err)
	}
	database, _ := storagetest.Stores(i.t, "mysql")
	to, err := mysql.ParseDSN(database.DSN)
	if err != nil {
		i.t.Fatal(err)
	}
	server := func(c *mysql.Config) []string {
		host, port, _ := strings.Cut(c.Addr, ":")
		return []string{"--no-defaults", "-h", host, "-P", port, "-u", c.User}
	}
	dump, err := exec.Command("mariadb-dump", append(server(from), "--single-transaction", "--triggers", from.DBName)...).Output()
	if err != nil {
		i.t.Fatal(err)
	}
	load := exec.Command("mariadb", append(server(to), to.DBName)...)
	load.Stdin = bytes.NewReader(dump)
	if out, err := load.CombinedOutput(); err != nil {
		i.t.Fatalf("%v %s", err, out)
	}
	return i.with("restored.yaml", map[string]any{"database": map[string]any{"driver": "mysql", "dsn": database.DSN}})
}

// withKeys is the installation with another key file.
func (i *installation) withKeys(file string) *installation {
	return i.with(filepath.Base(filepath.Dir(file))+"-keys.yaml", map[string]any{"keys": map[string]any{"file": file}})
}

func TestTheDrillOfRestoringWithAndWithoutKeys(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.twoSpeak()
		user := i.platform.User("o-drill-" + apptest.People[0].Number)
		other := i.restored()
		goesOn(t, other, user)
		oneLine := func(c *installation, says string) {
			t.Helper()
			out, code := c.run("", "serve")
			if code != 1 || !strings.Contains(out, says) || strings.Count(strings.TrimSpace(out), "\n") > 0 {
				t.Errorf("exit %d, want 1 and one line with %q\n%s", code, says, out)
			}
		}
		oneLine(other.withKeys(filepath.Join(t.TempDir(), "none.json")), "cailiao keys new")
		strange := other.withKeys(filepath.Join(t.TempDir(), "strange.json"))
		strange.must("keys", "new")
		oneLine(strange, "use the key file it was sealed with")
		// The keys change after the backup: it opens with the file as it was then, not with the new one.
		before, err := os.ReadFile(i.keysOf())
		if err != nil {
			t.Fatal(err)
		}
		then := filepath.Join(t.TempDir(), "then.json")
		put(t, then, before)
		i.must("keys", "rotate")
		now := filepath.Join(t.TempDir(), "now.json")
		i.copyKeys(now)
		if i.section("database")["driver"] == "sqlite" { // elsewhere one bucket serves both, and is sealed anew
			late := other.withKeys(now)
			comesBack(t, late, user)
			i.must("keys", "retire")
			i.copyKeys(now)
			oneLine(late, "use the key file it was sealed with")
			comesBack(t, other.withKeys(then), user)
		}
	})
}

// copyKeys keeps the key file as it is now.
func (i *installation) copyKeys(to string) {
	i.t.Helper()
	data, err := os.ReadFile(i.keysOf())
	if err != nil {
		i.t.Fatal(err)
	}
	put(i.t, to, data)
}

// comesBack proves that an installation serves, and knows the candidate with both photos.
func comesBack(t *testing.T, i *installation, user *wechattest.User) {
	t.Helper()
	stop := i.serve()
	if d := user.Say(t.Context(), "进度"); !strings.Contains(d.Reply, "2/9 项") {
		t.Errorf("reply %q %s", d.Reply, d.Broken)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
