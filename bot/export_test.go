package bot

import (
	"context"

	"cailiao/storage"
	"cailiao/wechat"
)

// Stages lists every stage of the conversation.
func Stages() []string {
	var names []string
	for name := range steps {
		names = append(names, name)
	}
	return names
}

// StageOf is where a user stands now.
func (b *Bot) StageOf(ctx context.Context, openID string) (string, error) {
	body := []byte(`{"kind":"` + string(wechat.KindText) + `"}`)
	t, err := b.load(ctx, []storage.Message{{OpenID: openID, Kind: string(wechat.KindText), Body: body}}, nil, nil)
	if err != nil {
		return "", err
	}
	return t.stage(), nil
}

// FitReply exposes the shortening of long replies.
var FitReply = fit
