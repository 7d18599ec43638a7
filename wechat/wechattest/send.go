package wechattest

import (
	"context"
	"strconv"
	"time"
)

// SendVoice sends a voice message; data is what media/get returns as audio/amr.
func (u *User) SendVoice(ctx context.Context, data []byte) Delivery {
	return u.send(ctx, Entry{Kind: KindVoice}, func(m *callbackXML) {
		m.MsgType, m.Format = "voice", "amr"
		m.MediaID = cdata(u.p.keep(medium{kind: KindVoice, data: data, owner: u.OpenID}))
	})
}

// SendVideo sends a video.
func (u *User) SendVideo(ctx context.Context, data []byte) Delivery {
	return u.send(ctx, Entry{Kind: KindVideo}, u.asVideo("video", data))
}

// SendShortVideo sends a video taken within the chat (小视频).
func (u *User) SendShortVideo(ctx context.Context, data []byte) Delivery {
	return u.send(ctx, Entry{Kind: KindVideo}, u.asVideo("shortvideo", data))
}

func (u *User) asVideo(kind string, data []byte) func(*callbackXML) {
	return func(m *callbackXML) {
		m.MsgType = cdata(kind)
		m.MediaID = cdata(u.p.keep(medium{kind: KindVideo, data: data, owner: u.OpenID}))
		m.ThumbID = cdata(u.p.keep(medium{kind: KindImage, data: data, owner: u.OpenID}))
	}
}

// SendLocation sends a place: latitude and longitude in degrees, and its name.
func (u *User) SendLocation(ctx context.Context, lat, lng float64, label string) Delivery {
	return u.send(ctx, Entry{Kind: KindLocation, Text: label}, func(m *callbackXML) {
		m.MsgType, m.Scale, m.Label = "location", 15, cdata(label)
		m.X = strconv.FormatFloat(lat, 'f', 6, 64)
		m.Y = strconv.FormatFloat(lng, 'f', 6, 64)
	})
}

// SendLink shares a page into the chat.
func (u *User) SendLink(ctx context.Context, title, url string) Delivery {
	return u.send(ctx, Entry{Kind: KindLink, Text: title, URL: url}, func(m *callbackXML) {
		m.MsgType, m.Title, m.About, m.URL = "link", cdata(title), cdata(url), cdata(url)
	})
}

// SendFile sends a document. The documentation says files do not reach the server; in
// practice a message of type file does, without a way to fetch it.
func (u *User) SendFile(ctx context.Context, name string, data []byte) Delivery {
	return u.send(ctx, Entry{Kind: KindFile, Text: name}, func(m *callbackXML) {
		m.MsgType, m.Title = "file", cdata(name)
		m.FileKey, m.FileMD5, m.FileSize = cdata(randomText(40)), cdata(md5Hex(data)), len(data)
	})
}

// SendSticker sends a custom sticker, which reaches the server as this fixed text.
func (u *User) SendSticker(ctx context.Context) Delivery {
	const unsupported = "【收到不支持的消息类型，暂无法显示】"
	return u.send(ctx, Entry{Kind: KindSticker}, func(m *callbackXML) {
		text := cdata(unsupported)
		m.MsgType, m.Content = "text", &text
	})
}

// PickFromMenu taps a menu button that opens camera or album (pic_sysphoto,
// pic_photo_or_album, pic_weixin) and sends the chosen photos: one event, then the pictures
// as ordinary messages. The event's delivery comes first in the result.
func (u *User) PickFromMenu(ctx context.Context, button Button, photos [][]byte) []Delivery {
	first := u.act(ctx, func(now time.Time) callbackXML {
		m := u.event(button.Type, button.Key, now)
		m.Pics = &sentPics{Count: len(photos)}
		for _, data := range photos {
			m.Pics.Items = append(m.Pics.Items, picItem{Sum: cdata(md5Hex(data))})
		}
		return m
	})
	return append([]Delivery{first}, u.SendPhotos(ctx, photos)...)
}
