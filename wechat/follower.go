package wechat

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// Follower is what the platform tells about a person. Names and pictures are no longer among it.
type Follower struct {
	Subscribed bool
	Since      time.Time // of the last follow; zero when not subscribed
	Way        string    // subscribe_scene, e.g. ADD_SCENE_QR_CODE
	Scene      string    // of the QR code they came by
	Remark     string    // what staff noted in the console
	Tags       []int
}

// Follower asks about one person. Somebody who does not follow is no error: Subscribed is false.
func (a *Account) Follower(ctx context.Context, openID string) (Follower, error) {
	const api = "user/info"
	if openID == "" {
		return Follower{}, fmt.Errorf("wechat %s: %w: no open id", api, ErrArgument)
	}
	var answer struct {
		Subscribe int    `json:"subscribe"`
		Time      int64  `json:"subscribe_time"`
		Way       string `json:"subscribe_scene"`
		Scene     string `json:"qr_scene_str"`
		Remark    string `json:"remark"`
		Tags      []int  `json:"tagid_list"`
	}
	query := url.Values{"openid": {openID}, "lang": {"zh_CN"}}
	if err := a.getJSON(ctx, api, query, &answer, openID); err != nil {
		return Follower{}, err
	}
	f := Follower{
		Subscribed: answer.Subscribe == 1,
		Way:        answer.Way,
		Scene:      answer.Scene,
		Remark:     answer.Remark,
		Tags:       answer.Tags,
	}
	if answer.Time > 0 {
		f.Since = time.Unix(answer.Time, 0)
	}
	return f, nil
}
