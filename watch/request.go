// Package watch is what is seen of the program from outside: its metrics, and in every log line the request it
// belongs to.
package watch

import (
	"context"
	"crypto/rand"
	"log/slog"
)

type requestKey struct{}

// NewRequest gives ctx a request id that nobody else has.
func NewRequest(ctx context.Context) context.Context { return WithRequest(ctx, rand.Text()[:12]) }

// WithRequest gives ctx a known request id; an empty one changes nothing.
func WithRequest(ctx context.Context, id string) context.Context {
	if id == "" {
		return ctx
	}
	return context.WithValue(ctx, requestKey{}, id)
}

// Request is the id of the request that ctx belongs to; empty: none.
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// Log adds the request id to every line written with its context.
func Log(h slog.Handler) *slog.Logger { return slog.New(handler{h}) }

type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := Request(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
