package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/watch/watchtest"
)

const childEnv = "CAILIAO_FAULTS_CHILD"

// child is an instance in a process of its own, which can be killed.
func child(text string) error {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := s.open(ctx, app.Options{Log: log})
	if err != nil {
		return err
	}
	defer a.Close()
	if s.Step != "" {
		a.Bot.Step = func(step string) {
			if step == s.Step {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // the signal is on its way
			}
		}
	}
	ln, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return err
	}
	if s.Files > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: s.Files, Max: s.Files}); err != nil {
			return err
		}
	}
	fmt.Println("listening")
	return a.Serve(ctx, ln)
}

// process is a child seen from outside.
type process struct {
	cmd  *exec.Cmd
	url  string
	gone chan struct{}
	dead atomic.Bool
}

func startChild(t *testing.T, s settings) *process {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0], "-test.run=^$"), url: "http://" + s.Listen, gone: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	p.cmd.Stderr = io.MultiWriter(os.Stderr, watchtest.New(t, true))
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "listening") {
		t.Fatalf("the child does not listen: %q %v", line, errors.Join(err, p.cmd.Wait()))
	}
	go func() {
		p.cmd.Wait() // killed, mostly: that is its error
		p.dead.Store(true)
		close(p.gone)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.gone
	})
	return p
}

// freeAddress is one that nobody listens on, for a child that is started more than once.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// died waits until the process has killed itself.
func (p *process) died(t *testing.T, patience time.Duration) bool {
	t.Helper()
	select {
	case <-p.gone:
		return true
	case <-time.After(patience):
		return false
	}
}
