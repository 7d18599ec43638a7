package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
)

// What staff search for are names and numbers of people, which no address may hold: browsers and
// proxies keep those. So the words come by POST and stay with the session, sealed, and the list's
// address carries the id they are kept under.

const (
	mostSearches = 24  // of one session: the oldest goes
	searchID     = 12  // letters and digits, of rand.Text
	lostSearch   = "-" // in the place of an id: the words are gone, with their session or behind newer ones
)

// search keeps what is searched for and leads to the list.
func (h *House) search(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	f := readFilter(c.Request.PostForm)
	f.Page, f.From = 0, ""
	var err error
	if f.Asked, err = h.keepSearch(c.Request.Context(), staff, c.PostForm("q")); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, queueURL(f))
	return nil
}

// keepSearch keeps words with the session, under the id they have there already or a new one; no
// words have none.
func (h *House) keepSearch(ctx context.Context, staff intake.Staff, typed string) (id string, err error) {
	words := review.Words(typed)
	if words == "" {
		return "", nil
	}
	kept := h.searches(ctx)
	at := slices.IndexFunc(kept, func(entry string) bool {
		open, ok := h.openSearch(ctx, staff, entry)
		return ok && open == words
	})
	var entry string
	if at >= 0 {
		entry = kept[at]
		kept = slices.Delete(kept, at, at+1)
	} else {
		id = strings.ToLower(rand.Text()[:searchID])
		sealed, err := h.DB.Seal(words, keySearches, staff.ID, id)
		if err != nil {
			return "", err
		}
		entry = id + " " + sealed
	}
	kept = slices.Insert(kept, 0, entry)
	h.sessions.Put(ctx, keySearches, kept[:min(len(kept), mostSearches)])
	return entry[:searchID], h.commit(ctx)
}

// asked is what an id in an address stands for. An id this session does not have is lostSearch: what
// stands there may be anything, and goes no further.
func (h *House) asked(ctx context.Context, staff intake.Staff, id string) (known, words string) {
	if id == "" {
		return "", ""
	}
	for _, entry := range h.searches(ctx) {
		if entry[:searchID] != id {
			continue
		}
		if words, ok := h.openSearch(ctx, staff, entry); ok {
			return id, words
		}
	}
	return lostSearch, ""
}

// searches are those of the session, the last first.
func (h *House) searches(ctx context.Context) []string {
	kept, _ := h.sessions.Get(ctx, keySearches).([]string)
	return slices.Clone(kept)
}

func (h *House) openSearch(ctx context.Context, staff intake.Staff, entry string) (words string, ok bool) {
	words, err := h.DB.Unseal(entry[searchID+1:], keySearches, staff.ID, entry[:searchID])
	if err != nil { // its key was retired meanwhile; whoever searched searches again
		h.log().WarnContext(ctx, "a search does not open", "err", err)
	}
	return words, err == nil
}

// filter reads the queue's filter from a query, with the words its search stands for.
func (h *House) filter(ctx context.Context, staff intake.Staff, v url.Values) review.Filter {
	f := readFilter(v)
	f.Asked, f.Search = h.asked(ctx, staff, v.Get("q"))
	return f
}

// withoutWords is an address to come back to in another session, which does not know what was searched
// for; an old bookmark has the words themselves in it.
func withoutWords(u *url.URL) string {
	v := u.Query()
	if !v.Has("q") && !v.Has("number") {
		return u.RequestURI()
	}
	v.Del("number")
	v.Set("q", lostSearch)
	return u.EscapedPath() + "?" + v.Encode()
}
