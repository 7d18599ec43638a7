// Cailiao collects exam registration materials in a WeChat Official Account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"cailiao/app"
	"cailiao/templates"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], program{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// program is the world around a command.
type program struct {
	in       *os.File
	out, err io.Writer
	config   string
}

// command is one thing the program does; words are its arguments without flags.
type command struct {
	words int  // arguments expected, or many, or optional
	bare  bool // also works without a configuration file
	flags func(*flag.FlagSet, *options)
	run   func(context.Context, program, app.Config, options) error
}

// options are the flags and arguments of all commands.
type options struct {
	args       []string
	role, site string
	days       int
	dryRun     bool
	erased     bool
	labels     string // a file saying what pictures show
	out        string // a folder
	season     bool   // everybody, not one person
	confirm    string // what is erased, once more
	reason     string
	to         string // a configuration file
	back       bool
}

// Not a fixed number of arguments.
const (
	many     = -1 // at least one
	optional = -2 // one or none
)

var commands = map[string]command{
	"serve":            {run: serve},
	"check":            {run: check},
	"migrate":          {run: migrate},
	"keys new":         {words: optional, run: newKeys},
	"keys check":       {run: checkKeys},
	"keys add":         {run: addKeys},
	"keys rotate":      {run: rotateKeys},
	"keys retire":      {run: retireKeys},
	"person export":    {words: 2, run: exportPerson},
	"erase":            {words: optional, run: erase, flags: eraseFlags},
	"roster import":    {words: 1, run: importRoster, flags: importFlags},
	"staff add":        {words: 1, run: addStaff, flags: staffFlags},
	"notices preview":  {run: previewNotices},
	"menu push":        {run: pushMenu},
	"qr":               {words: 1, run: printCodes, flags: codeFlags},
	"move":             {run: move, flags: moveFlags},
	"backup":           {words: 1, run: backup},
	"restore":          {words: 1, run: restore},
	"photo":            {words: many, bare: true, run: photo, flags: photoFlags},
	"staff list":       {run: listStaff},
	"staff role":       {words: 1, run: staffCommand("role"), flags: staffFlags},
	"staff disable":    {words: 1, run: staffCommand("disable")},
	"staff enable":     {words: 1, run: staffCommand("enable")},
	"staff password":   {words: 1, run: staffCommand("password")},
	"staff sign-out":   {words: 1, run: staffCommand("sign-out")},
	"staff totp-reset": {words: 1, run: staffCommand("totp-reset")},
	"export states":    {words: 1, run: exportStates, flags: exportFlags},
	"export photos":    {words: 1, run: exportPhotos, flags: exportFlags},
}

const defaultConfig = "config.yaml"

// fits says whether the number of arguments is right. Labels speak of the pictures of one folder.
func (c command) fits(opts options) bool {
	if c.words == many {
		return len(opts.args) == 1 || len(opts.args) > 1 && opts.labels == ""
	}
	if c.words == optional {
		return len(opts.args) <= 1
	}
	return len(opts.args) == c.words
}

// errFailed ends the program with status 1; what is wrong has been printed.
var errFailed = errors.New("failed")

func run(ctx context.Context, args []string, p program) int {
	name, rest := cutCommand(args)
	cmd, ok := commands[name]
	if !ok {
		p.print(p.err, "usage", nil)
		return 2
	}
	var opts options
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&p.config, "config", defaultConfig, "")
	if cmd.flags != nil {
		cmd.flags(flags, &opts)
	}
	var err error
	if opts.args, err = parseMixed(flags, rest); err != nil || !cmd.fits(opts) {
		p.print(p.err, "usage", nil)
		return 2
	}
	cfg, err := app.LoadConfig(p.config)
	if cmd.bare && p.config == defaultConfig && errors.Is(err, fs.ErrNotExist) {
		cfg, err = app.Config{}, nil
	}
	if err == nil {
		err = cmd.run(ctx, p, cfg, opts)
	}
	if err != nil {
		if !errors.Is(err, errFailed) {
			fmt.Fprintln(p.err, err)
		}
		return 1
	}
	return 0
}

// cutCommand finds the command's words among flags before, between and behind them.
func cutCommand(args []string) (name string, rest []string) {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case len(arg) > 0 && arg[0] == '-':
			rest = append(rest, arg)
			if (arg == "-config" || arg == "--config") && i+1 < len(args) {
				i++
				rest = append(rest, args[i])
			}
		case name == "" && slices.Contains([]string{"keys", "person", "roster", "staff", "notices", "menu", "export"}, arg) && i+1 < len(args):
			i++
			name = arg + " " + args[i]
		case name == "":
			name = arg
		default:
			rest = append(rest, arg)
		}
	}
	return name, rest
}

// parseMixed lets flags stand before and behind arguments.
func parseMixed(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		args = flags.Args()
		if len(args) == 0 {
			return words, nil
		}
		words = append(words, args[0])
		args = args[1:]
	}
}

// print writes a text of templates/cli.txt.
func (p program) print(w io.Writer, name string, data any) {
	text, err := templates.CLI(name, data)
	if err != nil {
		text = err.Error()
	}
	fmt.Fprintln(w, text)
}

func (p program) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(p.err, nil))
}
