package storage

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"cailiao/intake"
)

// s3Blobs keeps each blob as an object of a bucket that is ours alone, below a prefix.
type s3Blobs struct {
	core   *minio.Core
	config BlobsConfig

	proving sync.Mutex // one proof at a time: they share their object
	proof   string     // its name
	proved  time.Time  // when writing was last proved
}

// Bounds of one call. The whole of it, with its tries, takes BlobsConfig.Timeout at most.
const (
	s3Tries   = 3
	s3Pause   = 100 * time.Millisecond // doubled each time, with jitter
	s3Dial    = 3 * time.Second
	s3Header  = 5 * time.Second // until the server begins to answer
	s3Timeout = 15 * time.Second
	s3Proof   = time.Minute // how long a proof of writing holds; in between it is enough that the bucket answers
)

func (c BlobsConfig) validateS3() error {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" {
		return misset("endpoint", "https://host of the S3 service expected, without bucket or path")
	}
	switch {
	case !bucketName.MatchString(c.Bucket):
		return misset("bucket", "the bucket's name expected: 3 to 63 small letters, digits, dots and hyphens")
	case c.Prefix != "" && !bucketPrefix.MatchString(c.Prefix):
		return misset("prefix", "such as cailiao/photos expected: letters, digits, _ . - and / in between")
	case c.AccessKey == "" || c.SecretKey == "":
		return misset("access_key", "access_key and secret_key expected; the secret may stand in CAILIAO_BLOBS_SECRET_KEY")
	case !c.PathStyle && net.ParseIP(u.Hostname()) != nil:
		return misset("path_style", "true expected: a bucket cannot be a host name before an IP address")
	case c.Timeout < 0:
		return misset("timeout", "a time such as 15s expected")
	case u.Scheme == "http" && c.TLS != (TLSConfig{}):
		return misset("endpoint", "https:// expected: tls is of no use without")
	}
	_, err = c.encryption()
	return err
}

// encryption is what the service shall do to objects before it writes them.
func (c BlobsConfig) encryption() (encrypt.ServerSide, error) {
	switch {
	case c.SSE != "aws:kms" && c.SSEKey != "":
		return nil, misset("sse_key", "only with sse: aws:kms")
	case c.SSE == "":
		return nil, nil
	case c.SSE == "AES256":
		return encrypt.NewSSE(), nil
	case c.SSE == "aws:kms":
		return encrypt.NewSSEKMS(c.SSEKey, nil)
	}
	return nil, misset("sse", fmt.Sprintf(`"", "AES256" or "aws:kms" expected, not %q`, c.SSE))
}

func openS3(c BlobsConfig) (*s3Blobs, error) {
	c.Prefix = strings.Trim(c.Prefix, "/")
	if c.Prefix != "" {
		c.Prefix += "/"
	}
	c.Timeout = orDefault(c.Timeout, s3Timeout)
	core, err := c.dial(credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""))
	if err != nil {
		return nil, err
	}
	return &s3Blobs{core: core, config: c, proof: c.Prefix + ".ping-" + rand.Text()}, nil
}

// dial makes a client; nothing is sent yet. Tries are ours: the library's would outlast ctx.
func (c BlobsConfig) dial(who *credentials.Credentials) (*minio.Core, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, err
	}
	secure := u.Scheme == "https"
	safe := c.TLS
	safe.Use = secure
	tls, err := safe.open()
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupDNS
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	region := c.Region
	if region == "" {
		region = "us-east-1" // what services without regions call theirs
	}
	return minio.NewCore(u.Host, &minio.Options{
		Creds: who, Secure: secure, Region: region, BucketLookup: lookup, MaxRetries: 1,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: s3Dial}).DialContext,
			TLSHandshakeTimeout:   s3Dial,
			TLSClientConfig:       tls,
			ResponseHeaderTimeout: s3Header,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       time.Minute,
			DisableCompression:    true,
		},
	})
}

