package storagetest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"

	"cailiao/storage"
)

// S3 is an S3 service over real HTTP with one empty, private bucket: the one that CAILIAO_TEST_S3
// names, else a fake that checks signatures, hashes of bodies and the clock as the real ones do.
type S3 struct {
	Config storage.BlobsConfig // of whoever may use it
	URL    string

	Real  bool          // not the fake
	Ahead time.Duration // the fake's clock

	bucketOf *minio.Core // real: whose bucket it is
	public   bool        // the fake: strangers may read

	mu    sync.Mutex
	fault func(w http.ResponseWriter, r *http.Request) bool
	put   http.Header // of the last PUT
	count func(method string)
}

// StartS3 starts one for the time of the test.
func StartS3(t testing.TB) *S3 {
	t.Helper()
	s := &S3{Config: storage.BlobsConfig{
		Driver: "s3", Bucket: "cailiao-test", Prefix: "photos", AccessKey: "AKIATEST", SecretKey: "a-secret-of-tests", PathStyle: true,
	}}
	var service http.Handler
	if real := os.Getenv("CAILIAO_TEST_S3"); real != "" {
		service = s.realS3(t, real)
	} else {
		backend := s3mem.New()
		service = gofakes3.New(backend, gofakes3.WithTimeSource(s), gofakes3.WithIntegrityCheck(true)).Server()
		if err := backend.CreateBucket(s.Config.Bucket); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, service) }))
	t.Cleanup(server.Close)
	s.URL, s.Config.Endpoint = server.URL, server.URL
	bucketsMu.Lock()
	defer bucketsMu.Unlock()
	buckets[server.URL] = s
	return s
}

// Fail lets f answer requests before the service does, while it returns true; nil: no more.
func (s *S3) Fail(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Count tells f of every request.
func (s *S3) Count(f func(method string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count = f
}

// LastPut are the headers of the last object that was written.
func (s *S3) LastPut() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put
}

// Now is the service's clock.
func (s *S3) Now() time.Time { return time.Now().Add(s.Ahead) }

// Since is the time that passed on it.
func (s *S3) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

func (s *S3) serve(w http.ResponseWriter, r *http.Request, service http.Handler) {
	s.mu.Lock()
	fault := s.fault
	if r.Method == http.MethodPut {
		s.put = r.Header.Clone()
	}
	if s.count != nil {
		s.count(r.Method)
	}
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if code := s.refuses(r, body); code != "" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>refused</Message></Error>", code)
		}
		return
	}
	service.ServeHTTP(w, r)
}

// refuses checks who asks, as the service does before anything else: AWS Signature Version 4.
func (s *S3) refuses(r *http.Request, body []byte) (code string) {
	if s.Real {
		return "" // it sees for itself
	}
	rest, signed := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !signed {
		if s.public && r.Method == http.MethodGet {
			return ""
		}
		return "AccessDenied"
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 || scope[0] != s.Config.AccessKey {
		return "InvalidAccessKeyId"
	}
	hash := r.Header.Get("X-Amz-Content-Sha256")
	if sum := sha256.Sum256(body); len(body) > 0 && hash != hex.EncodeToString(sum[:]) {
		return "XAmzContentSHA256Mismatch"
	}
	key := []byte("AWS4" + s.Config.SecretKey)
	for _, part := range append(slices.Clone(scope[1:]), toSign(r, fields["SignedHeaders"], scope, hash)) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if hex.EncodeToString(key) != fields["Signature"] {
		return "SignatureDoesNotMatch"
	}
	return ""
}

// toSign is the string that is signed last.
func toSign(r *http.Request, signedHeaders string, scope []string, hash string) string {
	var headers strings.Builder
	for name := range strings.SplitSeq(signedHeaders, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		if name == "content-length" {
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	request := strings.Join([]string{r.Method, (&url.URL{Path: r.URL.Path}).EscapedPath(), query, headers.String(), signedHeaders, hash}, "\n")
	sum := sha256.Sum256([]byte(request))
	return strings.Join([]string{
		"AWS4-HMAC-SHA256", r.Header.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(sum[:]),
	}, "\n")
}

// EachBlobs runs f on an empty folder and on an empty bucket, as subtests "disk" and "s3".
func EachBlobs(t *testing.T, f func(t *testing.T, blobs storage.Blobs)) {
	t.Helper()
	for name, engine := range map[string]string{"disk": "sqlite", "s3": "mysql"} {
		t.Run(name, func(t *testing.T) {
			blobs, err := storage.OpenBlobs(BlobStore(t, engine))
			if err != nil {
				t.Fatal(err)
			}
			f(t, blobs)
		})
	}
}

// BlobStore is the empty blob store of a set: a folder for "sqlite", a bucket for "mysql".
func BlobStore(t testing.TB, engine string) storage.BlobsConfig {
	t.Helper()
	if engine == "sqlite" {
		return storage.BlobsConfig{Driver: "disk", Dir: t.TempDir()}
	}
	return StartS3(t).Config
}

var (
	buckets   = map[string]*S3{} // by URL
	bucketsMu sync.Mutex
)

// BlobsAway makes a store of BlobStore unusable for writing until back is called.
func BlobsAway(t testing.TB, config storage.BlobsConfig) (back func()) {
	t.Helper()
	if config.Driver == "s3" {
		bucketsMu.Lock()
		defer bucketsMu.Unlock()
		s := buckets[config.Endpoint]
		s.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "out of order", http.StatusServiceUnavailable)
			return true
		})
		return func() { s.Fail(nil) }
	}
	parts := config.Dir + "/.parts" // where every new blob begins
	if err := os.Rename(parts, parts+".away"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Rename(parts+".away", parts); err != nil {
			t.Fatal(err)
		}
	}
}
