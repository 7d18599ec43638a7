// Command bench measures what the product's parts cost. Every figure is a ratio to a floor measured
// in the same run on the same machine, because milliseconds do not travel.
//
//	go run ./cmd/bench photo
//	go run ./cmd/bench notices
//	go run ./cmd/bench review -dsn "root@tcp(127.0.0.1:3306)/"
//	go run ./cmd/bench turns
//	go run ./cmd/bench export
//	go run ./cmd/bench audit -dsn "root@tcp(127.0.0.1:3306)/"
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// benches are what can be measured. Names with a dash in front are what a bench starts of itself, to
// be measured from outside. Everything that takes memory is done there: a program started by a
// large one is charged with the size of the one that started it.
var benches = map[string]func(ctx context.Context, args []string) error{
	"notices":     notices,
	"photo":       photo,
	"review":      reviewBench,
	"-photo-draw": drawPhoto,
	"-photo-take": takePhotos,
	"-photo-copy": copyPhoto,
	"-photo-ssim": compare,
	"turns":       turns,
	"-serve":      serve,
	"-echo":       echo,
	"export":      export,
	"audit":       audit,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 || benches[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: bench notices|photo|review|turns|export|audit [-h]")
		os.Exit(2)
	}
	if err := benches[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