func (s *s3Blobs) Put(ctx context.Context, key string, data []byte) error {
	if err := checkKey(ctx, key); err != nil {
		return err
	}
	return within("put blob", s.put(ctx, s.config.Prefix+key, data))
}

// put sends the bytes under their own hash, which the service holds against what arrives.
func (s *s3Blobs) put(ctx context.Context, name string, data []byte) error {
	encryption, err := s.config.encryption()
	if err != nil {
		return err
	}
	sha, md := sha256.Sum256(data), md5.Sum(data)
	options := minio.PutObjectOptions{
		ContentType: "application/octet-stream", ServerSideEncryption: encryption,
		DisableContentSha256: true, // of chunks: not every service knows that way
	}
	return s.try(ctx, func(ctx context.Context) error {
		_, err := s.core.PutObject(ctx, s.config.Bucket, name, bytes.NewReader(data), int64(len(data)),
			base64.StdEncoding.EncodeToString(md[:]), hex.EncodeToString(sha[:]), options)
		return err
	})
}

func (s *s3Blobs) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkKey(ctx, key); err != nil {
		return nil, err
	}
	data, err := s.get(ctx, s.core, s.config.Prefix+key)
	return data, within("get blob", err)
}

func (s *s3Blobs) get(ctx context.Context, core *minio.Core, name string) (data []byte, err error) {
	err = s.try(ctx, func(ctx context.Context) error {
		body, _, _, err := core.GetObject(ctx, s.config.Bucket, name, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		defer body.Close()
		data, err = io.ReadAll(body)
		return err
	})
	return data, err
}

func (s *s3Blobs) Delete(ctx context.Context, key string) error {
	if err := checkKey(ctx, key); err != nil {
		return err
	}
	return within("delete blob", s.remove(ctx, s.config.Prefix+key))
}

func (s *s3Blobs) remove(ctx context.Context, name string) error {
	err := s.try(ctx, func(ctx context.Context) error {
		return s.core.RemoveObject(ctx, s.config.Bucket, name, minio.RemoveObjectOptions{})
	})
	if errors.Is(err, intake.ErrNotFound) {
		return nil
	}
	return err
}

// Each reads the list page by page; after a fault it goes on behind the last key told.
func (s *s3Blobs) Each(ctx context.Context, do func(key string, stored time.Time) error) error {
	last := ""
	for failures := 0; ; {
		told, err := s.eachAfter(ctx, last, do)
		if told != "" {
			last, failures = told, 0
		}
		failures++
		if err == nil || failures == s3Tries || !s.passing(ctx, err) {
			return within("list blobs", s.explain(err))
		}
		if err := pauseFor(ctx, s3Pause<<failures); err != nil {
			return fmt.Errorf("list blobs: %w", err)
		}
	}
}

func (s *s3Blobs) eachAfter(ctx context.Context, last string, do func(key string, stored time.Time) error) (told string, err error) {
	listing, stop := context.WithCancel(ctx)
	defer stop()
	for object := range s.core.ListObjectsIter(listing, s.config.Bucket, minio.ListObjectsOptions{
		Prefix: s.config.Prefix, Recursive: true, StartAfter: last,
	}) {
		if object.Err != nil {
			return told, object.Err
		}
		if err := ctx.Err(); err != nil {
			return told, err
		}
		key := strings.TrimPrefix(object.Key, s.config.Prefix)
		if !blobKey.MatchString(key) {
			continue
		}
		if err := do(key, object.LastModified); err != nil {
			return told, stopped{err}
		}
		told = object.Key
	}
	return told, ctx.Err()
}

// stopped is the end of a list because the caller wanted it.
type stopped struct{ error }

func (s stopped) Unwrap() error { return s.error }

// Ping writes, reads and deletes; for a minute after that went well, the bucket's answer will do.
func (s *s3Blobs) Ping(ctx context.Context) error {
	s.proving.Lock()
	defer s.proving.Unlock()
	if time.Since(s.proved) < s3Proof {
		return within("blobs", s.try(ctx, func(ctx context.Context) error {
			there, err := s.core.BucketExists(ctx, s.config.Bucket)
			if err == nil && !there {
				return minio.ErrorResponse{Code: minio.NoSuchBucket, StatusCode: http.StatusNotFound}
			}
			return err
		}))
	}
	err := s.prove(ctx, func() error { return nil })
	if err == nil {
		s.proved = time.Now()
	}
	return within("blobs", err)
}

// prove writes and deletes an object; what else is to be known of it is asked in between.
func (s *s3Blobs) prove(ctx context.Context, ask func() error) error {
	proof := []byte("ping " + rand.Text())
	if err := s.put(ctx, s.proof, proof); err != nil {
		return err
	}
	data, err := s.get(ctx, s.core, s.proof)
	if err == nil && !bytes.Equal(data, proof) {
		err = fmt.Errorf("%s gives back other bytes than it was given", s.config.Endpoint)
	}
	if err == nil {
		err = ask()
	}
	return errors.Join(err, s.remove(ctx, s.proof))
}

// checkPrivate proves that blobs can be written, and that strangers cannot read them.
func (s *s3Blobs) checkPrivate(ctx context.Context) error {
	stranger, err := s.config.dial(credentials.NewStaticV4("", "", ""))
	if err != nil {
		return err
	}
	s.proving.Lock()
	defer s.proving.Unlock()
	return s.prove(ctx, func() error {
		if _, err := s.get(ctx, stranger, s.proof); err == nil {
			return fmt.Errorf("bucket %q is public: everybody can read it without a key; make it private", s.config.Bucket)
		}
		return nil
	})
}

// try calls until it works, a few times, as long as the fault is one that may pass.
func (s *s3Blobs) try(ctx context.Context, call func(context.Context) error) error {
	trying, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	for n := 1; ; n++ {
		err := call(trying)
		if err == nil || n == s3Tries || !s.passing(trying, err) || pauseFor(trying, s3Pause<<n) != nil {
			return s.explain(err)
		}
	}
}

func pauseFor(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause/2 + mathrand.N(pause/2)):
		return nil
	}
}

