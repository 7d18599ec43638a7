package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cailiao/intake"
)

// MessageState says whether a message still has to be worked on.
type MessageState string

const (
	MessageNew  MessageState = "new"  // to be worked; with DueAt in the future: to be retried
	MessageDone MessageState = "done" //
)

// How a reply got out, in Message.Answer.
const (
	AnsweredPassive = "passive" // in the response to WeChat's call
	AnsweredLate    = "late"    // by customer-service message, or at the head of a later reply
)

// Message is one callback of WeChat, recorded before anything else happens.
type Message struct {
	ID         int64
	Key        string // unique, at most 191 characters: what makes a repeat a repeat
	OpenID     string
	Kind       string
	Body       []byte // JSON the bot wrote
	State      MessageState
	Reply      string
	Answer     string // how the reply got out; empty: it has not
	Material   string // where a photo goes, fixed at the first try
	Attempts   int
	DueAt      time.Time
	LeaseUntil time.Time
	Owner      string
	ReceivedAt time.Time
	DoneAt     time.Time
}

const messageColumns = `id, message_key, openid, kind, body, state, reply, answer, material,
	attempts, due_at, lease_until, owner, received_at, done_at`

func readMessage(r row) (m Message, err error) {
	err = r.Scan(&m.ID, &m.Key, &m.OpenID, &m.Kind, unseal(&m.Body, "messages.body", &m.Key), &m.State,
		unseal(&m.Reply, "messages.reply", &m.ID), &m.Answer, &m.Material,
		&m.Attempts, moment{&m.DueAt}, moment{&m.LeaseUntil}, &m.Owner, moment{&m.ReceivedAt}, moment{&m.DoneAt})
	return m, err
}

// Record stores a message; fresh is false when its Key is known, and stored is then the
// message as it was recorded first. An empty State means new.
func (q Q) Record(ctx context.Context, m Message) (saved Message, fresh bool, err error) {
	m.settle()
	m.ID, err = q.insert(ctx, insertMessages+marks(1, messageValues), q.values(m)...)
	if err == nil && m.Reply != "" { // sealed for its id, which nobody knew before
		_, err = q.exec(ctx, "UPDATE messages SET reply = ? WHERE id = ?", q.sealed(m.Reply, "messages.reply", m.ID), m.ID)
	}
	if err == nil {
		return m, true, nil
	}
	if !isConflict(err) {
		return Message{}, false, fmt.Errorf("record message: %w", err)
	}
	saved, err = q.MessageByKey(ctx, m.Key)
	return saved, false, err
}

// MessageByKey returns the message with a key, or intake.ErrNotFound.
func (q Q) MessageByKey(ctx context.Context, key string) (Message, error) {
	m, err := one(ctx, q, readMessage, "SELECT "+messageColumns+" FROM messages WHERE message_key = ?", key)
	return m, within("recorded message", err)
}

const (
	insertMessages = `INSERT INTO messages (message_key, openid, kind, body, state, reply, answer, owed,
			material, attempts, due_at, lease_until, owner, received_at, done_at) VALUES `
	messageValues = 15
)

// settle makes a message as it will come back from its row.
func (m *Message) settle() {
	if m.State == "" {
		m.State = MessageNew
	}
	if m.Body == nil {
		m.Body = []byte{}
	}
	m.DueAt, m.LeaseUntil = stored(m.DueAt), stored(m.LeaseUntil)
	m.ReceivedAt, m.DoneAt = stored(m.ReceivedAt), stored(m.DoneAt)
}

// values of insertMessages; the reply follows, see Record.
func (q Q) values(m Message) []any {
	return []any{m.Key, m.OpenID, m.Kind, q.sealedBytes(m.Body, "messages.body", m.Key), m.State, "", m.Answer, m.owed(),
		m.Material, m.Attempts, micros(m.DueAt), micros(m.LeaseUntil), m.Owner, micros(m.ReceivedAt), micros(m.DoneAt)}
}

func (m Message) owed() bool { return m.State == MessageDone && m.Reply != "" && m.Answer == "" }

// Message returns one message, or intake.ErrNotFound.
func (q Q) Message(ctx context.Context, id int64) (Message, error) {
	m, err := one(ctx, q, readMessage, "SELECT "+messageColumns+" FROM messages WHERE id = ?", id)
	if err != nil {
		return Message{}, fmt.Errorf("message %d: %w", id, err)
	}
	return m, nil
}

