-- +goose Up
-- Times are microseconds since 1970 in UTC, 0 for "never". JSON is text that only Go reads.

CREATE TABLE candidates (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    number     TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    id_type    TEXT    NOT NULL,
    id_number  TEXT    NOT NULL,
    id_tail    TEXT    NOT NULL, -- last 4 of id_number, for search
    phone      TEXT    NOT NULL,
    phone_ok   INTEGER NOT NULL,
    site       TEXT    NOT NULL,
    attrs      TEXT    NOT NULL,
    openid     TEXT    UNIQUE,   -- the binding; NULL: not bound
    bound_at   INTEGER NOT NULL,
    version    INTEGER NOT NULL
) STRICT;
CREATE INDEX candidates_name ON candidates (name);
CREATE INDEX candidates_site_name ON candidates (site, name);
CREATE INDEX candidates_id_tail ON candidates (id_tail);

CREATE TABLE submissions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    candidate_id INTEGER NOT NULL UNIQUE REFERENCES candidates (id),
    site         TEXT    NOT NULL, -- copy of the candidate's, so that one index serves the queue
    state        TEXT    NOT NULL,
    round        INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    returned_at  INTEGER NOT NULL,
    deadline_at  INTEGER NOT NULL,
    site_by      INTEGER NOT NULL,
    area_by      INTEGER NOT NULL,
    first_round  INTEGER NOT NULL, -- 1 in round 1, else 0: first key of the queue's order
    due_order    INTEGER NOT NULL, -- deadline_at, or the largest number without one: second key
    updated_at   INTEGER NOT NULL,
    version      INTEGER NOT NULL
) STRICT;
CREATE INDEX submissions_site_state ON submissions (site, state, first_round, due_order, submitted_at, candidate_id);
CREATE INDEX submissions_state ON submissions (state, first_round, due_order, submitted_at, candidate_id);
CREATE INDEX submissions_site ON submissions (site, first_round, due_order, submitted_at, candidate_id);
CREATE INDEX submissions_order ON submissions (first_round, due_order, submitted_at, candidate_id);

CREATE TABLE items (
    submission_id INTEGER NOT NULL REFERENCES submissions (id),
    material      TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reasons       TEXT    NOT NULL,
    comment       TEXT    NOT NULL,
    note          TEXT    NOT NULL,
    resend        INTEGER NOT NULL,
    round         INTEGER NOT NULL,
    PRIMARY KEY (submission_id, material)
) STRICT;

CREATE TABLE photos (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    candidate_id INTEGER NOT NULL REFERENCES candidates (id),
    material     TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    round        INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    state_at     INTEGER NOT NULL,
    sha256       TEXT    NOT NULL,
    format       TEXT    NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    copy_bytes   INTEGER NOT NULL,
    original_key TEXT    NOT NULL,
    copy_key     TEXT    NOT NULL,
    screen_key   TEXT    NOT NULL,
    thumb_key    TEXT    NOT NULL,
    phash        INTEGER NOT NULL, -- bit pattern of a uint64
    dhash        INTEGER NOT NULL,
    verdicts     TEXT    NOT NULL,
    message_id   INTEGER UNIQUE,   -- one message brings one photo, whatever is retried
    received_at  INTEGER NOT NULL,
    UNIQUE (candidate_id, material, seq)
) STRICT;
CREATE INDEX photos_sha256 ON photos (sha256);

CREATE TABLE decisions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    submission_id INTEGER NOT NULL REFERENCES submissions (id),
    candidate_id  INTEGER NOT NULL REFERENCES candidates (id),
    round         INTEGER NOT NULL,
    level         TEXT    NOT NULL,
    staff_id      INTEGER NOT NULL,
    decided_at    INTEGER NOT NULL,
    judgements    TEXT    NOT NULL
) STRICT;
CREATE INDEX decisions_candidate ON decisions (candidate_id, id);
CREATE INDEX decisions_submission ON decisions (submission_id);

CREATE TABLE talks (
    openid    TEXT    PRIMARY KEY,
    following INTEGER NOT NULL,
    stage     TEXT    NOT NULL,
    memo      TEXT    NOT NULL,
    ahead     TEXT    NOT NULL,
    heard_at  INTEGER NOT NULL,
    version   INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    message_key TEXT    NOT NULL UNIQUE,
    openid      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    state       TEXT    NOT NULL,
    reply       TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    owed        INTEGER NOT NULL, -- 1: done, with a reply that has not gone out
    material    TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    owner       TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    done_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_openid ON messages (openid, state);
CREATE INDEX messages_due ON messages (state, due_at, received_at, openid);
CREATE INDEX messages_owed ON messages (owed, done_at);

CREATE TABLE notices (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    notice_key   TEXT    NOT NULL UNIQUE,
    kind         TEXT    NOT NULL,
    candidate_id INTEGER NOT NULL REFERENCES candidates (id),
    round        INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    lease_until  INTEGER NOT NULL,
    owner        TEXT    NOT NULL,
    msg_id       INTEGER NOT NULL, -- 0: WeChat gave none
    err_code     INTEGER NOT NULL,
    problem      TEXT    NOT NULL,
    sent_at      INTEGER NOT NULL,
    headed       INTEGER NOT NULL,
    closed_at    INTEGER NOT NULL  -- when it was delivered or given up
) STRICT;
CREATE INDEX notices_due ON notices (state, due_at, lease_until);
CREATE INDEX notices_candidate ON notices (candidate_id, state);
CREATE INDEX notices_msg_id ON notices (msg_id);

-- Delivery events as they came: one may be faster than the answer of the API call it belongs to.
CREATE TABLE delivery_events (
    msg_id      INTEGER PRIMARY KEY,
    ok          INTEGER NOT NULL,
    problem     TEXT    NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_events_received ON delivery_events (received_at);

CREATE TABLE staff (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE,
    role          TEXT    NOT NULL,
    site          TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    disabled      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at  INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    candidate_id INTEGER NOT NULL, -- 0: concerns no candidate
    detail       TEXT    NOT NULL
) STRICT;
CREATE INDEX events_candidate ON events (candidate_id, id);

CREATE TABLE attempts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    scope    TEXT    NOT NULL,
    who      TEXT    NOT NULL,
    tried_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_who ON attempts (scope, who, tried_at);
CREATE INDEX attempts_tried ON attempts (tried_at);
