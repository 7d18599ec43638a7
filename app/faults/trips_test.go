package faults

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"cailiao/app"
)

// counter stands between the program and the database and keeps every statement it is sent.
type counter struct {
	mu         sync.Mutex
	statements []string
}

func (c *counter) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.statements
	c.statements = nil
	return all
}

// between listens in front of a server; each packet of the client that begins a command counts, before the server has it:
// afterwards the reply may be quicker than the count.
func (c *counter) between(t *testing.T, server string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			go func() { io.Copy(client, upstream); client.Close() }()
			go func() { io.Copy(io.MultiWriter(c, upstream), client); upstream.Close() }()
		}
	}()
	return ln.Addr().String()
}

// Write sees what the client sends: three bytes of length, a sequence number that is 0 for a command, and its kind,
// 3 for a statement. What the program sends fits into one packet each.
func (c *counter) Write(b []byte) (int, error) {
	if len(b) > 5 && b[3] == 0 && b[4] == 3 {
		c.mu.Lock()
		c.statements = append(c.statements, string(bytes.Join(bytes.Fields(b[5:min(len(b), 150)]), []byte(" "))))
		c.mu.Unlock()
	}
	return len(b), nil
}

// TestRoundTripsOfATextTurn counts what a single text costs on the way to the database. Each trip has its reason:
//
//	1  record the message        before it is acknowledged, and before anything else is known
//	2  what is unfinished        if nothing else of the person is, nobody is at anything of theirs; with it the talk, and which
//	                             state of the case this is
//	3  the message is done, its reply given
//
// The case takes three more (candidate with submission, items, photos), unless it was read for a message a moment ago and has
// not changed since. What a turn changes it writes between a begin and a commit: the effect and the end of the message are
// one. Under load all of them are shared by all who come at the same time.
func TestRoundTripsOfATextTurn(t *testing.T) {
	if os.Getenv("CAILIAO_TEST_MYSQL") == "" {
		t.Skip("the embedded database is no trip away")
	}
	w := openWorld(t, "mysql", 2)
	config, err := mysql.ParseDSN(w.settings.Database.DSN)
	if err != nil {
		t.Fatal(err)
	}
	var c counter
	config.Addr = c.between(t, config.Addr)
	w.settings.Database.DSN = config.FormatDSN()
	program := w.start(w.settings, app.Options{})
	say := func() {
		l := w.text(w.person(0), "进度")
		if w.post(l, func() string { return program.url }); !l.reply {
			t.Fatal("no reply")
		}
	}
	say() // opens connections
	best := 1 << 10
	var statements []string
	for range 5 { // the loops ask now and then, too
		c.take()
		say()
		if s := c.take(); len(s) < best {
			best, statements = len(s), s
		}
	}
	if best != 3 {
		t.Errorf("%d round trips, want 3:", best)
		for _, s := range statements {
			t.Log(s)
		}
	}
}
