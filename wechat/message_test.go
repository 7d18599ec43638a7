package wechat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cailiao/wechat"
)

func TestReceiveReadsEveryKind(t *testing.T) {
	const head = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1772452800</CreateTime>"
	at := time.Unix(1772452800, 0)
	message := func(m wechat.Message) wechat.Message {
		m.To, m.OpenID, m.Created = "gh_1", "o1", at
		return m
	}
	for _, c := range []struct {
		name, xml string
		want      wechat.Message
	}{
		{"text from a tapped link", "<MsgType>text</MsgType><Content><![CDATA[进度]]></Content><MsgId>7</MsgId><bizmsgmenuid>101</bizmsgmenuid>",
			wechat.Message{Key: "text:o1:7:1772452800", Kind: wechat.KindText, Text: "进度", MsgID: 7, MenuID: "101"}},
		{"image", "<MsgType><![CDATA[image]]></MsgType><PicUrl><![CDATA[http://x]]></PicUrl><MediaId><![CDATA[M_1-a]]></MediaId><MsgId>8</MsgId>",
			wechat.Message{Key: "image:o1:8:1772452800", Kind: wechat.KindImage, MediaID: "M_1-a", MsgID: 8}},
		{"voice", "<MsgType>voice</MsgType><MediaId>V</MediaId><Format>amr</Format><Recognition>你好</Recognition><MsgId>9</MsgId>",
			wechat.Message{Key: "voice:o1:9:1772452800", Kind: wechat.KindVoice, MediaID: "V", MsgID: 9}},
		{"file", "<MsgType>file</MsgType><Title>a.pdf</Title><MsgId>10</MsgId>",
			wechat.Message{Key: "file:o1:10:1772452800", Kind: wechat.KindFile, MsgID: 10}},
		{"location", "<MsgType>location</MsgType><Location_X>39.9</Location_X><Label>北京</Label><MsgId>11</MsgId>",
			wechat.Message{Key: "location:o1:11:1772452800", Kind: wechat.KindLocation, MsgID: 11}},
		{"follow by a code", "<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_site-1</EventKey><Ticket>T</Ticket>",
			wechat.Message{Key: "subscribe:o1:1772452800:::qrscene_site-1", Kind: wechat.KindEvent, Event: "subscribe", EventKey: "qrscene_site-1", Scene: "site-1"}},
		{"follow by search", "<MsgType>event</MsgType><Event>subscribe</Event><EventKey></EventKey>",
			wechat.Message{Key: "subscribe:o1:1772452800:::", Kind: wechat.KindEvent, Event: "subscribe"}},
		{"scan", "<MsgType>event</MsgType><Event>SCAN</Event><EventKey>qrscene_is-a-name</EventKey>",
			wechat.Message{Key: "SCAN:o1:1772452800:::qrscene_is-a-name", Kind: wechat.KindEvent, Event: "SCAN", EventKey: "qrscene_is-a-name", Scene: "qrscene_is-a-name"}},
		{"menu", "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>progress</EventKey>",
			wechat.Message{Key: "CLICK:o1:1772452800:::progress", Kind: wechat.KindEvent, Event: "CLICK", EventKey: "progress"}},
		{"album", "<MsgType>event</MsgType><Event>pic_weixin</Event><EventKey>photo</EventKey><SendPicsInfo><Count>2</Count><PicList>" +
			"<item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>",
			wechat.Message{Key: "pic_weixin:o1:1772452800:::photo", Kind: wechat.KindEvent, Event: "pic_weixin", EventKey: "photo", Pictures: 2}},
		{"template delivered", "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>200163836</MsgID><Status>success</Status>",
			wechat.Message{Key: "TEMPLATESENDJOBFINISH:o1:1772452800:200163836::", Kind: wechat.KindEvent, Event: "TEMPLATESENDJOBFINISH", MsgID: 200163836, Status: "success"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := receive(t, open(t, nil, nil), pushed(head+c.xml+"</xml>"))
			if diff := cmp.Diff(message(c.want), got, cmpopts.IgnoreUnexported(wechat.Message{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFieldReadsWhatHasNoFieldOfItsOwn(t *testing.T) {
	m := receive(t, open(t, nil, nil), pushed(strings.Replace(text("x"), "</xml>", "<Recognition><![CDATA[你好]]></Recognition><Nested><A>1</A></Nested></xml>", 1)))
	for name, want := range map[string]string{"Recognition": "你好", "Nested": "", "A": "", "": "", "Content": "x"} {
		if got := m.Field(name); got != want {
			t.Errorf("Field(%q) is %q, want %q", name, got, want)
		}
	}
	if (wechat.Message{}).Field("Content") != "" {
		t.Error("no message has a field")
	}
}
