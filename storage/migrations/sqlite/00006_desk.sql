-- +goose Up
-- What reviewers hold, may take back, and have learned.
CREATE TABLE claims (
    candidate_id INTEGER NOT NULL PRIMARY KEY REFERENCES candidates (id) ON DELETE CASCADE,
    staff_id     INTEGER NOT NULL,
    token        TEXT    NOT NULL,
    since_at     INTEGER NOT NULL,
    until_at     INTEGER NOT NULL
);
CREATE INDEX claims_staff ON claims (staff_id, until_at);

CREATE TABLE undos (
    candidate_id INTEGER NOT NULL PRIMARY KEY REFERENCES candidates (id) ON DELETE CASCADE,
    staff_id     INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    until_at     INTEGER NOT NULL,
    was          TEXT    NOT NULL
);

CREATE TABLE reason_counts (
    material TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (material, reason)
) WITHOUT ROWID;

ALTER TABLE submissions ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN final_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE decisions ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE decisions ADD COLUMN undone_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX items_material ON items (material, state, submission_id);
