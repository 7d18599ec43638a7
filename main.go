// Cailiao collects exam registration materials in a WeChat Official Account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
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
	words int // arguments expected
	flags func(*flag.FlagSet, *options)
	run   func(context.Context, program, app.Config, options) error
}

// options are the flags and arguments of all commands.
type options struct {
	args       []string
	role, site string
	days       int
	dryRun     bool
}

var commands = map[string]command{
	"serve":           {run: serve},
	"check":           {run: check},
	"migrate":         {run: migrate},
	"roster import":   {words: 1, run: importRoster, flags: importFlags},
	"staff add":       {words: 1, run: addStaff, flags: staffFlags},
	"notices preview": {run: previewNotices},
	"menu push":       {run: pushMenu},
	"qr":              {words: 1, run: printCodes, flags: codeFlags},
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
	flags.StringVar(&p.config, "config", "config.yaml", "")
	if cmd.flags != nil {
		cmd.flags(flags, &opts)
	}
	var err error
	if opts.args, err = parseMixed(flags, rest); err != nil || len(opts.args) != cmd.words {
		p.print(p.err, "usage", nil)
		return 2
	}
	cfg, err := app.LoadConfig(p.config)
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
		case name == "" && slices.Contains([]string{"roster", "staff", "notices", "menu"}, arg) && i+1 < len(args):
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
