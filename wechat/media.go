package wechat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

const (
	maxMedia      = 20 << 20 // bytes; the platform names no limit for what people send
	mediaPatience = 30 * time.Second
)

// Media is a file as the platform keeps it. ContentType is the platform's word, not a fact: look at the bytes.
type Media struct {
	Bytes       []byte
	ContentType string
}

// Media fetches what a person sent. An id dies after 3 days: then, or when it was never right, *Error 40007.
// ErrMediaTooLarge above 20 MiB; ErrTruncated when the transfer broke off, fetch again; ErrNotMedia when there is no file.
func (a *Account) Media(ctx context.Context, mediaID string) (Media, error) {
	const api = "media/get"
	if mediaID == "" {
		return Media{}, fmt.Errorf("wechat %s: %w: no media id", api, ErrArgument)
	}
	var media Media
	err := a.do(ctx, call{
		api:      api,
		method:   http.MethodGet,
		path:     "/cgi-bin/" + api,
		query:    url.Values{"media_id": {mediaID}},
		header:   http.Header{"Accept-Encoding": {"identity"}}, // so that Content-Length counts what arrives
		hide:     []string{mediaID},
		patience: mediaPatience,
		read: func(r *http.Response) (err error) {
			media, err = a.readMedia(api, r, mediaID)
			return err
		},
	})
	return media, err
}

// readMedia tells a file from the JSON that the platform sends with status 200 in its place.
func (a *Account) readMedia(api string, r *http.Response, hide ...string) (Media, error) {
	if r.ContentLength > maxMedia {
		return Media{}, fmt.Errorf("wechat %s: %w: %d bytes announced", api, ErrMediaTooLarge, r.ContentLength)
	}
	var buffer bytes.Buffer
	if r.ContentLength > 0 {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(r.Body, maxMedia+1))
	body := buffer.Bytes()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Media{}, fmt.Errorf("wechat %s: %w: %d of %d bytes", api, ErrTruncated, len(body), r.ContentLength)
	case err != nil:
		return Media{}, a.failed(api, err)
	case len(body) > maxMedia:
		return Media{}, fmt.Errorf("wechat %s: %w", api, ErrMediaTooLarge)
	case len(body) == 0:
		return Media{}, fmt.Errorf("wechat %s: %w: nothing arrived", api, ErrTruncated)
	}
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" when unreadable
	isJSON := body[0] == '{' || strings.HasSuffix(contentType, "json")
	if isJSON || strings.HasPrefix(contentType, "text/") {
		var refused *Error
		if err := a.decode(api, body, nil, hide...); errors.As(err, &refused) {
			return Media{}, err
		}
		return Media{}, fmt.Errorf("wechat %s: %w: content type %q", api, ErrNotMedia, contentType)
	}
	return Media{Bytes: body, ContentType: contentType}, nil
}

// UploadImage makes a picture temporary material for 3 days and returns its media id. name is the file's name, e.g.
// "example.jpg"; the platform goes by its ending.
func (a *Account) UploadImage(ctx context.Context, name string, data []byte) (mediaID string, err error) {
	const api = "media/upload"
	switch {
	case len(data) == 0:
		return "", fmt.Errorf("wechat %s: %w: empty picture", api, ErrArgument)
	case len(data) > maxMedia:
		return "", fmt.Errorf("wechat %s: %w", api, ErrMediaTooLarge)
	}
	body, contentType, err := form(name, data)
	if err != nil {
		return "", fmt.Errorf("wechat %s: %w", api, err)
	}
	var answer struct {
		MediaID string `json:"media_id"`
	}
	err = a.do(ctx, call{
		api:      api,
		method:   http.MethodPost,
		path:     "/cgi-bin/" + api,
		query:    url.Values{"type": {"image"}},
		header:   http.Header{"Content-Type": {contentType}},
		body:     body,
		patience: mediaPatience,
		read:     a.readJSON(api, &answer),
	})
	if err == nil && answer.MediaID == "" {
		err = a.failed(api, errors.New("no media id in the answer"))
	}
	return answer.MediaID, err
}

// form is the multipart body with the one part "media".
func form(name string, data []byte) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": "media", "filename": plainName(name)})},
		"Content-Type":        {http.DetectContentType(data)},
	})
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(data); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// plainName keeps letters, digits and ._- : file names with Chinese are not read reliably.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("._-", r) || alphanumeric(string(r)) {
			return r
		}
		return -1
	}, name)
	if strings.Trim(plain, "._-") == "" || strings.HasPrefix(plain, ".") {
		return "image" + plain
	}
	return plain
}
