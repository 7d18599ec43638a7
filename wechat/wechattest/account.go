package wechattest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
)

// userInfo is what an account may know of a person since names and pictures are withheld.
func (p *Platform) userInfo(c call) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[c.openID]
	if !ok {
		return fail(40003, "invalid openid")
	}
	if !u.following {
		return jsonAnswer(map[string]any{"subscribe": 0, "openid": u.OpenID, "tagid_list": []int{}})
	}
	info := map[string]any{
		"subscribe": 1, "openid": u.OpenID, "language": "zh_CN", "subscribe_time": u.since.Unix(),
		"remark": "", "groupid": 0, "tagid_list": []int{}, "subscribe_scene": "ADD_SCENE_SEARCH",
		"qr_scene": 0, "qr_scene_str": "",
	}
	if u.scene != "" {
		info["subscribe_scene"], info["qr_scene_str"] = "ADD_SCENE_QR_CODE", u.scene
		if id, err := strconv.ParseUint(u.scene, 10, 32); err == nil {
			info["qr_scene"], info["qr_scene_str"] = id, ""
		}
	}
	return jsonAnswer(info)
}

// qrCreate makes a ticket for a scene. On success the answer has no errmsg, as in reality.
func (p *Platform) qrCreate(c call) answer {
	var in struct {
		ExpireSeconds int64  `json:"expire_seconds"`
		ActionName    string `json:"action_name"`
		ActionInfo    struct {
			Scene struct {
				ID  uint32 `json:"scene_id"`
				Str string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	scene := in.ActionInfo.Scene.Str
	switch in.ActionName {
	case "QR_SCENE", "QR_LIMIT_SCENE":
		id := in.ActionInfo.Scene.ID
		if in.ActionName == "QR_LIMIT_SCENE" && id > 100_000 {
			return fail(40053, "invalid action info")
		}
		scene = strconv.FormatUint(uint64(id), 10) // a scene in the wrong place is 0, as in reality
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		if len(scene) < 1 || len(scene) > 64 {
			return fail(40053, "invalid action info")
		}
	default:
		return fail(40052, "invalid action name")
	}
	if in.ExpireSeconds > 2_592_000 {
		return fail(40054, "invalid expire_seconds")
	}
	ticket := "gQ" + randomText(92) + "=="
	p.opts.Secret("binding scene", scene, ticket)
	p.mu.Lock()
	p.scenes[ticket] = scene
	p.mu.Unlock()
	out := map[string]any{"ticket": ticket, "url": "http://weixin.qq.com/q/" + randomText(22)}
	if in.ActionName == "QR_SCENE" || in.ActionName == "QR_STR_SCENE" {
		out["expire_seconds"] = max(in.ExpireSeconds, 60)
	}
	return jsonAnswer(out)
}

// Scene is the scene a QR ticket stands for; "" for an unknown ticket.
func (p *Platform) Scene(ticket string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.scenes[ticket]
}

// ticketOf is a ticket that leads to the scene; "" for no scene. p.mu is held.
func (p *Platform) ticketOf(scene string) string {
	if scene == "" {
		return ""
	}
	for ticket, s := range p.scenes {
		if s == scene {
			return ticket
		}
	}
	return "gQ" + randomText(92) + "=="
}

// qrShow draws a picture for a ticket: a block pattern of its hash, the same each time. It
// stands for the code and cannot be scanned; [User.FollowByScan] takes the scene itself.
func (p *Platform) qrShow(c call) answer {
	ticket := c.URL.Query().Get("ticket")
	if p.Scene(ticket) == "" {
		return answer{status: http.StatusNotFound}
	}
	const blocks, size = 16, 430
	sum := sha256.Sum256([]byte(ticket))
	img := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			bit := (y*blocks/size)*blocks + x*blocks/size
			if sum[bit/8]>>(bit%8)&1 == 0 {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("wechattest: " + err.Error()) // a buffer takes every picture
	}
	return answer{header: http.Header{"Content-Type": {"image/png"}}, body: b.Bytes()}
}
