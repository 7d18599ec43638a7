package storage_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// refused fails the test unless err is one line with want in it.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is %v, want one line with %q", err, want)
	}
}

func TestADatabaseServerIsBelievedByItsCertificate(t *testing.T) {
	if testing.Short() {
		t.Skip("a database server of its own takes its time")
	}
	good, other := storagetest.MakeCertificates(t), storagetest.MakeCertificates(t)
	server := storagetest.StartMariaDB(t, "--ssl-ca="+good.CA, "--ssl-cert="+good.Cert, "--ssl-key="+good.Key, "--require-secure-transport=ON")
	open := func(tls storage.TLSConfig, dsn string) (*storage.DB, error) {
		return storage.Open(t.Context(), storage.Config{Driver: "mysql", DSN: dsn, TLS: tls, MaxOpen: 4})
	}
	first, err := open(storage.TLSConfig{Use: true, CA: good.CA}, server.DSN+"mysql")
	ok(t, err)
	defer first.Close()
	_, err = first.Pool().Exec("CREATE DATABASE cailiao")
	ok(t, err)
	db, err := open(storage.TLSConfig{Use: true, CA: good.CA, Cert: good.Cert, Key: good.Key}, server.DSN+"cailiao")
	ok(t, err)
	defer db.Close()
	ok(t, db.Migrate(t.Context()))
	ok(t, db.ProveWritable(t.Context()))
	var name, cipher string
	ok(t, db.Pool().QueryRow("SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher))
	if cipher == "" {
		t.Error("the connection is not encrypted")
	}
	_, err = open(storage.TLSConfig{Use: true, CA: other.CA}, server.DSN+"cailiao")
	refused(t, err, "signed by an authority that tls.ca (or the machine) does not know")
	_, err = open(storage.TLSConfig{Use: true, CA: good.CA, Name: "db.example.cn"}, server.DSN+"cailiao")
	refused(t, err, "certificate is for another name")

	_, err = first.Pool().Exec("SET GLOBAL read_only = 1")
	ok(t, err)
	_, err = open(storage.TLSConfig{Use: true, CA: good.CA}, server.DSN+"cailiao")
	refused(t, err, "the server is read-only")
	_, err = first.Pool().Exec("SET GLOBAL read_only = 0")
	ok(t, err)

	ok(t, server.Process.Kill())
	if err := db.Ping(t.Context()); err == nil {
		t.Error("a server that was killed answers")
	}
}

func TestADatabaseThatMayOnlyBeReadIsRefused(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		if config.Driver != "mysql" {
			return // a file: see TestReadOnlyFileIsRefused
		}
		db, err := storage.Open(t.Context(), config)
		ok(t, err)
		defer db.Close()
		ok(t, db.Migrate(t.Context()))
		ok(t, db.ProveWritable(t.Context()))
		same(t, must(db.TableCounts(t.Context()))(t)["events"], 0)
		name := config.DSN[strings.LastIndex(config.DSN, "/")+1:]
		name, _, _ = strings.Cut(name, "?")
		user := "reader_" + name[len(name)-8:]
		for _, query := range []string{
			"CREATE USER " + user + "@'%' IDENTIFIED BY 'only-reading'", "GRANT SELECT ON " + name + ".* TO " + user + "@'%'",
		} {
			_, err := db.Pool().Exec(query)
			ok(t, err)
		}
		defer db.Pool().Exec("DROP USER " + user + "@'%'")
		config.DSN = user + ":only-reading@" + config.DSN[strings.Index(config.DSN, "@")+1:]
		reader, err := storage.Open(t.Context(), config)
		ok(t, err)
		defer reader.Close()
		for what, err := range map[string]error{"migrate": reader.Migrate(t.Context()), "prove": reader.ProveWritable(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "GRANT ALL on this database is needed") || strings.Contains(err.Error(), "only-reading") {
				t.Errorf("%s: error is %v", what, err)
			}
		}
	})
}

func TestAnOldServerIsToldByItsVersion(t *testing.T) {
	addr := storagetest.StartOldMySQL(t)
	_, err := storage.Open(t.Context(), storage.Config{Driver: "mysql", DSN: "root@tcp(" + addr + ")/cailiao"})
	refused(t, err, "the server is too old: 5.7.44-log, at least MySQL 8.0 is needed")
	_, err = storage.Open(t.Context(), storage.Config{Driver: "mysql", DSN: "root@tcp(" + addr + ")/cailiao", TLS: storage.TLSConfig{Use: true}})
	refused(t, err, "does not offer TLS")
}

func TestAClockFarOffIsAnError(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		if config.Driver != "mysql" {
			return // the same machine's clock
		}
		for stamp, want := range map[string]string{"": "", "1500000000": "behind this machine's", "4000000000.5": "ahead of this machine's"} {
			config := config
			if stamp != "" {
				config.DSN += "?timestamp=" + stamp // the server's clock, for its sessions
			}
			db, err := storage.Open(t.Context(), config)
			ok(t, err)
			defer db.Close()
			clock := must(db.Clock(t.Context(), nil))(t)
			if want == "" {
				ok(t, clock.Check())
				continue
			}
			refused(t, clock.Check(), want)
		}
	})
}

func TestRedisIsBelievedByItsCertificate(t *testing.T) {
	good, other := storagetest.MakeCertificates(t), storagetest.MakeCertificates(t)
	addr := storagetest.StartRedisTLS(t, good)
	r := must(storage.OpenRedis(t.Context(), storage.RedisConfig{
		Addr: addr, TLS: storage.TLSConfig{Use: true, CA: good.CA, Cert: good.Cert, Key: good.Key},
	}, nil))(t)
	ok(t, r.Set(t.Context(), "k", "v", 0))
	ok(t, r.Close())
	_, err := storage.OpenRedis(t.Context(), storage.RedisConfig{Addr: addr, TLS: storage.TLSConfig{Use: true, CA: other.CA}}, nil)
	refused(t, err, "is not believed: its certificate is signed by an authority")
}

func TestAnS3ServiceIsBelievedByItsCertificate(t *testing.T) {
	s := storagetest.StartS3(t)
	to := must(url.Parse(s.URL))(t)
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host // the host that was signed stays
	}})
	defer front.Close()
	config := s.Config
	config.Endpoint = front.URL
	_, err := config.Check(t.Context())
	refused(t, err, "is not believed: its certificate is signed by an authority")
	config.TLS.CA = storagetest.WritePEM(t, front.Certificate().Raw)
	must(config.Check(t.Context()))(t)
	config.TLS.Name = "s3.example.cn"
	_, err = config.Check(t.Context())
	refused(t, err, "certificate is for another name")
}
