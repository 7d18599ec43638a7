package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cailiao/intake"
)

// Arrival is a message just recorded, and how its user stood at that moment.
type Arrival struct {
	Message
	Alone bool // nothing else of this user was to be worked on; else User is not filled
	User  User
}

// arrived is the answer of Arrive.
type arrived struct {
	Arrival
	err error
}

// Arrive is Record, and reads what the message's turn needs in the same breath; callers who come together share the
// statements. Of photos, which wait for their album first, nothing is read.
func (db *DB) Arrive(ctx context.Context, m Message) (Arrival, error) {
	a, err := db.shared.arrivals.ask(ctx, m)
	if err == nil {
		err = a.err
	}
	return a.Arrival, within("record message", err)
}

// arriveAll takes two round trips when everybody is familiar, however many messages it is given: each is recorded by a
// statement of its own only when one of them is a repeat.
func (db *DB) arriveAll(ctx context.Context, messages []Message) ([]arrived, error) {
	all := make([]arrived, len(messages))
	together := len(messages) > 1 && db.insertAll(ctx, messages) == nil
	if !together {
		for i, m := range messages {
			all[i].Message, _, all[i].err = db.Q.Record(ctx, m)
		}
	}
	waiting, heads, err := db.waiting(ctx, messages)
	var alone []string
	var theirs []head
	for i, m := range messages {
		if together {
			m.settle()
			m.ID = waiting[m.OpenID].ids[m.Key]
			all[i].Message = m
			if m.ID == 0 { // not read, or done by somebody else already
				all[i].Message, all[i].err = db.MessageByKey(ctx, m.Key)
			}
		}
		if err == nil && all[i].err == nil && m.Kind != "image" && waiting[m.OpenID].only(m.Key) {
			all[i].Alone = true
			alone = append(alone, m.OpenID)
			if h, heard := heads[m.OpenID]; heard {
				theirs = append(theirs, h)
			}
		}
	}
	users, err := db.complete(ctx, alone, theirs)
	for i := range all {
		switch {
		case !all[i].Alone:
		case err != nil:
			all[i].Alone = false // the turn asks again, and meets the error
		default:
			all[i].User, users = users[0], users[1:]
		}
	}
	return all, nil
}

// insertAll stores all messages by one statement. Their ids are asked for afterwards: that those of one statement follow
// each other holds for no cluster.
func (db *DB) insertAll(ctx context.Context, messages []Message) error {
	values := make([]any, 0, len(messages)*messageValues)
	for _, m := range messages {
		m.settle()
		values = append(values, db.values(m)...)
	}
	_, err := db.exec(ctx, insertMessages+marks(len(messages), messageValues), values...)
	return err
}

// queue is what is to be worked on of one user.
type queue struct{ ids map[string]int64 } // by key

func (q queue) only(key string) bool { return len(q.ids) == 1 && q.ids[key] != 0 }

// waiting are the queues of the messages' users, with the heads of those who were heard of before.
func (q Q) waiting(ctx context.Context, messages []Message) (map[string]queue, map[string]head, error) {
	var now time.Time
	var openIDs []string
	for _, m := range messages {
		openIDs = append(openIDs, m.OpenID)
		if m.ReceivedAt.After(now) {
			now = m.ReceivedAt
		}
	}
	queues, heads := make(map[string]queue, len(messages)), make(map[string]head, len(messages))
	add := func(openID, key string, id int64) {
		if queues[openID].ids == nil {
			queues[openID] = queue{map[string]int64{}}
		}
		queues[openID].ids[key] = id
	}
	due := func(openIDs []string) (string, []any) {
		return "WHERE m.openid IN " + marks(1, len(openIDs)) + " AND m.state = ? AND m.due_at <= ?", append(args(openIDs), MessageNew, micros(now))
	}
	where, values := due(openIDs)
	_, err := list(ctx, q, func(r row) (none struct{}, err error) {
		var key string
		var id int64
		h, err := readHead(r, (*whole64)(&id), &key)
		if err == nil {
			heads[h.Talk.OpenID] = h
			add(h.Talk.OpenID, key, id)
		}
		return none, err
	}, "SELECT m.id, m.message_key, "+headColumns+" FROM messages m JOIN talks t ON t.openid = m.openid"+headJoins+where, values...)
	unheard := slices.DeleteFunc(openIDs, func(openID string) bool { _, heard := heads[openID]; return heard })
	if err != nil || len(unheard) == 0 {
		return queues, heads, err
	}
	where, values = due(unheard)
	_, err = list(ctx, q, func(r row) (none struct{}, err error) {
		var openID, key string
		var id int64
		if err = r.Scan(&openID, (*whole64)(&id), &key); err == nil {
			add(openID, key, id)
		}
		return none, err
	}, "SELECT m.openid, m.id, m.message_key FROM messages m "+where, values...)
	return queues, heads, err
}

// unfinishedOf is what Unfinished is asked for.
type unfinishedOf struct {
	openID string
	now    time.Time
}

// Unfinished is Q.Unfinished; callers who come together share the statement.
func (db *DB) Unfinished(ctx context.Context, openID string, now time.Time) ([]Message, error) {
	messages, err := db.shared.unfinished.ask(ctx, unfinishedOf{openID, now})
	return messages, within("unfinished messages", err)
}

