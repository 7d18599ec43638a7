package storagetest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
)

// StartOldMySQL starts a server of version 5.7, as far as a client sees before it uses one.
func StartOldMySQL(t testing.TB) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serveOldMySQL(conn)
			}()
		}
	}()
	return ln.Addr().String()
}

func serveOldMySQL(conn net.Conn) {
	in := bufio.NewReader(conn)
	send := func(sequence byte, payload string) {
		head := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
		head[3] = sequence
		conn.Write(append(head, payload...))
	}
	read := func() string {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return ""
		}
		head[3] = 0
		body := make([]byte, binary.LittleEndian.Uint32(head[:]))
		io.ReadFull(in, body)
		return string(body)
	}
	const fine = "\x00\x00\x00\x02\x00\x00\x00"
	eof := "\xfe\x00\x00\x02\x00"
	send(0, "\x0a5.7.44-log\x00\x01\x00\x00\x0012345678\x00\xff\xf7\x21\x02\x00\x0f\x00\x15"+strings.Repeat("\x00", 10)+"123456789012\x00mysql_native_password\x00")
	read()
	send(2, fine)
	for {
		switch query := read(); {
		case query == "" || query[0] == 1: // quit
			return
		case strings.Contains(query, "VERSION()"):
			send(1, "\x03")
			for i := range 3 {
				send(byte(2+i), "\x03def\x00\x00\x00\x01v\x00\x0c\x2e\x00\xff\x00\x00\x00\xfd\x00\x00\x00\x00\x00")
			}
			send(5, eof)
			send(6, "\x0a5.7.44-log\x010\x010")
			send(7, eof)
		default:
			send(1, fine)
		}
	}
}
