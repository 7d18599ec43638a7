package storage_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func openBucket(t *testing.T, tweak func(*storage.BlobsConfig)) (storage.Blobs, *storagetest.S3) {
	t.Helper()
	s := storagetest.StartS3(t)
	config := s.Config
	if tweak != nil {
		tweak(&config)
	}
	return must(storage.OpenBlobs(config))(t), s
}

func TestBucketThatCannotBeUsedIsOneLineThatSaysWhy(t *testing.T) {
	for name, tt := range map[string]struct {
		config func(*storage.BlobsConfig)
		server func(*storagetest.S3)
		want   string
	}{
		"all is well":         {want: ""},
		"a missing bucket":    {config: func(c *storage.BlobsConfig) { c.Bucket = "not-there" }, want: `bucket: "not-there" does not exist`},
		"an unknown key":      {config: func(c *storage.BlobsConfig) { c.AccessKey = "AKIAOTHER" }, want: "access_key: http://127.0.0.1"},
		"a wrong secret":      {config: func(c *storage.BlobsConfig) { c.SecretKey = "s3cret-wrong" }, want: "refuses access_key or secret_key (SignatureDoesNotMatch)"},
		"nobody there":        {config: func(c *storage.BlobsConfig) { c.Endpoint = "http://127.0.0.1:1" }, want: "endpoint: no S3 service answers at http://127.0.0.1:1"},
		"TLS to a plain port": {config: func(c *storage.BlobsConfig) { c.Endpoint = strings.Replace(c.Endpoint, "http:", "https:", 1) }, want: "no S3 service answers"},
		"a public bucket":     {server: func(s *storagetest.S3) { s.Publish(t) }, want: `" is public`},
		"a clock far off":     {server: func(s *storagetest.S3) { s.Ahead = 20 * time.Minute }, want: "clock is far from"},
		"a service in trouble": {server: func(s *storagetest.S3) {
			s.Fail(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true })
		}, want: "answers 502"},
		"a key without rights": {server: func(s *storagetest.S3) {
			s.Fail(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPut {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
				return true
			})
		}, want: "does not let this access_key read and write"},
	} {
		t.Run(name, func(t *testing.T) {
			s := storagetest.StartS3(t)
			if s.Real && name == "a clock far off" {
				t.Skip("the clock of a real service stays as it is")
			}
			config := s.Config
			if tt.config != nil {
				tt.config(&config)
			}
			if tt.server != nil {
				tt.server(s)
			}
			where, err := config.Check(t.Context())
			if tt.want == "" {
				ok(t, err)
				same(t, where, s.URL+"/"+s.Config.Bucket)
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error is %v, want one line with %q and no secret", err, tt.want)
			}
		})
	}
}

func TestFaultsOfTheServiceThatPassAreNotNoticed(t *testing.T) {
	b, s := openBucket(t, nil)
	var requests atomic.Int32
	s.Fail(func(w http.ResponseWriter, r *http.Request) bool {
		switch requests.Add(1) % 3 {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2: // the connection breaks in the middle of the answer
			if r.Method == http.MethodGet {
				w.Header().Set("Content-Length", "1000")
				w.Write([]byte("half"))
			}
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				conn.Close()
			}
		default:
			return false
		}
		return true
	})
	data := bytes.Repeat([]byte("x"), 100_000)
	key := storage.BlobKey(1, "a", "copy")
	ok(t, b.Put(t.Context(), key, data))
	if got := must(b.Get(t.Context(), key))(t); !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back", len(got))
	}
	var seen []string
	ok(t, b.Each(t.Context(), func(key string, _ time.Time) error { seen = append(seen, key); return nil }))
	same(t, seen, []string{key})
	ok(t, b.Delete(t.Context(), key))
	_, err := b.Get(t.Context(), key)
	is(t, err, intake.ErrNotFound)
}

func TestAServiceThatStaysSilentIsGivenUpInTime(t *testing.T) {
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t) // takes connections and never answers
	defer ln.Close()
	s := storagetest.StartS3(t)
	config := s.Config
	config.Endpoint, config.Timeout = "http://"+ln.Addr().String(), 300*time.Millisecond
	b := must(storage.OpenBlobs(config))(t)
	began := time.Now()
	err := b.Put(t.Context(), storage.BlobKey(1, "a", "copy"), []byte("x"))
	if took := time.Since(began); err == nil || took > 15*time.Second {
		t.Errorf("error is %v after %v", err, took)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Get(ended, storage.BlobKey(1, "a", "copy"))
	is(t, err, context.Canceled)
}