func (db *DB) unfinishedAll(ctx context.Context, keys []unfinishedOf) ([][]Message, error) {
	now := keys[0].now
	openIDs := make([]any, len(keys))
	for i, k := range keys {
		openIDs[i] = k.openID
		if k.now.After(now) {
			now = k.now
		}
	}
	messages, err := list(ctx, db.Q, readMessage, "SELECT "+messageColumns+" FROM messages WHERE openid IN "+marks(1, len(keys))+
		" AND state = ? AND due_at <= ? ORDER BY id", append(openIDs, MessageNew, micros(now))...)
	if err != nil {
		return nil, err
	}
	of := map[string][]Message{}
	for _, m := range messages {
		of[m.OpenID] = append(of[m.OpenID], m)
	}
	all := make([][]Message, len(keys))
	for i, k := range keys {
		all[i] = of[k.openID]
	}
	return all, nil
}

// closing is a message to be ended with others.
type closing struct {
	id int64
	Ending
	at time.Time
}

// hear stores that users were heard.
func (q Q) hear(ctx context.Context, all ...closing) error {
	var who []any
	var latest time.Time
	for _, c := range all {
		if c.Heard != "" {
			who = append(who, c.Heard)
		}
		if c.at.After(latest) {
			latest = c.at // they are heard together
		}
	}
	if len(who) == 0 {
		return nil
	}
	_, err := q.exec(ctx, "UPDATE talks SET heard_at = ? WHERE openid IN "+marks(1, len(who)), append([]any{micros(latest)}, who...)...)
	return within("heard", err)
}

// endAll is End for many messages by one statement; intake.ErrConflict when one of them is done already.
func (q Q) endAll(ctx context.Context, all []closing) error {
	if len(all) == 0 {
		return nil
	}
	if err := q.hear(ctx, all...); err != nil {
		return err
	}
	replies, err := q.sealReplies(all)
	if err != nil {
		return err
	}
	n, err := q.endRows(ctx, all, replies)
	if err == nil && n != int64(len(all)) {
		err = intake.ErrConflict
	}
	return err
}

// endEach is endAll without a transaction: what could be ended is, and each of the others has its intake.ErrConflict. Which
// are which their replies tell, for no two are sealed alike: so each must have one.
func (q Q) endEach(ctx context.Context, all []closing) ([]error, error) {
	replies, err := q.sealReplies(all)
	if err == nil {
		err = q.hear(ctx, all...) // true, whatever becomes of the ends
	}
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(all))
	n, err := q.endRows(ctx, all, replies)
	if err != nil || n == int64(len(all)) {
		return errs, err
	}
	ids := make([]any, len(all))
	for i, c := range all {
		ids[i] = c.id
	}
	stored := map[int64]any{}
	_, err = list(ctx, q, func(r row) (none struct{}, err error) {
		var id int64
		var reply string
		err = r.Scan(&id, &reply)
		stored[id] = reply
		return none, err
	}, "SELECT id, reply FROM messages WHERE id IN "+marks(1, len(ids)), ids...)
	for i, c := range all {
		if stored[c.id] != replies[i] {
			errs[i] = fmt.Errorf("finish message %d: %w", c.id, intake.ErrConflict)
		}
	}
	return errs, within("finished messages", err)
}

func (q Q) sealReplies(all []closing) ([]any, error) {
	replies := make([]any, len(all))
	for i, c := range all {
		reply, err := q.sealed(c.Reply, "messages.reply", c.id).Value()
		if err != nil {
			return nil, err
		}
		replies[i] = reply
	}
	return replies, nil
}

// endRows returns how many of the messages it ended.
func (q Q) endRows(ctx context.Context, all []closing, replies []any) (int64, error) {
	var ids, owed, answers []any
	done := all[0].at
	for _, c := range all {
		ids, owed, answers = append(ids, c.id), append(owed, c.owed()), append(answers, c.Answer)
		if c.at.After(done) {
			done = c.at // they end together
		}
	}
	values := []any{MessageDone}
	each := func(column string, its []any) string {
		expression, needs := choice(column, ids, its)
		values = append(values, needs...)
		return expression
	}
	// Same order as in End.
	set := `UPDATE messages SET state = ?, reply = ` + each("reply", replies) + `,
		owed = CASE WHEN answer = '' THEN ` + each("owed", owed) + ` ELSE 0 END,
		answer = CASE WHEN answer = '' THEN ` + each("answer", answers) + ` ELSE answer END,
		done_at = ?, lease_until = 0, owner = '' WHERE id IN `
	n, err := q.exec(ctx, set+marks(1, len(all))+" AND state = ?", append(append(append(values, micros(done)), ids...), MessageNew)...)
	return n, within("finish messages", err)
}

// choice is an expression for a column, with the values it needs, that gives each id its own value; what all share is
// written once.
func choice(column string, ids, its []any) (string, []any) {
	if !slices.ContainsFunc(its, func(v any) bool { return v != its[0] }) {
		return "?", its[:1]
	}
	var values []any
	for i, id := range ids {
		values = append(values, id, its[i])
	}
	return "CASE id" + strings.Repeat(" WHEN ? THEN ?", len(ids)) + " ELSE " + column + " END", values
}
