package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/templates"
)

// Where an account is signed in. A list in Redis names its sessions: one that is not on it is over,
// so that nothing that is under way brings back a session somebody has ended.

const (
	placesPath = mePath + "/sessions"
	mostPlaces = 10 // sessions of one account: the next sign-in ends the one unused longest
	loginsTold = 10
)

func placesOf(staffID int64) string { return "sessions:" + strconv.FormatInt(staffID, 10) }

// place is one session of an account.
type place struct {
	mark        string
	began, seen time.Time
	from, with  string
}

// places are the sessions in which an account is signed in now, the one used last first. What is
// over goes off the list.
func (h *House) places(ctx context.Context, who intake.Staff) ([]place, error) {
	marks, err := h.Redis.Listed(ctx, placesOf(who.ID))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSessions, err)
	}
	var all []place
	var over []string
	for _, mark := range marks {
		p, live, err := h.place(ctx, who, mark)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errSessions, err)
		}
		if !live {
			over = append(over, mark)
			continue
		}
		all = append(all, p)
	}
	if err := h.Redis.Strike(ctx, placesOf(who.ID), over...); err != nil {
		return nil, fmt.Errorf("%w: %w", errSessions, err)
	}
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(b.seen.Compare(a.seen), b.began.Compare(a.began), strings.Compare(a.mark, b.mark))
	})
	return all, nil
}

func (h *House) place(ctx context.Context, who intake.Staff, mark string) (p place, live bool, err error) {
	text, found, err := h.Redis.Get(ctx, sessionKey(mark))
	if err != nil || !found {
		return place{}, false, err
	}
	_, values, err := h.sessions.Codec.Decode([]byte(text))
	if err != nil {
		return place{}, false, err
	}
	began, _ := values[keyBegan].(int64)
	seen, _ := values[keySeen].(int64)
	p = place{mark: mark, began: time.Unix(began, 0), seen: time.Unix(seen, 0)}
	p.from, _ = values[keyFrom].(string)
	p.with, _ = values[keyWith].(string)
	return p, h.live(who, sessionValues{epoch: values[keyEpoch], began: began, seen: seen}), nil
}

// makeRoom ends the sessions of an account that would be too many with one more.
func (h *House) makeRoom(ctx context.Context, who intake.Staff) error {
	all, err := h.places(ctx, who)
	if err != nil || len(all) < mostPlaces {
		return err
	}
	for _, p := range all[mostPlaces-1:] {
		if err := h.endPlace(ctx, who, p.mark); err != nil {
			return err
		}
	}
	return nil
}

func (h *House) endPlace(ctx context.Context, who intake.Staff, mark string) error {
	if err := h.Redis.Strike(ctx, placesOf(who.ID), mark); err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	if err := h.Redis.Del(ctx, sessionKey(mark)); err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	return nil
}

// ownPlaces shows somebody where they are signed in, and when they signed in lately.
func (h *House) ownPlaces(c *gin.Context, staff intake.Staff) error {
	ctx := c.Request.Context()
	page := templates.PlacesPage{Frame: h.frame(c)}
	var err error
	if page.Flash, _, err = h.takeFlash(ctx); err != nil {
		return err
	}
	all, err := h.places(ctx, staff)
	if err != nil {
		return err
	}
	here, near := sessionMark(h.sessions.Token(ctx)), network(c.ClientIP())
	for _, p := range all {
		system, browser, _ := strings.Cut(p.with, " ")
		line := templates.Place{
			Mark: p.mark, Began: h.local(p.began), Seen: h.local(p.seen), From: p.from, Near: p.from == near,
			System: system, Browser: browser, Here: p.mark == here,
		}
		if line.Here {
			page.Places = slices.Insert(page.Places, 0, line)
			continue
		}
		page.Places = append(page.Places, line)
	}
	logins, err := h.Desk.Logins(ctx, staff, loginsTold)
	if err != nil {
		return err
	}
	for _, l := range logins {
		page.Logins = append(page.Logins, templates.SignIn{At: h.local(l.At), With: l.With})
	}
	return render(c, http.StatusOK, page, "")
}

// endOne ends another of somebody's own sessions.
func (h *House) endOne(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	ctx, mark := c.Request.Context(), c.PostForm("session")
	own, err := h.Redis.Enlisted(ctx, placesOf(staff.ID), mark)
	if err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	if own {
		if err := h.Desk.LogEndedSession(ctx, staff); err != nil { // what cannot be noted is not done
			return err
		}
		if err := h.endPlace(ctx, staff, mark); err != nil {
			return err
		}
	}
	// One that is over already, or never was, is over: nothing to complain about.
	if mark == sessionMark(h.sessions.Token(ctx)) {
		return h.logout(c)
	}
	if err := h.leave(ctx, "own-session", ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, placesPath)
	return nil
}

// network is roughly where an address is: what one office shares, without the last part.
func network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	addr = addr.Unmap()
	if addr.Is4() {
		b := addr.As4()
		return fmt.Sprintf("%d.%d.%d.*", b[0], b[1], b[2])
	}
	prefix, err := addr.WithZone("").Prefix(48)
	if err != nil {
		return ""
	}
	return strings.TrimRight(prefix.Masked().Addr().String(), ":") + ":*"
}

// agents tell machines and browsers by what they call themselves; the first that fits counts,
// because most call themselves by the names of others too.
var agents = struct{ systems, browsers []agentName }{
	systems: []agentName{
		{"HarmonyOS", "harmony"}, {"OpenHarmony", "harmony"}, {"Android", "android"}, {"iPhone", "iphone"}, {"iPad", "ipad"},
		{"Windows", "windows"}, {"Macintosh", "mac"}, {"Linux", "linux"},
	},
	browsers: []agentName{
		{"MicroMessenger", "wechat"}, {"QQBrowser", "qq"}, {"360SE", "360"}, {"360EE", "360"}, {"QihooBrowser", "360"}, {"MetaSr", "sogou"},
		{"UCBrowser", "uc"}, {"Edg", "edge"}, {"Firefox", "firefox"}, {"Chrome", "chrome"}, {"Safari", "safari"},
	},
}

type agentName struct{ word, code string }

// agent is the code of the machine and, behind a space, of the browser; either may be empty.
func agent(userAgent string) string {
	find := func(names []agentName) string {
		for _, n := range names {
			if strings.Contains(userAgent, n.word) {
				return n.code
			}
		}
		return ""
	}
	return find(agents.systems) + " " + find(agents.browsers)
}
