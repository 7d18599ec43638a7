package storagetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// MariaDB is a server of a test's own, which may be set read-only or killed.
type MariaDB struct {
	DSN     string // of root, without a database
	Process *os.Process
}

// StartMariaDB starts an empty one; args are further options of the server.
func StartMariaDB(t testing.TB, args ...string) *MariaDB {
	t.Helper()
	dir := t.TempDir()
	install := exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+dir, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	port := freePort(t)
	cmd := exec.Command("mariadbd", append([]string{
		"--no-defaults", "--user=root", "--datadir=" + dir, "--socket=" + filepath.Join(dir, "s"), "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port),
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--performance-schema=OFF", "--skip-log-bin", "--skip-name-resolve",
	}, args...)...)
	if os.Getuid() != 0 {
		cmd.Args = append(cmd.Args[:2], cmd.Args[3:]...)
	}
	server := &MariaDB{DSN: fmt.Sprintf("root@tcp(127.0.0.1:%d)/", port), Process: start(t, cmd)}
	pool, err := sql.Open("mysql", server.DSN+"?tls=preferred")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	await(t, "mariadbd to answer", func(ctx context.Context) bool { return pool.PingContext(ctx) == nil })
	return server
}

// start runs a server that ends with the test, or with the process should that be killed.
func start(t testing.TB, cmd *exec.Cmd) *os.Process {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the kernel watches the thread that started it
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("%s: %v", cmd.Path, err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	return cmd.Process
}

func await(t testing.TB, what string, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		if is(ctx) {
			return
		}
	}
	t.Fatalf("waited 30 s for %s", what)
}

func awaitListener(t testing.TB, server, addr string) {
	t.Helper()
	await(t, server+" to listen", func(ctx context.Context) bool {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// freePort is one nobody listens on, below the range that outgoing connections take theirs from.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(12000))
		if err != nil {
			t.Fatal(err)
		}
		port := 20000 + int(n.Int64())
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no free port found")
	return 0
}

// Certificates are the PEM files of an authority and of a server at 127.0.0.1 that it vouches for.
type Certificates struct{ CA, Cert, Key string }

// MakeCertificates makes an authority of its own.
func MakeCertificates(t testing.TB) Certificates {
	t.Helper()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of tests"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server of tests"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var c Certificates
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	c.CA = WritePEM(t, der)
	der, err = x509.CreateCertificate(rand.Reader, server, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	c.Cert = WritePEM(t, der)
	der, err = x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c.Key = writePEM(t, "EC PRIVATE KEY", der)
	return c
}

// WritePEM makes a file of a certificate.
func WritePEM(t testing.TB, der []byte) (path string) {
	t.Helper()
	return writePEM(t, "CERTIFICATE", der)
}

func writePEM(t testing.TB, kind string, der []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
