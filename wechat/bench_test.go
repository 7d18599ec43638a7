package wechat_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"cailiao/wechat"
)

// BenchmarkReceive is one text message from request to Message.
func BenchmarkReceive(b *testing.B) {
	a, err := wechat.Open(config(), nil, wechat.Options{Now: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	request := pushed(text("我的准考证照片什么时候审核完？")).request(b)
	body, err := io.ReadAll(request.Body)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		request.Body = io.NopCloser(bytes.NewReader(body))
		if _, err := a.Receive(request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReply is one encrypted answer.
func BenchmarkReply(b *testing.B) {
	a, err := wechat.Open(config(), nil, wechat.Options{Now: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	m, err := a.Receive(pushed(text("你好")).request(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Reply(m, "收到 1 张照片，清晰可用。还差 3 项。"); err != nil {
			b.Fatal(err)
		}
	}
}
