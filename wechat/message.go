package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Kind is the platform's MsgType as received. Others than these occur: treat them as "not understood", never as an error.
type Kind string

const (
	KindText       Kind = "text"
	KindImage      Kind = "image"
	KindVoice      Kind = "voice"
	KindVideo      Kind = "video"
	KindShortVideo Kind = "shortvideo"
	KindLocation   Kind = "location"
	KindLink       Kind = "link"
	KindFile       Kind = "file"
	KindEvent      Kind = "event"
)

// The events the program reacts to. Message.Event holds any other as received.
const (
	EventSubscribe    = "subscribe"
	EventUnsubscribe  = "unsubscribe"
	EventScan         = "SCAN"
	EventClick        = "CLICK"
	EventView         = "VIEW"
	EventTemplateDone = "TEMPLATESENDJOBFINISH"
	EventPopup        = "subscribe_msg_popup_event"
	EventPopupChanged = "subscribe_msg_change_event"
	EventPopupSent    = "subscribe_msg_sent_event"
	EventDataRevoked  = "user_authorization_revoke"
)

// Message is one verified push. Who sent it is OpenID, and nothing else: the openid in the query is not signed.
type Message struct {
	// Key is the same for every delivery of one message and differs between messages: ASCII, at most 191 bytes, case
	// matters. Message: kind, open id, MsgId, CreateTime. Event: event, open id, CreateTime, MsgID if any, card code, EventKey.
	Key string

	OpenID  string    // who
	To      string    // the account's original id, gh_…
	Created time.Time // CreateTime, whole seconds; the callback's time when unreadable
	Kind    Kind

	Text    string // of a text
	MediaID string // of image, voice, video, shortvideo; dies after 3 days
	MsgID   int64  // MsgId of a message, MsgID of a template's delivery event; 0 when absent or not a number
	MenuID  string // bizmsgmenuid: the id of the tapped link or menu line that sent this text

	Event    string // of an event, as received
	EventKey string // menu key, URL, scene …, as received
	Scene    string // of a QR code, from subscribe (without qrscene_) and from SCAN
	Status   string // of EventTemplateDone: "success" or "failed…", e.g. "failed:user block"
	Pictures int    // of pic_sysphoto, pic_photo_or_album, pic_weixin: how many pictures will follow as messages
	Consents []Consent

	xml []byte // decrypted; memory only
	key string // the AES key that fitted
}

// Consent is one line of a subscription event.
type Consent struct {
	TemplateID string
	Status     string // accept, reject; of EventPopupSent its ErrorStatus
	Scene      string // PopupScene: 1 page, 2 article
	MsgID      string // of EventPopupSent
}

// Field returns the text of a top-level element that has no field of its own, e.g. MsgDataId, Recognition, Title; "" if none.
func (m Message) Field(name string) string {
	text, found := "", false
	eachChild(m.xml, func(e element) { // was read without error before
		if !found && e.name == name {
			text, found = e.text(), true
		}
	})
	return text
}

// String keeps the person and their words out of a careless print.
func (m Message) String() string {
	return fmt.Sprintf("%s %s from %s", m.Kind, m.Event, LogID(m.OpenID))
}

// GoString keeps the person and their words out of %#v.
func (m Message) GoString() string { return m.String() }

// LogValue keeps the person and their words out of logs.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("kind", string(m.Kind)),
		slog.String("event", m.Event),
		slog.String("from", LogID(m.OpenID)),
		slog.Time("created", m.Created),
	)
}

