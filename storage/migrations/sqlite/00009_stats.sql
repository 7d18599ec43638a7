-- +goose Up
-- What staff look at from above, and what is decided for many at once.
ALTER TABLE decisions ADD COLUMN took_ms INTEGER NOT NULL DEFAULT 0; -- from opening to deciding; 0: not known
ALTER TABLE notices ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0; -- when the candidate looked at the feedback after it; 0: not yet

-- Counts of what happened, by day and site; they follow from decisions and events.
CREATE TABLE figures (
    day  INTEGER NOT NULL, -- such as 20260203, in the season's time zone
    site TEXT    NOT NULL,
    what TEXT    NOT NULL,
    code TEXT    NOT NULL,
    who  INTEGER NOT NULL, -- the account, where it matters; else 0
    n    INTEGER NOT NULL,
    PRIMARY KEY (day, site, what, code, who)
) STRICT;

-- Up to which row figures have been counted.
CREATE TABLE figure_marks (
    source TEXT    PRIMARY KEY,
    upto   INTEGER NOT NULL
) STRICT;
INSERT INTO figure_marks (source, upto) VALUES ('decisions', 0), ('events', 0);

CREATE TABLE batches (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id    INTEGER NOT NULL,
    order_json  TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    owner       TEXT    NOT NULL
) STRICT;
CREATE INDEX batches_state ON batches (state, lease_until);
CREATE INDEX batches_staff ON batches (staff_id, id);

CREATE TABLE batch_rows (
    batch_id     INTEGER NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    candidate_id INTEGER NOT NULL REFERENCES candidates (id) ON DELETE CASCADE,
    version      INTEGER NOT NULL, -- of the submission when it was chosen
    state        TEXT    NOT NULL,
    why          TEXT    NOT NULL,
    done_at      INTEGER NOT NULL,
    PRIMARY KEY (batch_id, candidate_id)
) STRICT;
CREATE INDEX batch_rows_candidate ON batch_rows (candidate_id);
