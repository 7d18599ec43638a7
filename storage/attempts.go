package storage

import (
	"context"
	"time"
)

// AddAttempt notes a wrong try of who (hashed by the caller) in a scope such as "bind". In
// SQL, so that guessing does not start anew when Redis is emptied.
func (q Q) AddAttempt(ctx context.Context, scope, who string, at time.Time) error {
	_, err := q.exec(ctx, "INSERT INTO attempts (scope, who, tried_at) VALUES (?, ?, ?)", scope, who, micros(at))
	return within("add attempt", err)
}

// Attempts counts the wrong tries at or after a time.
func (q Q) Attempts(ctx context.Context, scope, who string, since time.Time) (int, error) {
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM attempts WHERE scope = ? AND who = ? AND tried_at >= ?",
		scope, who, micros(since))
	return n, within("attempts", err)
}

// ClearAttempts forgets the wrong tries of who.
func (q Q) ClearAttempts(ctx context.Context, scope, who string) error {
	_, err := q.exec(ctx, "DELETE FROM attempts WHERE scope = ? AND who = ?", scope, who)
	return within("clear attempts", err)
}

// TakeBackAttempts forgets the newest n wrong tries of who.
func (q Q) TakeBackAttempts(ctx context.Context, scope, who string, n int) error {
	newest, err := list(ctx, q, value[int64], "SELECT id FROM attempts WHERE scope = ? AND who = ? ORDER BY tried_at DESC, id DESC LIMIT ?",
		scope, who, n)
	for _, id := range newest {
		if err == nil {
			_, err = q.exec(ctx, "DELETE FROM attempts WHERE id = ?", id)
		}
	}
	return within("take back attempts", err)
}

// DropOldAttempts forgets all tries before a time.
func (q Q) DropOldAttempts(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "DELETE FROM attempts WHERE tried_at < ?", micros(before))
	return within("drop old attempts", err)
}