// parseMessage reads the decrypted XML. at is the callback's time, for a message without a readable CreateTime.
// The first element of a name counts: if a person could ever smuggle elements in, they would come too late.
func parseMessage(xml []byte, at time.Time) (Message, error) {
	var f fields
	m := Message{xml: xml}
	if err := eachChild(xml, func(e element) { f.take(e) }); err != nil {
		return Message{}, err
	}
	if f.from == "" || f.msgType == "" {
		return Message{}, fmt.Errorf("%w: no sender or no type", ErrMalformed)
	}
	m.OpenID, m.To, m.Kind = f.from, f.to, Kind(f.msgType)
	m.Created = at
	if seconds, err := strconv.ParseUint(f.created, 10, 40); err == nil {
		m.Created = time.Unix(int64(seconds), 0)
	}
	if id, err := strconv.ParseInt(f.msgID, 10, 64); err == nil {
		m.MsgID = id
	}
	switch m.Kind {
	case KindEvent:
		m.Event, m.EventKey, m.Status = f.event, f.eventKey, f.status
		m.Scene = scene(f.event, f.eventKey)
		m.Pictures, m.Consents = f.pictures, f.consents
	case KindText:
		m.Text, m.MenuID = f.content, f.menuID
	default:
		m.MediaID = f.mediaID
	}
	m.Key = f.key(xml)
	return m, nil
}

func scene(event, key string) string {
	switch event {
	case EventSubscribe:
		scene, isScene := strings.CutPrefix(key, "qrscene_")
		if isScene {
			return scene
		}
	case EventScan:
		return key
	}
	return ""
}

// fields are the texts of the elements we know, as they came.
type fields struct {
	to, from, created, msgType, msgID    string
	content, mediaID, menuID             string
	event, eventKey, status, card        string
	pictures                             int
	consents                             []Consent
	seenContent, seenEventKey, seenPopup bool // may be empty and still be the first
}

func (f *fields) take(e element) {
	switch e.name {
	case "ToUserName":
		first(&f.to, e)
	case "FromUserName":
		first(&f.from, e)
	case "CreateTime":
		first(&f.created, e)
	case "MsgType":
		first(&f.msgType, e)
	case "MsgId", "MsgID": // template events spell it with a capital D
		first(&f.msgID, e)
	case "Content":
		if !f.seenContent {
			f.content, f.seenContent = e.text(), true
		}
	case "MediaId":
		first(&f.mediaID, e)
	case "bizmsgmenuid":
		first(&f.menuID, e)
	case "Event":
		first(&f.event, e)
	case "EventKey":
		if !f.seenEventKey {
			f.eventKey, f.seenEventKey = e.text(), true
		}
	case "Status":
		first(&f.status, e)
	case "UserCardCode":
		first(&f.card, e)
	case "SendPicsInfo":
		e.each(func(e element) { // was read without error as part of its parent
			if e.name == "Count" {
				f.pictures, _ = strconv.Atoi(e.text()) // 0 when unreadable
			}
		})
	case "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent":
		e.each(func(e element) {
			if e.name == "List" {
				f.consents = append(f.consents, consent(e))
			}
		})
	}
}

func first(field *string, e element) {
	if *field == "" {
		*field = e.text()
	}
}

func consent(list element) Consent {
	var c Consent
	list.each(func(e element) {
		switch e.name {
		case "TemplateId":
			c.TemplateID = e.text()
		case "SubscribeStatusString", "ErrorStatus":
			c.Status = e.text()
		case "PopupScene":
			c.Scene = e.text()
		case "MsgID":
			c.MsgID = e.text()
		}
	})
	return c
}

// key builds Message.Key. MsgId alone has collided between people, and events have none, so more goes in. (The rules other
// SDKs arrived at.) What is missing, long or not ASCII is replaced by a hash, so that a key is never empty or ambiguous.
func (f *fields) key(xml []byte) string {
	var key string
	switch {
	case f.msgType == string(KindEvent):
		key = strings.Join([]string{f.event, f.from, f.created, f.msgID, f.card, f.eventKey}, ":")
	case f.msgID == "":
		key = strings.Join([]string{f.msgType, f.from, f.created, digest(string(xml))}, ":")
	default:
		key = strings.Join([]string{f.msgType, f.from, f.msgID, f.created}, ":")
	}
	if len(key) <= 191 && plainASCII(key) {
		return key
	}
	return "sha256:" + digest(key)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}