func TestObjectsAreEncryptedByTheServiceAsAsked(t *testing.T) {
	for _, tt := range []struct{ sse, key string }{{"", ""}, {"AES256", ""}, {"aws:kms", ""}, {"aws:kms", "key-1"}} {
		b, s := openBucket(t, func(c *storage.BlobsConfig) { c.SSE, c.SSEKey = tt.sse, tt.key })
		ok(t, b.Put(t.Context(), storage.BlobKey(1, "a", "copy"), []byte("x")))
		put := s.LastPut()
		same(t, put.Get("X-Amz-Server-Side-Encryption"), tt.sse)
		same(t, put.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"), tt.key)
		if put.Get("Content-Md5") == "" || len(put.Get("X-Amz-Content-Sha256")) != 64 {
			t.Error("the service was not told a hash of the bytes")
		}
	}
}

func TestSeveralInstallationsShareABucketByPrefix(t *testing.T) {
	ctx := t.Context()
	s := storagetest.StartS3(t)
	key := storage.BlobKey(1, "a", "copy")
	prefixes := []string{"", "beijing", "/tianjin/2026/"}
	for _, prefix := range prefixes {
		config := s.Config
		config.Prefix = prefix
		b := must(storage.OpenBlobs(config))(t)
		ok(t, b.Put(ctx, key, []byte(prefix)))
		ok(t, b.Ping(ctx))
	}
	for _, prefix := range prefixes {
		config := s.Config
		config.Prefix = prefix
		b := must(storage.OpenBlobs(config))(t)
		same(t, string(must(b.Get(ctx, key))(t)), prefix)
		var seen []string
		ok(t, b.Each(ctx, func(key string, _ time.Time) error { seen = append(seen, key); return nil }))
		same(t, seen, []string{key})
	}
}

func TestALongListIsReadWholeAcrossPages(t *testing.T) {
	b, _ := openBucket(t, nil)
	const n = 1100 // a page has 1,000
	for i := range n {
		ok(t, b.Put(t.Context(), storage.BlobKey(int64(i), "a", "thumb"), nil))
	}
	seen := map[string]bool{}
	ok(t, b.Each(t.Context(), func(key string, _ time.Time) error { seen[key] = true; return nil }))
	same(t, len(seen), n)
}

func TestPingProvesWritingAndNoticesWhenTheBucketIsGone(t *testing.T) {
	b, s := openBucket(t, nil)
	ok(t, b.Ping(t.Context()))
	ok(t, b.Ping(t.Context()))
	defer storagetest.BlobsAway(t, s.Config)()
	if err := b.Ping(t.Context()); err == nil {
		t.Error("a service that is gone answers")
	}
}

func TestWrongS3SectionsAreToldByKey(t *testing.T) {
	good := storage.BlobsConfig{Driver: "s3", Endpoint: "https://s3.example.cn", Bucket: "photos", AccessKey: "a", SecretKey: "b"}
	ok(t, good.Validate())
	for want, change := range map[string]func(*storage.BlobsConfig){
		"driver:":     func(c *storage.BlobsConfig) { c.Driver = "ftp" },
		"endpoint:":   func(c *storage.BlobsConfig) { c.Endpoint = "s3.example.cn" },
		"bucket:":     func(c *storage.BlobsConfig) { c.Bucket = "Not A Bucket" },
		"prefix:":     func(c *storage.BlobsConfig) { c.Prefix = "../up" },
		"access_key:": func(c *storage.BlobsConfig) { c.SecretKey = "" },
		"path_style:": func(c *storage.BlobsConfig) { c.Endpoint = "https://10.0.0.1:9000" },
		"sse:":        func(c *storage.BlobsConfig) { c.SSE = "rot13" },
		"sse_key:":    func(c *storage.BlobsConfig) { c.SSEKey = "k" },
		"timeout:":    func(c *storage.BlobsConfig) { c.Timeout = -1 },
	} {
		config := good
		change(&config)
		if err := config.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error is %v, want one about %s", err, want)
		}
	}
}
