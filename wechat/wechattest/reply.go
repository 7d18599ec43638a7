package wechattest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxText is the longest text of a reply or customer-service message, in bytes of UTF-8.
const maxText = 2048

// sealedReply is the envelope a passive reply must have in safe mode.
type sealedReply struct {
	XMLName   xml.Name `xml:"xml"`
	Encrypt   string
	Signature string `xml:"MsgSignature"`
	TimeStamp string
	Nonce     string
}

// passiveReply is an answer after decryption.
type passiveReply struct {
	XMLName      xml.Name `xml:"xml"`
	ToUser       string   `xml:"ToUserName"`
	FromUser     string   `xml:"FromUserName"`
	CreateTime   int64
	MsgType      string
	Content      string
	ImageID      string `xml:"Image>MediaId"`
	VoiceID      string `xml:"Voice>MediaId"`
	VideoID      string `xml:"Video>MediaId"`
	MusicTitle   string `xml:"Music>Title"`
	MusicURL     string `xml:"Music>MusicURL"`
	ArticleCount int
	Articles     []article `xml:"Articles>item"`
}

type article struct {
	Title       string
	Description string
	URL         string `xml:"Url"`
}

// reply is a passive answer made ready for the chat; an entry without kind shows nothing.
type reply struct {
	entry   Entry
	mediaID string
}

// readReply opens the answer to a callback. An error is what makes WeChat show the outage.
func (p *Platform) readReply(openID string, body []byte) (reply, error) {
	if answered(body) {
		return reply{}, nil
	}
	inner, err := p.openReply(body)
	if err != nil {
		return reply{}, err
	}
	var m passiveReply
	if err := xml.Unmarshal(inner, &m); err != nil {
		return reply{}, fmt.Errorf("reply is no XML: %w", err)
	}
	switch {
	case m.ToUser != openID:
		return reply{}, errors.New("reply goes to another ToUserName")
	case m.FromUser != p.opts.OriginalID:
		return reply{}, errors.New("reply comes from another FromUserName")
	case m.CreateTime <= 0:
		return reply{}, errors.New("reply has no CreateTime")
	}
	return p.readContent(m)
}

// openReply checks the envelope's signature and decrypts it.
func (p *Platform) openReply(body []byte) ([]byte, error) {
	var env sealedReply
	if err := xml.Unmarshal(body, &env); err != nil {
		return nil, fmt.Errorf("answer is neither XML nor success: %w", err)
	}
	if env.Encrypt == "" {
		return nil, errors.New("plaintext reply in safe mode")
	}
	if _, err := strconv.ParseInt(env.TimeStamp, 10, 64); err != nil {
		return nil, errors.New("reply envelope has no TimeStamp")
	}
	if env.Signature != sign(p.opts.Token, env.TimeStamp, env.Nonce, env.Encrypt) {
		return nil, errors.New("reply has a wrong MsgSignature")
	}
	inner, err := decrypt(p.key, env.Encrypt, p.opts.AppID)
	if err != nil {
		return nil, fmt.Errorf("decrypt reply: %w", err)
	}
	return inner, nil
}

func (p *Platform) readContent(m passiveReply) (reply, error) {
	switch m.MsgType {
	case "text":
		if strings.TrimSpace(m.Content) == "" {
			return reply{}, errors.New("text reply with empty Content")
		}
		if len(m.Content) > maxText {
			return reply{}, fmt.Errorf("text reply of %d bytes, at most %d", len(m.Content), maxText)
		}
		return reply{entry: Entry{From: FromAccount, Kind: KindText, Text: m.Content}}, nil
	case "image":
		return p.mediaReply(KindImage, m.ImageID)
	case "voice":
		return p.mediaReply(KindVoice, m.VoiceID)
	case "video":
		return p.mediaReply(KindVideo, m.VideoID)
	case "music":
		return reply{entry: Entry{From: FromAccount, Kind: KindLink, Text: m.MusicTitle, URL: m.MusicURL}}, nil
	case "news":
		if len(m.Articles) == 0 || m.ArticleCount != len(m.Articles) {
			return reply{}, fmt.Errorf("news reply with %d articles says %d", len(m.Articles), m.ArticleCount)
		}
		a := m.Articles[0]
		return reply{entry: Entry{From: FromAccount, Kind: KindLink, Text: a.Title, About: a.Description, URL: a.URL}}, nil
	case "transfer_customer_service":
		return reply{}, nil
	}
	return reply{}, fmt.Errorf("reply of unknown MsgType %q", m.MsgType)
}

func (p *Platform) mediaReply(kind, mediaID string) (reply, error) {
	m, ok := p.medium(mediaID)
	if !ok {
		return reply{}, errors.New("reply names an unknown MediaId")
	}
	return reply{entry: Entry{From: FromAccount, Kind: kind, Image: m.data}, mediaID: mediaID}, nil
}
