package storage_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// TestWhatIsFamiliarIsNeverOld changes a case in every way there is, through one of two instances, and asks both after each
// change: what they remember must be what stands in the database.
func TestWhatIsFamiliarIsNeverOld(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		ctx := t.Context()
		var instances []*storage.DB
		for range 2 {
			db, err := storage.Open(ctx, config, storagetest.Keys(t))
			ok(t, err)
			t.Cleanup(func() { db.Close() })
			ok(t, db.Migrate(ctx))
			instances = append(instances, db)
		}
		c := bound(t, instances[0], "A", 1)[0]
		must(instances[0].SaveTalk(ctx, intake.Talk{OpenID: c.OpenID, HeardAt: t0}))(t)
		r := rand.New(rand.NewPCG(1, 2))
		materials := []string{"id_front", "diploma", "licence"}
		which := func(db *storage.DB, states ...intake.PhotoState) (intake.Photo, bool) {
			all := must(db.PhotosEver(ctx, c.ID))(t)
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for _, p := range all {
				for _, s := range states {
					if p.State == s {
						return p, true
					}
				}
			}
			return intake.Photo{}, false
		}
		add := func(state intake.PhotoState) func(*storage.DB) error {
			return func(db *storage.DB) error {
				p := photo(c.ID, materials[r.IntN(3)])
				p.State = state
				if state == intake.InTray {
					p.Material, p.Tray = "", 1+r.IntN(9)
				}
				_, err := db.AddPhoto(ctx, p)
				return err
			}
		}
		save := func(change func(*intake.Case)) func(*storage.DB) error {
			return func(db *storage.DB) error {
				before := must(db.Case(ctx, c.ID))(t)
				after := before
				change(&after)
				_, err := db.SaveCase(ctx, before, after)
				return err
			}
		}
		clock := t0
		later := func() time.Time { clock = clock.Add(time.Microsecond); return clock }
		changes := map[string]func(*storage.DB) error{
			"add":  add(intake.Kept),
			"tray": add(intake.InTray),
			"delete": func(db *storage.DB) error {
				p, _ := which(db, intake.Kept, intake.InTray)
				return db.SetPhotoState(ctx, p.ID, intake.Deleted, t0)
			},
			"file": func(db *storage.DB) error {
				p, _ := which(db, intake.InTray)
				p.Material = materials[r.IntN(3)]
				return db.FilePhoto(ctx, p, t0)
			},
			"move": func(db *storage.DB) error {
				p, _ := which(db, intake.Kept)
				p.Material = materials[r.IntN(3)]
				return db.MovePhoto(ctx, p, t0)
			},
			"make anew": func(db *storage.DB) error {
				p, _ := which(db, intake.Kept)
				old := p.Copy
				p.Copy, p.Width = p.Copy+"-a", p.Width+1
				return db.TurnPhoto(ctx, p, old)
			},
			"turn": func(db *storage.DB) error {
				p, _ := which(db, intake.Kept)
				return db.SetPhotoTurn(ctx, p.ID, (p.Turn+1)%4)
			},
			"note": func(db *storage.DB) error {
				p, _ := which(db, intake.Kept, intake.InTray)
				return db.NotePhoto(ctx, p, []intake.Verdict{{Code: "expired"}}, t0)
			},
			"drop originals": func(db *storage.DB) error {
				err := save(func(c *intake.Case) { c.Submission.State = intake.Passed })(db)
				_, dropped := db.DropOriginals(ctx, time.Now().Add(time.Hour), t0, 1+r.IntN(3))
				return errors.Join(err, dropped)
			},
			"return": save(func(c *intake.Case) {
				c.Submission.State = intake.Returned
				c.Items = []intake.Item{{Material: materials[r.IntN(3)], State: intake.ItemReturned, Comment: "模糊"}}
			}),
			"no items": save(func(c *intake.Case) { c.Items = nil }),
			"submit":   save(func(c *intake.Case) { c.Submission.State, c.Submission.SubmittedAt = intake.Submitted, later() }),
			"open":     func(db *storage.DB) error { return db.Opened(ctx, c.ID, later()) },
			"answer": func(db *storage.DB) error {
				c := must(db.Candidate(ctx, c.ID))(t)
				c.Answers, c.Second = map[string]any{"years": float64(r.IntN(9))}, fmt.Sprintf("1380000%04d", r.IntN(9999))
				_, err := db.SaveCandidate(ctx, c)
				return err
			},
			"roster": func(db *storage.DB) error {
				_, err := db.ImportRoster(ctx, []intake.RosterRow{{Number: c.Number, Name: fmt.Sprint("张", r.IntN(9)), Site: []string{"A", "B"}[r.IntN(2)],
					Attrs: map[string]any{"level": r.IntN(9)}}}, nil)
				return err
			},
			"withdraw": func(db *storage.DB) error { _, err := db.Withdraw(ctx, []int64{c.ID}, later()); return err },
			"part": func(db *storage.DB) error {
				return errors.Join(db.Part(ctx, c.ID, c.OpenID, later()), db.Bind(ctx, c.ID, c.OpenID, later()))
			},
			"unbind": func(db *storage.DB) error {
				return errors.Join(db.Unbind(ctx, c.ID), db.Bind(ctx, c.ID, c.OpenID, later()))
			},
		}
		var names []string
		for name := range changes {
			names = append(names, name)
		}
		ok(t, save(func(*intake.Case) {})(instances[0])) // opens the submission
		worked := map[string]int{}
		for i := range 300 {
			name := names[r.IntN(len(names))]
			switch err := changes[name](instances[i%2]); {
			case err == nil:
				worked[name]++
			case !errors.Is(err, intake.ErrConflict) && !errors.Is(err, intake.ErrNotFound): // nothing there to change
				t.Fatalf("%s: %v", name, err)
			}
			want := must(instances[0].Case(ctx, c.ID))(t)
			for _, db := range instances {
				got := must(db.User(ctx, c.OpenID))(t).Case
				same(t, got, want)
				for i := range got.Photos { // a turn may do what it likes with its own
					got.Photos[i] = intake.Photo{}
				}
				got.Candidate.Attrs["level"] = "changed"
				clear(got.Candidate.Answers)
			}
		}
		for _, name := range names {
			if worked[name] == 0 {
				t.Errorf("%q never had anything to change", name)
			}
		}
	})
}

