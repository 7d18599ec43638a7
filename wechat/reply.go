package wechat

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"

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
	return a.seal(m, "text", "<Content>"+cdata(text)+"</Content>")
}

// ReplyImage is the body that answers m at once with a picture the account has uploaded. Animated GIFs are not shown.
func (a *Account) ReplyImage(m Message, mediaID string) ([]byte, error) {
	if mediaID == "" {
		return nil, fmt.Errorf("reply: %w: no media id", ErrArgument)
	}
	return a.seal(m, "image", "<Image><MediaId>"+cdata(mediaID)+"</MediaId></Image>")
}

// seal addresses an answer to the sender of m, encrypts and signs it. Both documents are written by hand: encoding/xml
// took a tenth of a text's whole turn for these nine elements.
func (a *Account) seal(m Message, kind, content string) ([]byte, error) {
	if m.key == "" {
		return nil, fmt.Errorf("reply: %w: the message was not received by this account", ErrArgument)
	}
	at := strconv.FormatInt(a.now().Unix(), 10)
	encrypted, err := a.encrypt([]byte("<xml><ToUserName>"+cdata(m.OpenID)+"</ToUserName><FromUserName>"+cdata(m.To)+"</FromUserName><CreateTime>"+at+
		"</CreateTime><MsgType>"+cdata(kind)+"</MsgType>"+content+"</xml>"), m.key)
	if err != nil {
		return nil, err
	}
	nonce := rand.Text()
	// Base64, hexadecimal, digits and letters: nothing of it needs escaping.
	return []byte("<xml><Encrypt>" + encrypted + "</Encrypt><MsgSignature>" + util.Signature(a.cfg.Token, at, nonce, encrypted) +
		"</MsgSignature><TimeStamp>" + at + "</TimeStamp><Nonce>" + nonce + "</Nonce></xml>"), nil
}

// cdata is a literal; what would end it is split between two.
func cdata(text string) string {
	return cdataOpen + strings.ReplaceAll(text, cdataClose, "]]"+cdataClose+cdataOpen+">") + cdataClose
}
