package wechat_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cailiao/wechat"
)

func TestMedia(t *testing.T) {
	const path = "/cgi-bin/media/get"
	jpeg := "\xff\xd8\xff\xe0" + strings.Repeat("pixels", 1000)
	send := func(contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		action wechat.Action
	}{
		{"a picture", send("image/jpeg", jpeg), nil, wechat.None},
		{"without a type", send("", jpeg), nil, wechat.None},
		{"cut off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "90000")
			io.WriteString(w, jpeg)
		}, wechat.ErrTruncated, wechat.Retry},
		{"cut off in chunks", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, jpeg)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, wechat.ErrTruncated, wechat.Retry},
		{"empty", send("image/jpeg", ""), wechat.ErrTruncated, wechat.Retry},
		{"announced too large", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(20<<20+1))
			io.WriteString(w, jpeg)
		}, wechat.ErrMediaTooLarge, wechat.AskAgain},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for range 21 << 4 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, wechat.ErrMediaTooLarge, wechat.AskAgain},
		{"a video's link", send("text/plain", `{"video_url":"http://x"}`), wechat.ErrNotMedia, wechat.AskAgain},
		{"a web page", send("text/html; charset=utf-8", "<html>"), wechat.ErrNotMedia, wechat.AskAgain},
		{"half a JSON", send("application/json", `{"errcode":4`), wechat.ErrNotMedia, wechat.AskAgain},
		{"gone", send("text/plain", `{"errcode":40007,"errmsg":"invalid media_id"}`), &wechat.Error{}, wechat.AskAgain},
		{"gone, called a picture", send("image/jpeg", `{"errcode":40007,"errmsg":"invalid media_id"}`), &wechat.Error{}, wechat.AskAgain},
		{"quota", send("application/json", `{"errcode":45009,"errmsg":"reach max"}`), &wechat.Error{}, wechat.PauseUntilMidnight},
		{"status 502", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(502) }, wechat.ErrOutcomeUnknown, wechat.Retry},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlatform(t)
			p.on(path, c.answer)
			got, err := open(t, p, nil).Media(t.Context(), "M/+1")
			if wechat.ActionFor(err) != c.action {
				t.Errorf("action %q for %v, want %q", wechat.ActionFor(err), err, c.action)
			}
			if refused, ok := c.want.(*wechat.Error); ok {
				if !errors.As(err, &refused) {
					t.Errorf("%v is no answer with an errcode", err)
				}
			} else if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if c.want == nil && string(got.Bytes) != jpeg || c.want != nil && got.Bytes != nil {
				t.Errorf("%d bytes", len(got.Bytes))
			}
		})
	}
}

func TestMediaAsksForTheIDAndSurvivesARefusedToken(t *testing.T) {
	p := newPlatform(t)
	p.valid = 1
	a := open(t, p, newCache())
	if err := a.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Media(t.Context(), ""); !errors.Is(err, wechat.ErrArgument) {
		t.Errorf("no id: %v", err)
	}
	p.on("/cgi-bin/media/get", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("media_id") != "M/+1" {
			t.Errorf("asked for %q", r.URL.RawQuery)
		}
		if r.URL.Query().Get("access_token") == "token-1" {
			p.revoke()
			io.WriteString(w, `{"errcode":42001,"errmsg":"access_token expired"}`)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		io.WriteString(w, "\x89PNG")
	})
	got, err := a.Media(t.Context(), "M/+1")
	if err != nil || string(got.Bytes) != "\x89PNG" || got.ContentType != "image/png" {
		t.Errorf("%q, %v", got.Bytes, err)
	}
}

func TestUploadImage(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, nil)
	p.on("/cgi-bin/media/upload", func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("media")
		if err != nil || r.URL.Query().Get("type") != "image" {
			t.Errorf("%s: %v", r.URL.RawQuery, err)
			return
		}
		content, err := io.ReadAll(file)
		if err != nil || string(content) != "\x89PNG\r\n\x1a\n" || header.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%q %v: %v", content, header.Header, err)
		}
		fmt.Fprintf(w, `{"type":"image","media_id":"id of %s"}`, header.Filename)
	})
	for name, want := range map[string]string{
		"example.png": "example.png", "示例.png": "image.png", "a\"b\r\nc.png": "abc.png", "": "image", "../x.png": "image..x.png",
	} {
		got, err := a.UploadImage(t.Context(), name, []byte("\x89PNG\r\n\x1a\n"))
		if err != nil || got != "id of "+want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := a.UploadImage(t.Context(), "a.png", nil); !errors.Is(err, wechat.ErrArgument) {
		t.Errorf("empty: %v", err)
	}
	if _, err := a.UploadImage(t.Context(), "a.png", make([]byte, 20<<20+1)); !errors.Is(err, wechat.ErrMediaTooLarge) {
		t.Errorf("too large: %v", err)
	}
	p.says("/cgi-bin/media/upload", `{"type":"image"}`)
	if _, err := a.UploadImage(t.Context(), "a.png", []byte("x")); err == nil {
		t.Error("an answer without an id is no error")
	}
}
