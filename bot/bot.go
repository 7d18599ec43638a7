// Package bot is the candidate's side: one WeChat message in, one reply out, and the worker
// that finishes what could not be answered in time.
package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"cailiao/clamd"
	"cailiao/imaging"
	"cailiao/intake"
	"cailiao/storage"
	"cailiao/watch"
	"cailiao/wechat"
)

// workLimit bounds one message's work, fetching and judging a photo included.
const workLimit = 90 * time.Second

// Bot answers candidates. Fill the exported fields before use; those with a default, Reading, Examples
// and Wake may stay empty.
type Bot struct {
	DB        *storage.DB
	Redis     *storage.Redis
	Blobs     storage.Blobs
	WeChat    *wechat.Account
	Clamd     *clamd.Client // nil: photos are not scanned
	Imaging   *imaging.Works
	Reading   Reader // nil: pictures are not read
	Season    *intake.Season
	Now       func() time.Time
	Log       *slog.Logger
	Examples  string         // URL prefix of example pictures; empty: none are offered
	Wake      func()         // tells the notice loop that rows changed
	Patience  time.Duration  // how long WeChat is kept waiting; 0: 4.5 s, as it hangs up after 5
	Quiet     time.Duration  // an album ends when no photo came for so long; 0: 1.2 s
	Probe     time.Duration  // how often one message that was put off is tried before its time; 0: 2 s
	Metrics   *watch.Metrics // nil: nothing is counted
	Step      func(string)   // is told the steps of every message, see Steps; only for tests
	ReadEvery time.Duration  // how often stored photos are read; 0: 2 s
	Secret    []byte         // signs QR scenes; empty: no scene binds
	Page      string         // URL of the candidate's own page; empty: none is offered
	Privacy   string         // URL of the page that says what is held of candidates; empty: none
	Pictures  fs.FS          // the season's example pictures; nil: none are sent
	InHand    int            // messages worked on or waiting at once; more stay recorded for Run; 0: 1000
	Notice    string         // version of what candidates agree to by confirming the phone; empty: none is recorded

	shown examples

	turns   doors
	working crew
	photos  room
}

// inHand is the bound of messages in this process: each takes memory, and the database is the better queue.
const inHand = 1000

// Answer records a message, works on it and returns the reply for WeChat's passive answer: ""
// means acknowledge without a reply (none is due, or it follows by itself). An error means the
// message is not recorded: WeChat must deliver it again.
func (b *Bot) Answer(ctx context.Context, m wechat.Message) (string, error) {
	said := bodyOf(m, watch.Request(ctx))
	body, err := json.Marshal(said)
	if err != nil {
		return "", err
	}
	patience, cancel := context.WithTimeout(ctx, cmp.Or(b.Patience, 4500*time.Millisecond))
	defer cancel()
	b.step("received")
	came, err := b.DB.Arrive(patience, storage.Message{
		Key: m.Key, OpenID: m.OpenID, Kind: string(m.Kind), Body: body, ReceivedAt: b.Now(),
	})
	if err != nil {
		return "", fmt.Errorf("record message: %w", err)
	}
	b.step("recorded")
	hand := &handover{ready: make(chan outcome, 1)}
	if !b.beside(ctx, func(ctx context.Context) { b.finish(ctx, arrival{came, said}, hand) }) { // it is recorded: Run takes it, in its order
		return "", nil
	}
	select {
	case out := <-hand.ready:
		b.step("answering")
		return b.passive(ctx, out)
	case <-patience.Done():
	}
	if out, ok := hand.leave(); ok {
		return b.passive(ctx, out)
	}
	return "", nil
}

// finish works on a message and hands the reply to whoever waits, else sends it late.
func (b *Bot) finish(ctx context.Context, came arrival, hand *handover) {
	row := came.Message
	if row.DoneAt.IsZero() && row.Kind == string(wechat.KindImage) && b.overtaken(ctx, row) {
		hand.give(outcome{}) // the newer photo's turn takes this one, too, and answers for both
		return
	}
	out, err := b.work(ctx, task{id: row.ID, openID: row.OpenID, hand: hand, came: &came})
	for errors.Is(err, errAlbum) {
		b.overtaken(ctx, row)
		out, err = b.work(ctx, task{id: row.ID, openID: row.OpenID, hand: hand})
	}
	if err != nil {
		b.Log.ErrorContext(ctx, "message not finished, will be tried again", "message", row.ID, "err", err)
		out = outcome{} // whatever it would have said has not come about
	}
	if hand.give(out) {
		return
	}
	if out.answered { // the turn was saved while somebody still waited
		if err := b.DB.Missed(ctx, out.id); err != nil {
			b.Log.ErrorContext(ctx, "late answer not marked", "message", out.id, "err", err)
			return
		}
	}
	b.late(ctx, out)
}

// passive marks the reply as given in WeChat's own answer. A repeat of a message answered so
// before gets the same reply; one answered by customer-service message gets none.
func (b *Bot) passive(ctx context.Context, out outcome) (string, error) {
	if out.reply == "" || out.unfinished || out.answered {
		return out.reply, nil
	}
	first, err := b.DB.Answered(ctx, out.id, answeredPassive)
	if err != nil {
		// Better told twice than not at all: the sweep would send it late once more.
		b.Log.WarnContext(ctx, "answer not marked", "message", out.id, "err", err)
		return out.reply, nil
	}
	if first {
		return out.reply, nil
	}
	// Read again: a late answer may have gone out since the turn was read.
	row, err := b.DB.Message(ctx, out.id)
	if err != nil || row.Answer == answeredLate {
		return "", err
	}
	return out.reply, nil
}

// How a reply got out.
const (
	answeredPassive = "passive"
	answeredLate    = "late"
)

// outcome is a message's reply and how it stands.
type outcome struct {
	id         int64
	openID     string
	reply      string
	unfinished bool // an interim word; the real reply follows
	answered   bool // saved as given in WeChat's own answer, because the request still waited
}

// handover passes an outcome to the waiting request, unless that has gone.
type handover struct {
	mu    sync.Mutex
	gone  bool
	ready chan outcome
}

func (h *handover) give(out outcome) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return false
	}
	h.ready <- out
	return true
}

// waiting says whether a request waits for the outcome; a nil handover has none.
func (h *handover) waiting() bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.gone
}

func (h *handover) leave() (out outcome, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone = true
	select {
	case out = <-h.ready:
		return out, true
	default:
		return outcome{}, false
	}
}

// Drain waits until no message is being worked on, or ctx ends.
func (b *Bot) Drain(ctx context.Context) error {
	if err := b.working.wait(ctx); err != nil {
		return errors.New("messages are still being worked on; they stay recorded and are finished after the next start")
	}
	return nil
}

// Hands is how many messages are being worked on or wait in this process.
func (b *Bot) Hands() int { return b.working.size() }

// who makes an open id fit for logs, lock names and counters.
func who(openID string) string {
	sum := sha256.Sum256([]byte(openID))
	return hex.EncodeToString(sum[:8])
}