// passing says whether the same call may work a moment later.
func (s *s3Blobs) passing(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.As(err, new(stopped)) || distrust(err) != "" {
		return false
	}
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) || answer.StatusCode == 0 {
		return true // the connection
	}
	return answer.StatusCode >= 500 || answer.StatusCode == http.StatusRequestTimeout || answer.StatusCode == http.StatusTooManyRequests
}

// explain turns what the service says into one line that says what to mend.
func (s *s3Blobs) explain(err error) error {
	if end := new(stopped); errors.As(err, end) {
		return end.error
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	c := s.config
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		if why := distrust(err); why != "" {
			return fmt.Errorf("endpoint: %s is not believed: %s", c.Endpoint, why)
		}
		return fmt.Errorf("endpoint: no S3 service answers at %s: %w", c.Endpoint, err)
	}
	switch answer.Code {
	case minio.NoSuchKey:
		return intake.ErrNotFound
	case minio.NoSuchBucket:
		return fmt.Errorf("bucket: %q does not exist at %s", c.Bucket, c.Endpoint)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity":
		return fmt.Errorf("access_key: %s refuses access_key or secret_key (%s)", c.Endpoint, answer.Code)
	case minio.AccessDenied:
		return fmt.Errorf("bucket: %s does not let this access_key read and write bucket %q", c.Endpoint, c.Bucket)
	case "RequestTimeTooSkewed":
		return fmt.Errorf("endpoint: this machine's clock is far from that of %s: let NTP set it", c.Endpoint)
	}
	if answer.Code == "" {
		answer.Code = http.StatusText(answer.StatusCode)
	}
	return fmt.Errorf("endpoint: %s answers %d %s", c.Endpoint, answer.StatusCode, answer.Code)
}
