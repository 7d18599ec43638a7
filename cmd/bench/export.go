package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

// export brings a roster in as the page does, gives everybody photos, and streams all of them over
// HTTP; what it costs is printed for a tenth of the candidates, for all in ten files, and for all in
// one, so that one sees what memory grows with: the directory at the end of a ZIP.
func export(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	n := flags.Int("n", 20_000, "candidates")
	photos := flags.Int("photos", 4, "photos of each")
	size := flags.Int("size", 4<<10, "bytes of a photo")
	dsn := flags.String("mysql", "", "DSN of an empty MySQL or MariaDB database; empty: SQLite")
	season := flags.String("season", "seasons/beijing-2026.yaml", "season file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-export-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := openExport(ctx, dir, *dsn, *season)
	if err != nil {
		return err
	}
	defer b.desk.DB.Close()
	if err := b.bringIn(ctx, *n); err != nil {
		return err
	}
	began := time.Now()
	if err := b.fill(ctx, *photos, *size); err != nil {
		return err
	}
	fmt.Printf("filled with %d photos of %d bytes each in %.1f s\n", *n**photos, *size, time.Since(began).Seconds())
	for _, m := range []struct{ part, parts int }{{*n / 10, 1}, {*n / 10, 10}, {*n, 1}} {
		if err := b.measure(ctx, m.part, m.parts); err != nil {
			return err
		}
	}
	return nil
}

type exportBench struct{ desk *review.Desk }

func openExport(ctx context.Context, dir, dsn, seasonFile string) (*exportBench, error) {
	season, _, err := app.LoadSeason(seasonFile, time.FixedZone("CST", 8*3600))
	if err != nil {
		return nil, err
	}
	config := storage.Config{DSN: filepath.Join(dir, "bench.db")}
	if dsn != "" {
		config = storage.Config{Driver: "mysql", DSN: dsn}
	}
	db, err := storage.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	blobs, err := storage.OpenBlobs(storage.BlobsConfig{Dir: filepath.Join(dir, "blobs")})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &exportBench{&review.Desk{DB: db, Blobs: blobs, Season: season, Log: slog.New(slog.DiscardHandler)}}, nil
}

// bringIn imports n candidates through the steps of the page, twice.
func (b *exportBench) bringIn(ctx context.Context, n int) error {
	var csv strings.Builder
	columns, row := []string{"报名号", "姓名", "证件类型", "证件号码", "手机号", "考点代码"}, ""
	for _, field := range intake.RosterRequired(b.desk.Season) {
		if a, ok := b.desk.Season.Attribute(field); ok {
			columns = append(columns, a.Name)
			value := "1"
			if len(a.Values) > 0 {
				value = a.Values[0]
			}
			row += "," + value
		}
	}
	csv.WriteString(strings.Join(columns, ",") + "\n")
	for i := range n {
		fmt.Fprintf(&csv, "N%07d,考%c,护照,E%08d,138%08d,%s%s\n", i, '一'+rune(i%5000), i, i, b.desk.Season.Sites[0].Code, row)
	}
	staff := intake.Staff{ID: 1, Role: intake.RoleAdmin}
	for _, round := range []string{"first", "again"} {
		began := time.Now()
		job, err := b.desk.UploadRoster(ctx, staff, "bench.csv", strings.NewReader(csv.String()))
		if err == nil {
			err = b.desk.MapRoster(ctx, staff, review.RosterRef{ID: job.ID, Version: job.Version}, job.Fields)
		}
		if err == nil {
			err = b.desk.WorkImports(ctx, "bench")
		}
		if err != nil {
			return err
		}
		checked := time.Since(began)
		job, report, err := b.desk.RosterJob(ctx, staff, job.ID)
		if err != nil {
			return err
		}
		if job.Counts.Problems > 0 {
			return fmt.Errorf("roster: %d problems, the first: %+v", job.Counts.Problems, report.Problems[0])
		}
		began = time.Now()
		if err := b.desk.ConfirmRoster(ctx, staff, review.RosterRef{ID: job.ID, Version: job.Version}, review.RosterChoice{Withdraw: -1}); err != nil {
			return err
		}
		if err := b.desk.WorkImports(ctx, "bench"); err != nil {
			return err
		}
		if job, _, err = b.desk.RosterJob(ctx, staff, job.ID); err != nil {
			return err
		}
		fmt.Printf("roster of %d rows, %s: upload and check %.1f s, import %.1f s: new %d, changed %d, same %d\n",
			n, round, checked.Seconds(), time.Since(began).Seconds(), job.Counts.New, job.Counts.Changed, job.Counts.Same)
	}
	return nil
}

const (
	fillStep = 500 // candidates per transaction
	pictures = 50  // different ones: the disk is not what is measured
)

// fill gives every candidate photos.
func (b *exportBench) fill(ctx context.Context, photos, size int) error {
	var shown []intake.Photo
	for range pictures {
		data := make([]byte, size)
		rand.Read(data)
		sum := sha256.Sum256(data)
		sha := hex.EncodeToString(sum[:])
		p := intake.Photo{SHA256: sha, Format: "jpeg", Width: 1200, Height: 900, Bytes: size, CopyBytes: size, Copy: storage.BlobKey(1, sha, "copy"),
			Round: 1, Verdicts: []intake.Verdict{{Code: "blur", Level: intake.Doubt}}, ReceivedAt: time.Now()}
		if err := b.desk.Blobs.Put(ctx, p.Copy, data); err != nil {
			return err
		}
		shown = append(shown, p)
	}
	for after := int64(0); ; {
		some, err := b.desk.DB.CandidatesAfter(ctx, "", after, fillStep)
		if err != nil || len(some) == 0 {
			return err
		}
		after = some[len(some)-1].ID
		err = b.desk.DB.InTx(ctx, func(tx storage.Q) error {
			for _, c := range some {
				for i := range photos {
					p := shown[(int(c.ID)+i)%pictures]
					p.CandidateID, p.Material = c.ID, b.desk.Season.Materials[i%len(b.desk.Season.Materials)].Code
					if _, err := tx.AddPhoto(ctx, p); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// measure streams the photos of so many candidates over HTTP, in so many parts, and prints what it cost.
func (b *exportBench) measure(ctx context.Context, part, parts int) error {
	var far, all review.Exported
	var failed error
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		far, failed = b.desk.ExportPhotos(r.Context(), review.Export{Words: templates.Cells, After: far.Last, Most: part}, func() io.Writer { return w })
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	debug.FreeOSMemory()
	before := heap()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // else the peak is that of the whole process so far
	var peak atomic.Uint64
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); watchHeap(watching, &peak) }()
	began := time.Now()
	var sent int64
	for range parts {
		var n int64
		if n, err = fetch(ctx, "http://"+ln.Addr().String()); err != nil {
			break
		}
		sent += n
		all.Candidates += far.Candidates
		all.Photos += far.Photos
	}
	took := time.Since(began)
	stop()
	<-watched
	err = errors.Join(err, failed, server.Close())
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	fmt.Printf("export of %d candidates, %d photos in %d files: %.0f MB in %.1f s; heap before %.1f MB, at its peak %.1f MB; peak RSS %s\n",
		all.Candidates, all.Photos, parts, float64(sent)/1e6, took.Seconds(), float64(before)/1e6, float64(peak.Load())/1e6, peakRSS())
	return err
}

// fetch takes an answer in and throws it away.
func fetch(ctx context.Context, url string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return io.Copy(io.Discard, response.Body)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func watchHeap(ctx context.Context, peak *atomic.Uint64) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			peak.Store(max(peak.Load(), heap()))
		}
	}
}

// peakRSS is what the kernel says of this process.
func peakRSS() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
