package storage

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// recorded is the answer of Record.
type recorded struct {
	message Message
	fresh   bool
	err     error
}

// Record is Q.Record; callers who come together share the statement.
func (db *DB) Record(ctx context.Context, m Message) (saved Message, fresh bool, err error) {
	r, err := db.shared.records.ask(ctx, m)
	if err != nil {
		return Message{}, false, fmt.Errorf("record message: %w", err)
	}
	return r.message, r.fresh, r.err
}

// recordAll stores all messages by one statement, or, when one of them is a repeat, each by its own.
func (db *DB) recordAll(ctx context.Context, messages []Message) ([]recorded, error) {
	all := make([]recorded, len(messages))
	if len(messages) > 1 && db.insertAll(ctx, messages, all) == nil {
		return all, nil
	}
	for i, m := range messages {
		all[i].message, all[i].fresh, all[i].err = db.Q.Record(ctx, m)
	}
	return all, nil
}

// insertAll asks for the ids afterwards: that those of one statement follow each other holds for no cluster.
func (db *DB) insertAll(ctx context.Context, messages []Message, all []recorded) error {
	var values []any
	keys := make([]any, len(messages))
	for i, m := range messages {
		if m.Reply != "" {
			return errors.New("a reply is stored by the message's id")
		}
		m.settle()
		all[i] = recorded{message: m, fresh: true}
		values, keys[i] = append(values, db.values(m)...), m.Key
	}
	if _, err := db.exec(ctx, insertMessages+marks(len(messages), messageValues), values...); err != nil {
		return err
	}
	type numbered struct {
		id  int64
		key string
	}
	rows, err := list(ctx, db.Q, func(r row) (n numbered, err error) { return n, r.Scan(&n.id, &n.key) },
		"SELECT id, message_key FROM messages WHERE message_key IN "+marks(1, len(keys)), keys...)
	if err != nil {
		return err
	}
	ids := make(map[string]int64, len(rows))
	for _, n := range rows {
		ids[n.key] = n.id
	}
	for i := range all {
		if all[i].message.ID = ids[all[i].message.Key]; all[i].message.ID == 0 {
			return fmt.Errorf("a recorded message is gone")
		}
	}
	return nil
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
