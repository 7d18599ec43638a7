package wechat

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
)

// success tells the platform that the message arrived and that no answer follows. Its content type may be text/plain.
const success = "success"

// Reply is the body that answers m at once with a text, encrypted with the key m came with; send it as application/xml.
// Without text it is the literal "success": an empty text would make the platform tell the person that the service is out
// of order. More than 2048 bytes fail with ErrTooLong: shortening is the caller's choice.
func (a *Account) Reply(m Message, text string) ([]byte, error) {
	text = clean(text)
	if strings.TrimSpace(text) == "" {
		return []byte(success), nil
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("reply: %w: it has %d", ErrTooLong, len(text))
	}
	answer := message.NewText(text)
	a.address(&answer.CommonToken, m, message.MsgTypeText)
	return a.seal(m, answer)
}

// ReplyImage is the body that answers m at once with a picture the account has uploaded. Animated GIFs are not shown.
func (a *Account) ReplyImage(m Message, mediaID string) ([]byte, error) {
	if mediaID == "" {
		return nil, fmt.Errorf("reply: %w: no media id", ErrArgument)
	}
	answer := message.NewImage(mediaID)
	a.address(&answer.CommonToken, m, message.MsgTypeImage)
	return a.seal(m, answer)
}

// address turns the message round: its sender is the receiver of the answer.
func (a *Account) address(answer *message.CommonToken, m Message, kind message.MsgType) {
	answer.SetToUserName(message.CDATA(m.OpenID))
	answer.SetFromUserName(message.CDATA(m.To))
	answer.SetMsgType(kind)
	answer.SetCreateTime(a.now().Unix())
}

// seal encrypts and signs an answer.
func (a *Account) seal(m Message, answer any) ([]byte, error) {
	if m.key == "" {
		return nil, fmt.Errorf("reply: %w: the message was not received by this account", ErrArgument)
	}
	plain, err := xml.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("reply: %w", err)
	}
	encrypted, err := a.encrypt(plain, m.key)
	if err != nil {
		return nil, err
	}
	at, nonce := a.now().Unix(), rand.Text()
	body, err := xml.Marshal(message.ResponseEncryptedXMLMsg{
		EncryptedMsg: encrypted,
		MsgSignature: util.Signature(a.cfg.Token, strconv.FormatInt(at, 10), nonce, encrypted),
		Timestamp:    at,
		Nonce:        nonce,
	})
	if err != nil {
		return nil, fmt.Errorf("reply: %w", err)
	}
	return body, nil
}
