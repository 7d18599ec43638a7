package bot

import (
	"cailiao/intake"
	"cailiao/templates"
)

// Before the binding nobody knows whose exam site it is. Few sites are listed; of many, the
// candidate names one.

const (
	sitesListed = 12   // more are a wall of words
	sitesBytes  = 1400 // of all lines with sites: the rest of the reply fits beside them
)

// humanUnbound gives the numbers of the exam sites, or asks which one.
func (t *turn) humanUnbound() (string, error) {
	say := t.view()
	if sites := t.bot.Season.Sites; len(sites) <= sitesListed {
		say.Sites, say.More = fitSites(sites)
	}
	if len(say.Sites) == 0 {
		say.More = len(t.bot.Season.Sites)
		t.talk.Memo.Leaving = true // the next words may name it
	}
	return templates.Chat("human unbound", say)
}

// siteAsked gives the number of the exam site a stranger names; asked is false when the text names none.
func (t *turn) siteAsked() (reply string, asked bool, err error) {
	expected := t.talk.Memo.Leaving
	found := t.bot.Season.SitesNamed(templates.Plain(t.msg.Text))
	if len(found) == 0 && !expected {
		return "", false, nil
	}
	t.talk.Memo.Leaving = expected && len(found) != 1
	say := t.view()
	switch len(found) {
	case 0:
		say.More = len(t.bot.Season.Sites)
		reply, err = templates.Chat("no such site", say)
	case 1:
		say.Site = found[0]
		reply, err = templates.Chat("site", say)
	default:
		say.Sites, say.More = fitSites(found)
		reply, err = templates.Chat("sites", say)
	}
	return reply, true, err
}

// fitSites are as many as one reply has room for, and how many are left out.
func fitSites(sites []intake.Site) (fit []intake.Site, more int) {
	bytes := 0
	for i, site := range sites {
		bytes += len(site.Name) + len(site.Contact.Phone) + len(" \n")
		if i == sitesListed || bytes > sitesBytes {
			return sites[:i], len(sites) - i
		}
	}
	return sites, 0
}

// askedUnbound answers a stranger's question as far as that is possible, else with the text named.
func (t *turn) askedUnbound(otherwise string) (string, error) {
	topics := templates.Topics(t.msg.Text)
	if len(topics) > 0 && len(t.bot.Season.SitesNamed(templates.Plain(t.msg.Text))) == 0 {
		switch topics[0] {
		case "originals", "blurry", "exam", "pictures":
			return t.say("about " + topics[0])
		case "progress":
			return t.say("window unbound")
		case "help", "example":
			return t.say("help unbound")
		case "list":
			return t.say(otherwise)
		}
		return t.humanUnbound()
	}
	if reply, asked, err := t.siteAsked(); asked || err != nil {
		return reply, err
	}
	return t.say(otherwise)
}