// Unfinished lists the messages of one user that are to be worked on now, in the order in
// which they were recorded.
func (q Q) Unfinished(ctx context.Context, openID string, now time.Time) ([]Message, error) {
	messages, err := list(ctx, q, readMessage, "SELECT "+messageColumns+` FROM messages
		WHERE openid = ? AND state = ? AND due_at <= ? ORDER BY id`, openID, MessageNew, micros(now))
	if err != nil {
		return nil, fmt.Errorf("unfinished messages: %w", err)
	}
	return messages, nil
}

// Talked lists the last messages of one user, oldest first, at most limit.
func (q Q) Talked(ctx context.Context, openID string, limit int) ([]Message, error) {
	messages, err := list(ctx, q, readMessage, "SELECT "+messageColumns+" FROM messages WHERE openid = ? ORDER BY id DESC LIMIT ?", openID, limit)
	slices.Reverse(messages)
	return messages, within("messages of a user", err)
}

// NewestPhoto returns the photo message of a user recorded last among those to be worked on now,
// or intake.ErrNotFound.
func (q Q) NewestPhoto(ctx context.Context, openID string, now time.Time) (Message, error) {
	m, err := one(ctx, q, readMessage, "SELECT "+messageColumns+` FROM messages
		WHERE openid = ? AND state = ? AND kind = 'image' AND due_at <= ? ORDER BY id DESC LIMIT 1`, openID, MessageNew, micros(now))
	return m, within("newest photo", err)
}

// Finish closes a message with its reply; an empty one means there is nothing to say.
func (q Q) Finish(ctx context.Context, id int64, reply string, now time.Time) error {
	return q.End(ctx, id, Ending{Reply: reply}, now)
}

// FinishBlank is Finish for a message that must not stay, see Ending.
func (q Q) FinishBlank(ctx context.Context, id int64, reply string, now time.Time) error {
	return q.End(ctx, id, Ending{Reply: reply, Blank: true}, now)
}

// Ending is how a message is closed.
type Ending struct {
	Reply  string
	Answer string // how the reply goes out at this moment; empty: it is owed
	Blank  bool   // the body held digits of an ID number, or a phone number, and must not stay
	Heard  string // whose talk is to say that they were heard now; empty: nobody's. Its version stays
}

func (e Ending) owed() bool { return e.Reply != "" && e.Answer == "" }

// End is Finish with more to say. A message answered before stays answered as it was; intake.ErrConflict when it is done
// already: whoever does it once more must not have any effect.
func (q Q) End(ctx context.Context, id int64, e Ending, now time.Time) error {
	if q.ends != nil && !e.Blank {
		*q.ends = append(*q.ends, closing{id, e, now})
		return nil
	}
	if err := q.hear(ctx, closing{id, e, now}); err != nil {
		return err
	}
	body, values := "", []any{MessageDone, q.sealed(e.Reply, "messages.reply", id), e.owed(), e.Answer, micros(now)}
	if e.Blank {
		body, values = ", body = ?", append(values, []byte{})
	}
	// MySQL goes from left to right: owed must look at the answer before it is set.
	err := q.execOne(ctx, intake.ErrConflict, `UPDATE messages
		SET state = ?, reply = ?, owed = CASE WHEN answer = '' THEN ? ELSE 0 END,
			answer = CASE WHEN answer = '' THEN ? ELSE answer END, done_at = ?, lease_until = 0, owner = '' `+body+`
		WHERE id = ? AND state = ?`, append(values, id, MessageNew)...)
	if err != nil {
		return fmt.Errorf("finish message %d: %w", id, err)
	}
	return nil
}

// Missed takes back that a reply went out in the response to WeChat's call: nobody waited for it any more.
func (q Q) Missed(ctx context.Context, id int64) error {
	_, err := q.exec(ctx, "UPDATE messages SET answer = '', owed = 1 WHERE id = ? AND answer = ?", id, AnsweredPassive)
	return within(fmt.Sprintf("missed answer %d", id), err)
}

// Postpone counts a try that failed for a passing reason and sets when to try again; material
// is where its photo goes then.
func (q Q) Postpone(ctx context.Context, id int64, due time.Time, material string) error {
	err := q.execOne(ctx, intake.ErrNotFound, `UPDATE messages
		SET attempts = attempts + 1, due_at = ?, material = ?, lease_until = 0, owner = '' WHERE id = ?`,
		micros(due), material, id)
	if err != nil {
		return fmt.Errorf("postpone message %d: %w", id, err)
	}
	return nil
}

// HeldMaterial stands in Material of a photo's message that waits until its sender is bound. No
// season has such a code.
const HeldMaterial = "*"

