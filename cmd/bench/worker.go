package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// worker is a server under measurement: a process of its own, so that its time and memory can be told from the
// generator's. It says its address on file descriptor 3, and what it has used for every line it reads on standard
// input; when that ends, it stops.
type worker struct {
	url  string
	cmd  *exec.Cmd
	in   io.WriteCloser
	said *bufio.Reader
}

// spent is what a worker has used so far.
type spent struct {
	CPU int64 `json:"cpu"` // microseconds, user and system
	RSS int64 `json:"rss"` // bytes at its peak
}

// hire starts a worker and waits until it listens.
func hire(ctx context.Context, path string, args ...string) (*worker, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w := &worker{cmd: exec.CommandContext(ctx, path, args...), said: bufio.NewReader(read)}
	w.cmd.ExtraFiles, w.cmd.Stderr = []*os.File{write}, os.Stderr
	if w.in, err = w.cmd.StdinPipe(); err == nil {
		err = w.cmd.Start()
	}
	write.Close()
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	line, err := w.said.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", strings.Join(append([]string{path}, args[:1]...), " "), err), w.leave())
	}
	w.url = strings.TrimSpace(line)
	return w, nil
}

// hireSelf starts this program as another.
func hireSelf(ctx context.Context, args ...string) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return hire(ctx, self, args...)
}

func (w *worker) usage() (u spent, err error) {
	if _, err := io.WriteString(w.in, "\n"); err != nil {
		return u, err
	}
	line, err := w.said.ReadBytes('\n')
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(line, &u)
}

// leave lets the worker finish, and tells when it did not end well.
func (w *worker) leave() error {
	w.in.Close()
	return w.cmd.Wait()
}

// report is the worker's own side: it says its address, then what this process has used whenever it is asked,
// and returns when nobody asks any more.
func report(ln net.Listener) error {
	out := os.NewFile(3, "report")
	if _, err := fmt.Fprintf(out, "http://%s\n", ln.Addr()); err != nil {
		return err
	}
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			return err
		}
		cpu := time.Duration(r.Utime.Nano() + r.Stime.Nano())
		if err := json.NewEncoder(out).Encode(spent{CPU: cpu.Microseconds(), RSS: peak()}); err != nil {
			return err
		}
	}
	return nil
}

// peak is this process's largest resident size. Not rusage's: that counts what stood here before exec.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kb int64
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
