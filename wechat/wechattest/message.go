package wechattest

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"time"
)

// callbackXML is every message and event WeChat pushes. Empty fields are left out, so one
// struct writes them all as the platform does.
type callbackXML struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   cdata
	FromUserName cdata
	CreateTime   int64
	MsgType      cdata

	Content  *cdata `xml:",omitempty"` // a pointer: a text may be empty, but is there
	MenuID   cdata  `xml:"bizmsgmenuid,omitempty"`
	PicURL   cdata  `xml:"PicUrl,omitempty"`
	MediaID  cdata  `xml:"MediaId,omitempty"`
	Format   cdata  `xml:",omitempty"`
	ThumbID  cdata  `xml:"ThumbMediaId,omitempty"`
	X        string `xml:"Location_X,omitempty"`
	Y        string `xml:"Location_Y,omitempty"`
	Scale    int    `xml:",omitempty"`
	Label    cdata  `xml:",omitempty"`
	Title    cdata  `xml:",omitempty"`
	About    cdata  `xml:"Description,omitempty"`
	URL      cdata  `xml:"Url,omitempty"`
	FileKey  cdata  `xml:",omitempty"`
	FileMD5  cdata  `xml:"FileMd5,omitempty"`
	FileSize int    `xml:"FileTotalLen,omitempty"`
	MsgID    int64  `xml:"MsgId,omitempty"`

	Event    cdata     `xml:",omitempty"`
	EventKey *cdata    `xml:",omitempty"`
	Ticket   cdata     `xml:",omitempty"`
	Pics     *sentPics `xml:"SendPicsInfo,omitempty"`
	JobID    int64     `xml:"MsgID,omitempty"` // of TEMPLATESENDJOBFINISH: capital D
	Status   cdata     `xml:",omitempty"`
	Popup    *popup    `xml:"SubscribeMsgPopupEvent,omitempty"`
}

// cdata is a string written as <![CDATA[…]]>, left out when empty.
type cdata string

func (c cdata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(struct {
		Text string `xml:",cdata"`
	}{string(c)}, start)
}

type sentPics struct {
	Count int
	Items []picItem `xml:"PicList>item"`
}

type picItem struct {
	Sum cdata `xml:"PicMd5Sum"`
}

type popup struct {
	List []popupChoice
}

type popupChoice struct {
	TemplateID cdata `xml:"TemplateId"`
	Status     cdata `xml:"SubscribeStatusString"`
	Scene      int   `xml:"PopupScene"`
}

// message is a callback of the given type from the user, stamped with at and, unless it is
// an event, with a fresh id. p.mu is held.
func (u *User) message(kind string, at time.Time) callbackXML {
	m := callbackXML{
		ToUserName:   cdata(u.p.opts.OriginalID),
		FromUserName: cdata(u.OpenID),
		CreateTime:   at.Unix(),
		MsgType:      cdata(kind),
	}
	if kind != "event" {
		m.MsgID = u.p.nextID()
	}
	return m
}

// event is a callback of MsgType event. WeChat tells events apart by person and second, so a
// person never does two things within one: the stamp moves on instead. p.mu is held.
func (u *User) event(name, key string, at time.Time) callbackXML {
	if at.Unix() <= u.lastEvent {
		at = time.Unix(u.lastEvent+1, 0)
	}
	u.lastEvent = at.Unix()
	m := u.message("event", at)
	m.Event = cdata(name)
	m.EventKey = (*cdata)(&key)
	return m
}

func (m callbackXML) bytes() []byte {
	b, err := xml.Marshal(m)
	if err != nil {
		panic("wechattest: " + err.Error()) // plain strings and numbers always marshal
	}
	return b
}

func md5Hex(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}