// TestWhateverChangesACaseSaysSo reads the source: a statement that changes photos stands in changePhotos or changePhoto,
// one that changes items in saveItems, which goes with the version of the submission, and one that changes a candidate or a
// submission changes a part of its stamp.
func TestWhateverChangesACaseSaysSo(t *testing.T) {
	write := regexp.MustCompile(`(?i)\b(?:(?:UPDATE|INTO|DELETE\s+FROM)\s+(?:photos|items)|UPDATE\s+(?:candidates|submissions))\b`)
	stamped := regexp.MustCompile(`version = |bound_at = `)
	needless := regexp.MustCompile(`SET parted = '', parted_at = 0 WHERE|SET site = \? WHERE candidate_id`) // nobody is bound; no turn knows it
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../cmd/bench/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, isFunc := decl.(*ast.FuncDecl)
			inside := map[ast.Node]bool{} // arguments of changePhotos and changePhoto
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if s, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "changePhoto") {
						ast.Inspect(call, func(n ast.Node) bool { inside[n] = true; return true })
					}
				}
				text, ok := n.(*ast.BasicLit)
				if !ok || text.Kind != token.STRING || !write.MatchString(text.Value) {
					return true
				}
				found++
				says := false
				switch what := strings.ToLower(write.FindString(text.Value)); {
				case strings.HasSuffix(what, "photos"):
					says = inside[n]
				case strings.HasSuffix(what, "items"):
					says = isFunc && f.Name.Name == "saveItems"
				default:
					says = stamped.MatchString(text.Value) || needless.MatchString(text.Value)
				}
				if !says {
					t.Errorf("%s: %.60s… does not change the stamp", path, text.Value)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 17 {
		t.Errorf("only %d statements found", found)
	}
}
