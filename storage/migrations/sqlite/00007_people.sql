-- +goose Up
ALTER TABLE staff ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0; -- sessions of an earlier one are over
ALTER TABLE staff ADD COLUMN initial_until INTEGER NOT NULL DEFAULT 0; -- the password was given by somebody else and works until then; 0: their own
ALTER TABLE staff ADD COLUMN totp_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN totp_since INTEGER NOT NULL DEFAULT 0; -- 0: not set up
ALTER TABLE staff ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0; -- of the last code used
ALTER TABLE staff ADD COLUMN last_login INTEGER NOT NULL DEFAULT 0;

-- Each lets its owner in once, without the telephone.
CREATE TABLE recovery_codes (
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    hash     TEXT    NOT NULL,
    used_at  INTEGER NOT NULL, -- 0: not yet
    PRIMARY KEY (staff_id, hash)
) STRICT;

-- The log is searched by who, what and when, and paged by id.
CREATE INDEX events_actor ON events (actor, id);
CREATE INDEX events_actor_action ON events (actor, action, id);
CREATE INDEX events_action ON events (action, id);
CREATE INDEX events_happened ON events (happened_at);
