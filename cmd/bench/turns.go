package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"cailiao/app"
	"cailiao/seal"
	"cailiao/wechat/wechattest"
)

// turnsBench measures what the speed table asks of the whole program.
type turnsBench struct {
	product
	server     string // DSN of a database server, without a database
	dir        string
	rounds     int
	calls      int
	candidates int
	parts      []string
	phone      *wechattest.Platform
	crowd      *crowd
	api        *takingPlatform
	table      *tabwriter.Writer
	missed     []string
}

// people who speak while text turns are measured; with more candidates in the database they are spread over it.
const people = 1000

// turns measures the whole program from outside: processes of their own, real HTTP, real engines.
func turns(ctx context.Context, args []string) (err error) {
	b := &turnsBench{}
	flags := flag.NewFlagSet("turns", flag.ContinueOnError)
	flags.StringVar(&b.Config, "config", "config.example.yaml", "configuration to start from; its stores are not touched")
	flags.StringVar(&b.server, "dsn", "root@tcp(127.0.0.1:3306)/", "a MySQL or MariaDB server and a user who may create databases; they are dropped at the end")
	flags.StringVar(&b.Redis.Addr, "redis", "127.0.0.1:6379", "a Redis server")
	flags.IntVar(&b.rounds, "rounds", 5, "interleaved rounds; medians count")
	flags.IntVar(&b.calls, "calls", 3000, "messages of each server in a round")
	flags.IntVar(&b.candidates, "candidates", 1_000_000, "candidates of the large database; ten photos each")
	parts := flags.String("parts", "text,photo,crowd,memory,pair", "what to measure")
	flags.StringVar(&b.Profile, "profile", "", "host:port where the program shows net/http/pprof meanwhile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b.parts = strings.Split(*parts, ",")
	if b.dir, err = os.MkdirTemp("", "bench-turns-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	cfg, err := app.LoadConfig(b.Config)
	if err != nil {
		return err
	}
	b.WeChat, b.Keys, b.Blobs = cfg.WeChat, filepath.Join(b.dir, "keys.json"), filepath.Join(b.dir, "blobs")
	if _, err := seal.Create(ctx, seal.Config{File: b.Keys}); err != nil {
		return err
	}
	if b.api, err = openPlatform(); err != nil {
		return err
	}
	defer b.api.close()
	b.WeChat.APIBase = b.api.url
	w := b.WeChat
	b.phone = wechattest.New(wechattest.Options{AppID: w.AppID, AppSecret: w.AppSecret, Token: w.Token, EncodingAESKey: w.EncodingAESKey})
	defer b.phone.Close()
	b.crowd = &crowd{phone: b.phone}
	b.table = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(b.table, "what\tmeasured\tgoal\tstretch\t\tdetails")
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{"text", b.text}, {"photo", b.photoTurn}, {"crowd", b.many}, {"memory", b.memory}, {"pair", b.pair}} {
		if !slices.Contains(b.parts, part.name) {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", part.name, err), b.table.Flush())
		}
		b.table.Flush()
	}
	if len(b.missed) > 0 {
		return fmt.Errorf("missed: %s", strings.Join(b.missed, "; "))
	}
	return nil
}

// goal is what a figure must reach, and how it is printed.
type goal struct {
	what           string
	least          bool // the figure must be at least the goal; else at most
	goal, stretch  float64
	format, detail string
}

// judge prints a line of the table and notes a missed goal.
func (b *turnsBench) judge(g goal, figure float64) {
	sign, better := "≤ ", figure <= g.goal
	if g.least {
		sign, better = "≥ ", figure >= g.goal
	}
	verdict := "met"
	if !better {
		verdict = "MISSED"
		b.missed = append(b.missed, g.what)
	}
	stretch := ""
	if g.stretch != 0 {
		stretch = fmt.Sprintf(g.format, g.stretch)
	}
	fmt.Fprintf(b.table, "%s\t"+g.format+"\t%s"+g.format+"\t%s\t%s\t%s\n", g.what, figure, sign, g.goal, stretch, verdict, g.detail)
}

// text compares the text turn with the two echoes, in turn, and tells what it costs.
func (b *turnsBench) text(ctx context.Context) (err error) {
	db, err := b.newDatabase(ctx, people)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop()) }()
	servers := map[string]*worker{}
	defer func() {
		for _, w := range servers {
			err = errors.Join(err, w.leave())
		}
	}()
	b.Database, b.Blobs = db.config, filepath.Join(b.dir, "text")
	if servers["program"], err = b.hire(ctx); err != nil {
		return err
	}
	if servers["gin"], err = hireGin(ctx, b.WeChat); err != nil {
		return err
	}
	node, err := unpackNode(b.dir)
	if err != nil {
		return err
	}
	if servers["node"], err = hireNode(ctx, node, b.WeChat); err != nil {
		return err
	}
	names := []string{"gin", "program", "node"}
	rates, costs := map[string][]float64{}, map[string][]float64{}
	var single, crowded []time.Duration
	sent := 0
	for round := range b.rounds + 1 { // the first one warms
		for _, name := range append(names[round%3:], names[:round%3]...) {
			requests := b.texts(b.calls)
			before, err := servers[name].usage()
			if err != nil {
				return err
			}
			a, err := burst(ctx, servers[name].url, requests, 32)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			after, err := servers[name].usage()
			if err != nil {
				return err
			}
			if a.replied != len(requests) {
				return fmt.Errorf("%s: %d replies to %d messages", name, a.replied, len(requests))
			}
			if name == "program" {
				sent += len(requests)
			}
			if round == 0 {
				continue
			}
			rates[name] = append(rates[name], a.rate())
			costs[name] = append(costs[name], float64(after.CPU-before.CPU)/float64(len(requests)))
			if name == "program" {
				crowded = append(crowded, a.times...)
			}
		}
		a, err := burst(ctx, servers["program"].url, b.texts(b.calls/10), 1)
		if err != nil {
			return err
		}
		sent += b.calls / 10
		if round > 0 {
			single = append(single, a.times...)
		}
	}
	if err := db.settled(ctx, sent); err != nil {
		return err
	}
	against := func(name string) (ratios []float64) {
		for i := range rates[name] {
			ratios = append(ratios, rates["program"][i]/rates[name][i])
		}
		return ratios
	}
	rate := func(name string) string {
		return fmt.Sprintf("%.0f/s, %.0f µs CPU", median(rates[name]), median(costs[name]))
	}
	b.judge(goal{"text turn, 32 connections, of gin + SDK echo", true, 25, 40, "%.1f %%", rate("program") + " against " + rate("gin")}, 100*median(against("gin")))
	b.judge(goal{"text turn, 32 connections, of co-wechat echo", true, 1, 2, "%.2f×", "against " + rate("node")}, median(against("node")))
	b.judge(goal{"CPU per text turn", false, 600, 400, "%.0f µs", fmt.Sprintf("%d turns counted", b.rounds*b.calls)}, median(costs["program"]))
	b.judge(goal{"p99 of a text turn, 1 connection", false, 10, 5, "%.1f ms", "p50 " + p(50, single).String()}, p(99, single).Seconds()*1000)
	b.judge(goal{"p99 of a text turn, 32 connections", false, 150, 60, "%.1f ms", "p50 " + p(50, crowded).String()}, p(99, crowded).Seconds()*1000)
	return nil
}

// texts are n requests for the progress, of one person after the other.
func (b *turnsBench) texts(n int) [][]byte {
	requests := make([][]byte, n)
	for i := range requests {
		requests[i] = b.crowd.text(openID(i%people), "进度")
	}
	return requests
}

func openID(i int) string { return fmt.Sprintf("o-bench-%07d", i) }