// Held says that the message's photo came before its sender was bound.
func (m Message) Held() bool { return m.Material == HeldMaterial }

// Hold marks a message for Recall.
func (q Q) Hold(ctx context.Context, id int64) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE messages SET material = ? WHERE id = ?", HeldMaterial, id)
	return within(fmt.Sprintf("hold message %d", id), err)
}

// Recall brings back the messages of a user that were held, to be worked on from now.
func (q Q) Recall(ctx context.Context, openID string, now time.Time) error {
	_, err := q.exec(ctx, `UPDATE messages
		SET state = ?, reply = '', answer = '', owed = 0, attempts = 0, due_at = ?, done_at = 0
		WHERE openid = ? AND state = ? AND kind = 'image' AND material = ?`,
		MessageNew, micros(now), openID, MessageDone, HeldMaterial)
	return within("recall messages", err)
}

// Hurry makes due now what was put off.
func (q Q) Hurry(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "UPDATE messages SET due_at = ? WHERE state = ? AND due_at > ?", micros(now), MessageNew, micros(now))
	return within("hurry messages", err)
}

// Due makes a message due at that time.
func (q Q) Due(ctx context.Context, id int64, at time.Time) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE messages SET due_at = ? WHERE id = ?", micros(at), id)
	return within(fmt.Sprintf("message %d due", id), err)
}

// Soonest returns the message that is the next to come due after being put off, or intake.ErrNotFound.
func (q Q) Soonest(ctx context.Context, now time.Time) (Message, error) {
	m, err := one(ctx, q, readMessage, "SELECT "+messageColumns+` FROM messages
		WHERE state = ? AND due_at > ? ORDER BY due_at LIMIT 1`, MessageNew, micros(now))
	return m, within("soonest message", err)
}

// Answered claims the right to deliver the reply of a message; first is true for exactly one
// of all callers.
func (q Q) Answered(ctx context.Context, id int64, how string) (first bool, err error) {
	n, err := q.exec(ctx, "UPDATE messages SET answer = ?, owed = 0 WHERE id = ? AND answer = ''", how, id)
	if err != nil {
		return false, fmt.Errorf("answer message %d: %w", id, err)
	}
	return n == 1, nil
}

// Stragglers lists users, each once, with messages received before olderThan that are to be
// worked on now: left by an instance that died, or due for another try. At most limit.
func (q Q) Stragglers(ctx context.Context, olderThan, now time.Time, limit int) ([]string, error) {
	// An album makes several messages of one user, hence more rows than users.
	openIDs, err := list(ctx, q, value[string], `SELECT openid FROM messages
		WHERE state = ? AND due_at <= ? AND received_at < ? ORDER BY due_at, received_at LIMIT ?`,
		MessageNew, micros(now), micros(olderThan), 10*limit)
	if err != nil {
		return nil, fmt.Errorf("stragglers: %w", err)
	}
	seen := map[string]bool{}
	var users []string
	for _, openID := range openIDs {
		if !seen[openID] && len(users) < limit {
			seen[openID] = true
			users = append(users, openID)
		}
	}
	return users, nil
}

// Unanswered lists the ids of messages done before a time whose reply has not gone out, oldest first. Each is read by
// itself: one that cannot be read must not hold up the others.
func (q Q) Unanswered(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	ids, err := list(ctx, q, value[int64], "SELECT id FROM messages WHERE owed = 1 AND done_at < ? ORDER BY done_at LIMIT ?", micros(before), limit)
	return ids, within("unanswered messages", err)
}

// DropOldMessages forgets messages done before a time, and delivery events that came before
// it; it returns how many messages went. In small steps: nobody waits for it.
func (q Q) DropOldMessages(ctx context.Context, before time.Time) (int64, error) {
	const step = 500
	var dropped int64
	for {
		ids, err := list(ctx, q, value[int64], `SELECT id FROM messages
			WHERE owed IN (0, 1) AND done_at > 0 AND done_at < ? LIMIT ?`, micros(before), step)
		if err != nil {
			return dropped, fmt.Errorf("old messages: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		n, err := q.exec(ctx, "DELETE FROM messages WHERE id IN "+marks(1, len(ids)), args(ids)...)
		if err != nil {
			return dropped, fmt.Errorf("drop old messages: %w", err)
		}
		dropped += n
	}
	if _, err := q.exec(ctx, "DELETE FROM delivery_events WHERE received_at < ?", micros(before)); err != nil {
		return dropped, fmt.Errorf("drop old delivery events: %w", err)
	}
	return dropped, nil
}
