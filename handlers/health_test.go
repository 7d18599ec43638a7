package handlers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestReadinessTellsWhyWithoutNames(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3)}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("database: %w", dial), "refuses the connection"},
		{fmt.Errorf("ping 10.1.2.3: %w", context.DeadlineExceeded), "no answer within 2s"},
		{fmt.Errorf("write /srv/photos/x: %w", syscall.ENOSPC), "no space left"},
		{fmt.Errorf("open /srv/photos/x: %w", os.ErrPermission), "may not be written"},
		{fmt.Errorf("inbox: %w", plain("3 messages wait, the oldest for 1m5s")), "3 messages wait, the oldest for 1m5s"},
		{errors.New("Access denied for user 'root'@'10.1.2.3'"), "does not answer; see the log"},
	} {
		got := why(tt.err)
		if got != tt.want || strings.Contains(got, "10.1.2.3") || strings.Contains(got, "srv") {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}
