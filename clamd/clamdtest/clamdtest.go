// Package clamdtest plays ClamAV's daemon for tests: its protocol over a real socket, one command a
// connection, and the ways in which it can fail.
package clamdtest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Daemon knows one harmful file by what stands in it.
type Daemon struct {
	URL string // its address, as in the configuration

	mu      sync.Mutex
	how     How
	scanned [][]byte
	asked   []string
}

// How is how it behaves.
type How struct {
	Known  []byte        // what it finds; nil: nothing
	Limit  int           // bytes of a file it takes; 0: any
	Answer string        // in place of every answer, as it stands; a zero byte ends it unless Cut is set
	Cut    bool          // it hangs up after the answer without ending it
	Silent bool          // it reads and never answers
	Deaf   bool          // it hangs up at once
	Slowly time.Duration // between the bytes of an answer
}

// Name is what it calls what it finds.
const Name = "Win.Test.EICAR_HDB-1"

// Start makes a daemon that listens on a socket of the network, "tcp" or "unix".
func Start(t testing.TB, network string, how How) *Daemon {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = t.TempDir() + "/clamd.ctl"
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{URL: network + "://" + ln.Addr().String(), how: how}
	closing := make(chan struct{})
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				gone := make(chan struct{})
				defer close(gone)
				go func() {
					select {
					case <-closing:
						conn.Close()
					case <-gone:
					}
				}()
				d.serve(conn, closing)
			})
		}
	})
	t.Cleanup(func() {
		close(closing)
		ln.Close()
		served.Wait()
	})
	return d
}

// Be changes how it behaves.
func (d *Daemon) Be(how How) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.how = how
}

// Scanned are the files it was sent whole.
func (d *Daemon) Scanned() [][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([][]byte(nil), d.scanned...)
}

// Asked are the commands it was given, in order.
func (d *Daemon) Asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

func (d *Daemon) serve(conn net.Conn, closing <-chan struct{}) {
	d.mu.Lock()
	how := d.how
	d.mu.Unlock()
	if how.Deaf {
		return
	}
	in := bufio.NewReader(conn)
	command, err := in.ReadString(0)
	if err != nil {
		return
	}
	command = strings.TrimSuffix(command, "\x00")
	d.mu.Lock()
	d.asked = append(d.asked, command)
	d.mu.Unlock()
	answer := "UNKNOWN COMMAND"
	switch command {
	case "zPING":
		answer = "PONG"
	case "zVERSION":
		answer = "ClamAV 1.4.6/27800/Wed Nov 25 09:00:00 2026"
	case "zINSTREAM":
		file, err := receive(in, how.Limit)
		if err != nil {
			answer = err.Error()
			break
		}
		answer = "stream: OK"
		if how.Known != nil && bytes.Contains(file, how.Known) {
			answer = "stream: " + Name + " FOUND"
		}
		d.mu.Lock()
		d.scanned = append(d.scanned, file)
		d.mu.Unlock()
	}
	if how.Silent {
		<-closing
		return
	}
	if how.Answer != "" {
		answer = how.Answer
	}
	if !how.Cut {
		answer += "\x00"
	}
	for i := range len(answer) {
		if how.Slowly > 0 {
			time.Sleep(how.Slowly)
		}
		if _, err := conn.Write([]byte{answer[i]}); err != nil {
			return
		}
	}
	if how.Cut {
		return
	}
	io.Copy(io.Discard, in) // as ClamAV 1.4 does: else what is still on its way would wash the answer away
}

// receive reads the chunks of a file; an error is what the daemon says in place of a verdict.
func receive(in io.Reader, limit int) ([]byte, error) {
	var file bytes.Buffer
	for {
		var size uint32
		if err := binary.Read(in, binary.BigEndian, &size); err != nil {
			return nil, errors.New("INSTREAM: Can't read chunk size. ERROR")
		}
		if size == 0 {
			return file.Bytes(), nil
		}
		if limit > 0 && file.Len()+int(size) > limit {
			return nil, errors.New("INSTREAM size limit exceeded. ERROR")
		}
		if _, err := io.CopyN(&file, in, int64(size)); err != nil {
			return nil, errors.New("INSTREAM: Can't read chunk. ERROR")
		}
	}
}
