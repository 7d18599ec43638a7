package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
)

// database is one made for a measurement.
type database struct {
	config storage.Config
	server *sql.DB
	name   string
}

// newDatabase makes a database of n candidates, all bound, with their phone confirmed and ten photos each.
func (b *turnsBench) newDatabase(ctx context.Context, n int) (*database, error) {
	config, err := mysql.ParseDSN(b.server)
	if err != nil {
		return nil, errors.New("-dsn: such as root@tcp(127.0.0.1:3306)/ expected")
	}
	config.DBName, config.MultiStatements = "", false
	server, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		return nil, err
	}
	d := &database{server: server, name: "cailiao_bench_" + strings.ToLower(rand.Text())}
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+d.name); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	config.DBName = d.name
	d.config = storage.Config{Driver: "mysql", DSN: config.FormatDSN()}
	if err := d.fill(ctx, b.product, n); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	return d, nil
}

func (d *database) drop() error {
	_, err := d.server.Exec("DROP DATABASE " + d.name)
	return errors.Join(err, d.server.Close())
}

// settled fails unless exactly n messages stand there, all done and answered.
func (d *database) settled(ctx context.Context, n int) error {
	var all, done int
	err := d.server.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(state = 'done' AND owed = 0), 0) FROM "+d.name+".messages").Scan(&all, &done)
	if err == nil && (all != n || done != n) {
		err = fmt.Errorf("%d messages sent, %d recorded, %d of them done and answered", n, all, done)
	}
	return err
}

// photos counts those that are kept or in the tray.
func (d *database) photos(ctx context.Context) (n int, err error) {
	err = d.server.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+d.name+".photos WHERE state IN ('kept', 'tray')").Scan(&n)
	return n, err
}

const photosEach = 10

const rosterHead = "报名号,姓名,证件类型,证件号码,手机号,考点代码,级别,类别,单位等级,报考途径,学历,毕业院校所在地,有学位证书,专升本,应届毕业生,当年毕业研究生,军人身份,居民身份,试用单位数,执业注册有变更\n"

func (d *database) fill(ctx context.Context, p product, n int) error {
	p.Database = d.config
	cfg, season, _, err := p.configure()
	if err != nil {
		return err
	}
	desk, closeDB, err := app.OpenDesk(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var roster strings.Builder
	roster.WriteString(rosterHead)
	for i := range people {
		fmt.Fprintf(&roster, "27%08d,考生,居民身份证,%s,139%08d,110101,执业,临床,三级,直接报考,本科,大陆,是,否,否,否,否,大陆,1,否\n", i, idNumber(i), i)
	}
	report, err := desk.ImportRoster(ctx, strings.NewReader(roster.String()), review.ImportOptions{})
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("roster: %v", report.Problems[0])
	}
	if err == nil {
		err = settlePeople(ctx, desk.DB, season)
	}
	if err == nil && n > people {
		var first intake.Candidate
		if first, err = desk.DB.CandidateByNumber(ctx, fmt.Sprintf("27%08d", 0)); err == nil {
			err = d.multiply(ctx, n, first.Attrs)
		}
	}
	return errors.Join(err, closeDB())
}

// idNumber is a made-up one of an area that does not exist, with its check character.
func idNumber(i int) string {
	digits := fmt.Sprintf("9900001990%02d%02d%03d", 1+i/28%12, 1+i%28, i%1000)
	sum := 0
	for i, r := range digits {
		sum += int(r-'0') * (1 << (17 - i) % 11)
	}
	return digits + string("10X98765432"[sum%11])
}

// yesterday is when everybody was last heard of.
func yesterday(now time.Time) time.Time { return now.AddDate(0, 0, -1) }

// hush makes everybody somebody who has not written since yesterday: a first message after a while stores that it came.
func (d *database) hush(ctx context.Context) error {
	_, err := d.server.ExecContext(ctx, "UPDATE "+d.name+".talks SET heard_at = ?", yesterday(time.Now()).UnixMicro())
	return err
}

// settlePeople binds everybody of the roster and gives them photos, by the program's own methods.
func settlePeople(ctx context.Context, db *storage.DB, season *intake.Season) error {
	now := time.Now()
	return inSteps(ctx, db, people, func(tx storage.Q, i int) error {
		c, err := tx.CandidateByNumber(ctx, fmt.Sprintf("27%08d", i-1))
		if err != nil {
			return err
		}
		if err := tx.Bind(ctx, c.ID, openID(i-1), now); err != nil {
			return err
		}
		c.PhoneOK = true
		if _, err := tx.SaveCandidate(ctx, c); err != nil {
			return err
		}
		if _, err := tx.SaveTalk(ctx, intake.Talk{OpenID: openID(i - 1), Following: true, Stage: "upload", HeardAt: yesterday(now)}); err != nil {
			return err
		}
		materials, err := season.List(c.Attrs)
		if err != nil {
			return err
		}
		for n := range photosEach {
			m := materials[n%5]
			sha := fmt.Sprintf("%032x%032x", i, n)
			key := func(kind string) string { return storage.BlobKey(c.ID, sha, kind) }
			if _, err := tx.AddPhoto(ctx, intake.Photo{
				CandidateID: c.ID, Material: m.Code, Round: 1, State: intake.Kept, SHA256: sha, Format: "jpeg", Width: 1080, Height: 1440,
				Bytes: 230_000, CopyBytes: 190_000, PHash: uint64(i)<<20 + uint64(n), DHash: uint64(n)<<40 + uint64(i),
				Original: key("original"), Copy: key("copy"), Screen: key("screen"), Thumb: key("thumb"), ReceivedAt: now,
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
