-- +goose Up
-- What the notices need to be paused by kind, told by several roads, and watched.

CREATE TABLE notice_pauses (
    kind     TEXT    NOT NULL PRIMARY KEY, -- *: all kinds
    until_at INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    actor    TEXT    NOT NULL,
    since_at INTEGER NOT NULL
) STRICT;

CREATE TABLE consents (
    openid      TEXT    NOT NULL,
    template_id TEXT    NOT NULL,
    status      TEXT    NOT NULL, -- as WeChat last told it: accept, reject
    accepted    INTEGER NOT NULL, -- how often it was given and not yet used
    changed_at  INTEGER NOT NULL,
    PRIMARY KEY (openid, template_id)
) STRICT;

ALTER TABLE notices ADD COLUMN road TEXT NOT NULL DEFAULT '';
CREATE INDEX notices_kind ON notices (state, kind, due_at, lease_until, candidate_id);
