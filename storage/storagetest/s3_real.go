package storagetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// realS3 makes a bucket at the service named http://key:secret@host:port; it is emptied and
// dropped after the test. Requests go through to it as they were signed.
func (s *S3) realS3(t testing.TB, service string) http.Handler {
	t.Helper()
	u, err := url.Parse(service)
	if err != nil || u.User == nil {
		t.Fatal("CAILIAO_TEST_S3: http://key:secret@host:port expected")
	}
	secret, _ := u.User.Password()
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(u.User.Username(), secret, ""), Secure: u.Scheme == "https", BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatalf("CAILIAO_TEST_S3: %v", err)
	}
	s.bucketOf, s.Real = core, true
	s.Config.Bucket = "cailiao-test-" + strings.ToLower(rand.Text())
	s.Config.AccessKey, s.Config.SecretKey = u.User.Username(), secret
	ctx := context.Background()
	if err := core.MakeBucket(ctx, s.Config.Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatalf("CAILIAO_TEST_S3: %v", err)
	}
	t.Cleanup(func() {
		if err := core.RemoveBucketWithOptions(ctx, s.Config.Bucket, minio.RemoveBucketOptions{}); err == nil {
			return
		}
		for object := range core.ListObjectsIter(ctx, s.Config.Bucket, minio.ListObjectsOptions{Recursive: true}) {
			if object.Err == nil {
				core.Client.RemoveObject(ctx, s.Config.Bucket, object.Key, minio.RemoveObjectOptions{})
			}
		}
		if err := core.RemoveBucket(ctx, s.Config.Bucket); err != nil {
			t.Errorf("bucket of the test: %v", err)
		}
	})
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = u.Scheme, u.Host }, // the host that was signed stays
		Transport: &http.Transport{DisableCompression: true},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
}

// Publish lets strangers read the bucket.
func (s *S3) Publish(t testing.TB) {
	t.Helper()
	if !s.Real {
		s.public = true
		return
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::%s/*"]}]}`,
		s.Config.Bucket)
	if err := s.bucketOf.SetBucketPolicy(context.Background(), s.Config.Bucket, policy); err != nil {
		t.Fatalf("CAILIAO_TEST_S3: %v", err)
	}
}
