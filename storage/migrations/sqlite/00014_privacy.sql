-- +goose Up
-- What the law on personal information asks of us.
ALTER TABLE candidates ADD COLUMN parted TEXT NOT NULL DEFAULT ''; -- keyed hash of the openid that stopped following
CREATE INDEX candidates_parted ON candidates (parted);
CREATE INDEX photos_original ON photos (original_key); -- the four blobs of a photo have names that begin alike

-- Who agreed to which text when.
CREATE TABLE privacy_consents (
    candidate_id INTEGER NOT NULL REFERENCES candidates (id),
    version      TEXT    NOT NULL,
    agreed_at    INTEGER NOT NULL,
    PRIMARY KEY (candidate_id, version)
) STRICT;

-- What is left of somebody who was erased.
CREATE TABLE erasures (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    person    TEXT    NOT NULL, -- keyed hash of the 报名号
    actor     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    row_count INTEGER NOT NULL,
    blobs     INTEGER NOT NULL,
    erased_at INTEGER NOT NULL
) STRICT;
CREATE INDEX erasures_person ON erasures (person);

-- Blobs whose rows are gone, until they are gone themselves.
CREATE TABLE doomed_blobs (
    blob_key  TEXT    PRIMARY KEY,
    doomed_at INTEGER NOT NULL
) STRICT;
