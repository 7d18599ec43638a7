package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"cailiao/app"
	"cailiao/bot"
	"cailiao/storage"
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
	some, err := db.UnboundAfter(ctx, site.Code, 0, codesAtOnce)
	if err != nil {
		return err
	}
	if len(some) == 0 {
		p.print(p.err, "nobody to bind", nil)
		return errFailed
	}
	account, err := wechat.Open(cfg.WeChat, nil, wechat.Options{Log: p.logger()})
	if err != nil {
		return err
	}
	defer account.Close()
	until := time.Now().Add(time.Duration(opts.days) * 24 * time.Hour)
	head := templates.CodesHead{Season: season.Name, Site: site.Name, Until: until.In(season.Location)}
	n, err := writeCodes(ctx, opts.args[0], head, codeSource{db, bot.Coder{Account: account, Secret: cfg.SceneSecret()}, site.Code})
	if err != nil {
		return fmt.Errorf("after %d codes: %w", n, err)
	}
	p.print(p.out, "qr done", struct {
		N     int
		File  string
		Until time.Time
	}{n, opts.args[0], head.Until})
	return nil
}

const codesAtOnce = 60 // read and made before they are written

type codeSource struct {
	db    *storage.DB
	coder bot.Coder
	site  string
}

// writeCodes writes the sheet readable for its owner only: whoever has a code can bind.
func writeCodes(ctx context.Context, path string, head templates.CodesHead, from codeSource) (n int, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sheet, err := templates.NewCodeSheet(file, head)
	if err != nil {
		return 0, err
	}
	for after := int64(0); ; {
		some, err := from.db.UnboundAfter(ctx, from.site, after, codesAtOnce)
		if err != nil {
			return n, err
		}
		if len(some) == 0 {
			return n, sheet.Close()
		}
		after = some[len(some)-1].ID
		codes, err := from.coder.Codes(ctx, some, head.Until)
		if err != nil {
			return n, err
		}
		for _, code := range codes {
			if err := sheet.Add(code); err != nil {
				return n, err
			}
			n++
		}
	}
}
