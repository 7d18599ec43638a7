package bot

import (
	"context"

	"cailiao/intake"
	"cailiao/templates"
)

// deed follows a text that names an item and what to do with a photo of it, in one: 「删除毕业证」.
func (t *turn) deed(ctx context.Context) (reply string, asked bool, err error) {
	command, item, n := templates.Deed(t.msg.Text)
	found := intake.Named(t.lines, item)
	if command == "" || len(found) == 0 {
		return "", false, nil
	}
	if len(found) > 1 {
		reply, err = t.whichOf(found)
		return reply, true, err
	}
	line := found[0]
	if command == "retake" && len(line.Photos) == 0 { // the first one, then
		reply, err = t.pick(line)
		return reply, true, err
	}
	t.talk.Memo.Current, t.talk.Memo.Swap, t.talk.Memo.Doubt, t.n = line.Material.Code, 0, "", n
	do, _ := t.bot.command(command)
	reply, err = do(t, ctx)
	return reply, true, err
}
