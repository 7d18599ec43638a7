package storage

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"cailiao/intake"
)

// Agreement is a person's consent to a version of the privacy notice.
type Agreement struct {
	Version     string
	At          time.Time
	WithdrawnAt time.Time // zero: it stands
}

// Agree records a consent; of several to a version the first one that stands counts.
func (q Q) Agree(ctx context.Context, candidateID int64, a Agreement) error {
	_, err := q.exec(ctx, "INSERT INTO privacy_consents (candidate_id, version, agreed_at) VALUES (?, ?, ?)", candidateID, a.Version, micros(a.At))
	if isConflict(err) {
		_, err = q.exec(ctx, `UPDATE privacy_consents SET agreed_at = ?, withdrawn_at = 0
			WHERE candidate_id = ? AND version = ? AND withdrawn_at > 0`, micros(a.At), candidateID, a.Version)
	}
	return within("agree", err)
}

// WithdrawAgreements records that a person takes back every consent that stands.
func (q Q) WithdrawAgreements(ctx context.Context, candidateID int64, now time.Time) error {
	_, err := q.exec(ctx, "UPDATE privacy_consents SET withdrawn_at = ? WHERE candidate_id = ? AND withdrawn_at = 0", micros(now), candidateID)
	return within("withdraw agreements", err)
}

// Agreements lists a person's consents.
func (q Q) Agreements(ctx context.Context, candidateID int64) ([]Agreement, error) {
	all, err := list(ctx, q, func(r row) (a Agreement, err error) {
		return a, r.Scan(&a.Version, moment{&a.At}, moment{&a.WithdrawnAt})
	},
		"SELECT version, agreed_at, withdrawn_at FROM privacy_consents WHERE candidate_id = ? ORDER BY agreed_at", candidateID)
	return all, within(fmt.Sprintf("agreements of candidate %d", candidateID), err)
}

// QuestionsOf lists what a person asked and was answered.
func (q Q) QuestionsOf(ctx context.Context, candidateID int64) ([]Question, error) {
	all, err := list(ctx, q, readQuestion, "SELECT "+questionColumns+" WHERE q.candidate_id = ? ORDER BY q.id", candidateID)
	return all, within(fmt.Sprintf("questions of candidate %d", candidateID), err)
}

// MessagesOf lists what a WeChat user said, oldest first.
func (q Q) MessagesOf(ctx context.Context, openID string) ([]Message, error) {
	if openID == "" {
		return nil, nil
	}
	all, err := list(ctx, q, readMessage, "SELECT "+messageColumns+" FROM messages WHERE openid = ? ORDER BY id", openID)
	return all, within("messages of a user", err)
}

// DropOldScenes forgets used QR scenes; they must have expired long before.
func (q Q) DropOldScenes(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "DELETE FROM used_scenes WHERE used_at < ?", micros(before))
	return within("drop old scenes", err)
}

// DropOriginals gives up the bytes as received of photos whose candidate passed before a time: from
// then on the copy stands for them. At most limit photos at once; it returns how many.
func (q Q) DropOriginals(ctx context.Context, passedBefore, now time.Time, limit int) (int, error) {
	type original struct {
		id        int64
		key, copy string
	}
	n := 0
	err := q.atomic(ctx, func(tx Q) error {
		all, err := list(ctx, tx, func(r row) (o original, err error) { return o, r.Scan(&o.id, &o.key, &o.copy) },
			`SELECT p.id, p.original_key, p.copy_key FROM submissions s JOIN photos p ON p.candidate_id = s.candidate_id
			WHERE s.state = ? AND s.updated_at < ? AND p.copy_key <> '' AND p.original_key <> p.copy_key LIMIT ?`,
			intake.Passed, micros(passedBefore), limit)
		if err != nil {
			return err
		}
		for _, o := range all {
			err := tx.changePhoto(ctx, o.id, func(tx Q) error {
				_, err := tx.exec(ctx, "UPDATE photos SET original_key = copy_key WHERE id = ?", o.id)
				return err
			})
			if err != nil {
				return err
			}
			if err := tx.Doom(ctx, o.key, now); err != nil {
				return err
			}
		}
		n = len(all)
		return nil
	})
	return n, within("drop originals", err)
}

var photoBlob = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{64}-(original|copy|screen|thumb)(-[0-9a-z]+)*$`)

// IsPhotoBlob says whether a key is one of BlobKey's: other blobs are not a photo's.
func IsPhotoBlob(key string) bool { return photoBlob.MatchString(key) }

// BlobUsed says whether a photo points at a blob.
func (q Q) BlobUsed(ctx context.Context, key string) (bool, error) {
	orphans, err := q.Orphans(ctx, []string{key})
	return len(orphans) == 0, err
}

// Orphans are those of photos' blobs that no photo points at. The four blobs of a photo share the
// beginning of their names, so that one index finds them all.
func (q Q) Orphans(ctx context.Context, keys []string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var originals []any
	for _, key := range keys {
		base, _, _ := strings.Cut(key, "-")
		originals = append(originals, base+"-original", base+"-copy")
	}
	type four [4]string
	found, err := list(ctx, q, func(r row) (f four, err error) { return f, r.Scan(&f[0], &f[1], &f[2], &f[3]) },
		"SELECT original_key, copy_key, screen_key, thumb_key FROM photos WHERE original_key IN "+marks(1, len(originals)), originals...)
	if err != nil {
		return nil, within("orphans", err)
	}
	used := map[string]bool{}
	for _, f := range found {
		for _, key := range f {
			used[key] = true
		}
	}
	var orphans []string
	for _, key := range keys {
		if !used[key] {
			orphans = append(orphans, key)
		}
	}
	return orphans, nil
}
