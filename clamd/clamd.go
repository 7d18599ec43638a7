// Package clamd asks ClamAV's daemon about files before anything else reads them. It speaks the
// daemon's own protocol (man 8 clamd): one command a connection, ended by a zero byte; a file goes
// in chunks, each with its length before it, and the answer is one line, ended by a zero byte.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"
)

// ErrNoAnswer is a scanner that is not there, is silent, or says something else than a verdict.
// Nothing is known about the file; it may be asked about again.
var ErrNoAnswer = errors.New("the virus scanner gives no answer")

// The outcomes Observe is told.
const (
	Clean     = "clean"
	Found     = "found"
	Failed    = "failed"    // no answer: the file waits
	Unscanned = "unscanned" // no answer, and taken all the same, as the configuration says
)

// Client asks one daemon. A nil Client stands for none: nothing is asked, and nothing found.
type Client struct {
	Observe func(outcome string, took time.Duration) // is told of every scan; may be nil
	Log     *slog.Logger                             // nil: silent

	network, address string
	timeout          time.Duration
	pass             bool
}

// Open makes a client; nil when no daemon is configured. It does not connect yet.
func Open(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("clamd: %w", err)
	}
	if c.Address == "" {
		return nil, nil
	}
	if c.Timeout == 0 {
		c.Timeout = patience
	}
	client := &Client{timeout: c.Timeout, pass: c.Unanswered == pass}
	client.network, client.address, _ = c.endpoint()
	return client, nil
}

// Scan asks about a file. found is the name of what is in it, empty when nothing is known against
// it. ErrNoAnswer, unless the configuration lets files pass then.
func (c *Client) Scan(ctx context.Context, file []byte) (found string, err error) {
	if c == nil {
		return "", nil
	}
	began := time.Now() // a duration, not a moment
	found, err = c.scan(ctx, file)
	outcome := Clean
	switch {
	case err != nil && c.pass && ctx.Err() == nil:
		outcome = Unscanned
		c.log().ErrorContext(ctx, "a file is taken without having been scanned", "err", err)
		err = nil
	case err != nil:
		outcome = Failed
	case found != "":
		outcome = Found
	}
	if c.Observe != nil {
		c.Observe(outcome, time.Since(began))
	}
	return found, err
}

// Ready is an error when a file would have to wait now.
func (c *Client) Ready(ctx context.Context) error {
	if c == nil || c.pass {
		return nil
	}
	return c.Ping(ctx)
}

// Ping asks whether the daemon is there.
func (c *Client) Ping(ctx context.Context) error {
	answer, err := c.ask(ctx, "PING", nil)
	if err == nil && answer != "PONG" {
		err = unexpected(answer)
	}
	return err
}

// Try asks what a new installation gets wrong: whether the daemon answers, whether it has
// signatures (it must know EICAR's test file), and whether it takes files of so many bytes. says is
// its version.
func (c *Client) Try(ctx context.Context, largest int) (says string, err error) {
	if err := c.Ping(ctx); err != nil {
		return "", err
	}
	if says, err = c.ask(ctx, "VERSION", nil); err != nil {
		return "", err
	}
	found, err := c.scan(ctx, TestFile())
	if err == nil && found == "" {
		err = errors.New("it answers, but does not know EICAR's test file: it has no signatures; run freshclam")
	}
	if err == nil {
		_, err = c.scan(ctx, make([]byte, largest))
	}
	return plain(says), err
}

// TestFile is EICAR's, which every scanner reports and which does no harm. It is put together here:
// whole, it would have this program itself reported.
func TestFile() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-` + `TEST-FILE!$H+H*`)
}

func (c *Client) scan(ctx context.Context, file []byte) (found string, err error) {
	answer, err := c.ask(ctx, "INSTREAM", func(w *bufio.Writer) { stream(w, file) })
	if err != nil {
		return "", err
	}
	return verdict(answer)
}

// verdict reads the answer about a file. Only "OK" is taken for a yes.
func verdict(answer string) (found string, err error) {
	about, isVerdict := strings.CutPrefix(answer, "stream: ")
	if isVerdict && about == "OK" {
		return "", nil
	}
	if name, ok := strings.CutSuffix(about, " FOUND"); isVerdict && ok && name != "" {
		return plain(name), nil
	}
	if strings.HasPrefix(answer, "INSTREAM size limit exceeded") {
		return "", fmt.Errorf("%w: the file is larger than its StreamMaxLength; set 25M or more in clamd.conf", ErrNoAnswer)
	}
	return "", unexpected(answer)
}

func unexpected(answer string) error {
	return fmt.Errorf("%w: it says %.80q", ErrNoAnswer, answer)
}

// plain makes words from outside fit for a log: short, printable, ASCII.
func plain(words string) string {
	words = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, words)
	return words[:min(len(words), 100)]
}

const chunk = 64 << 10

// stream writes a file the way INSTREAM wants it. Errors stay in the writer.
func stream(w *bufio.Writer, file []byte) {
	for {
		n := min(len(file), chunk)
		w.Write(binary.BigEndian.AppendUint32(w.AvailableBuffer(), uint32(n)))
		if n == 0 {
			return
		}
		w.Write(file[:n])
		file = file[n:]
	}
}

const longest = 4096 // bytes of an answer

// ask sends one command and what belongs to it, and reads the answer.
func (c *Client) ask(ctx context.Context, command string, more func(*bufio.Writer)) (string, error) {
	dialer := net.Dialer{Timeout: c.timeout}
	conn, err := dialer.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	w := bufio.NewWriterSize(conn, chunk+4)
	w.WriteString("z" + command + "\x00")
	if more != nil {
		more(w)
	}
	sent := w.Flush()
	// A daemon that has had enough answers and hangs up before it has read everything. What it says
	// tells more than that nothing more can be sent.
	answer, err := bufio.NewReader(io.LimitReader(conn, longest)).ReadString(0)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoAnswer, errors.Join(sent, err))
	}
	return strings.TrimSuffix(answer, "\x00"), nil
}

func (c *Client) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
