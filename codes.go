package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"cailiao/app"
	"cailiao/bot"
	"cailiao/intake"
	"cailiao/templates"
	"cailiao/wechat"
)

func pushMenu(ctx context.Context, p program, cfg app.Config, _ options) error {
	if len(cfg.Menu) == 0 {
		p.print(p.err, "no menu", nil)
		return errFailed
	}
	account, err := wechat.Open(cfg.WeChat, nil, wechat.Options{Log: p.logger()})
	if err != nil {
		return err
	}
	defer account.Close()
	if err := account.SetMenu(ctx, cfg.WeChatMenu()); err != nil {
		return err
	}
	p.print(p.out, "menu pushed", len(cfg.Menu))
	return nil
}

func codeFlags(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.site, "site", "", "")
	flags.IntVar(&opts.days, "days", 7, "")
}

// printCodes makes a personal QR code for everybody of a site who has not bound yet, and writes
// them as one page to print. Nothing of it leaves this machine but the scenes, which only we can read.
func printCodes(ctx context.Context, p program, cfg app.Config, opts options) error {
	season, _, err := app.LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return err
	}
	site, known := season.Site(opts.site)
	if !known {
		p.print(p.err, "no such site", opts.site)
		return errFailed
	}
	db, err := app.OpenDB(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	candidates, err := db.CandidatesOf(ctx, site.Code)
	if err != nil {
		return err
	}
	if len(candidates) == 0 {
		p.print(p.err, "nobody to bind", nil)
		return errFailed
	}
	until := time.Now().Add(time.Duration(opts.days) * 24 * time.Hour)
	page, err := codes(ctx, p, cfg, candidates, until)
	if err != nil {
		return err
	}
	page.Season, page.Site, page.Until = season.Name, site.Name, until.In(season.Location)
	return writePage(p, opts.args[0], page)
}

func codes(ctx context.Context, p program, cfg app.Config, candidates []intake.Candidate, until time.Time) (templates.CodesPage, error) {
	account, err := wechat.Open(cfg.WeChat, nil, wechat.Options{Log: p.logger()})
	if err != nil {
		return templates.CodesPage{}, err
	}
	defer account.Close()
	var page templates.CodesPage
	for _, c := range candidates {
		var salt [4]byte
		rand.Read(salt[:])
		scene := bot.Scene(cfg.SceneSecret(), c.ID, until, binary.BigEndian.Uint32(salt[:]))
		code, err := account.CreateQR(ctx, scene, time.Until(until))
		if err != nil {
			return page, fmt.Errorf("after %d of %d codes: %w", len(page.Codes), len(candidates), err)
		}
		picture, err := account.QRImage(ctx, code)
		if err != nil {
			return page, fmt.Errorf("after %d of %d codes: %w", len(page.Codes), len(candidates), err)
		}
		page.Codes = append(page.Codes, templates.Code{
			Number: c.Number, Name: c.MaskedName(), Type: http.DetectContentType(picture), Data: base64.StdEncoding.EncodeToString(picture),
		})
	}
	return page, nil
}

// writePage writes the sheet readable for its owner only: whoever has a code can bind.
func writePage(p program, path string, page templates.CodesPage) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := templates.Codes(file, page); err != nil {
		return err
	}
	p.print(p.out, "qr done", struct {
		N     int
		File  string
		Until time.Time
	}{len(page.Codes), path, page.Until})
	return nil
}
