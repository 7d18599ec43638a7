-- +goose Up
-- Rosters brought in from the page, and candidates a newer roster no longer has.
ALTER TABLE candidates ADD COLUMN withdrawn_at INTEGER NOT NULL DEFAULT 0; -- 0: on the roster
CREATE INDEX candidates_site_id ON candidates (site, id);

CREATE TABLE roster_jobs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id    INTEGER NOT NULL,
    site        TEXT    NOT NULL, -- of the account; empty: every site's candidates may come
    state       TEXT    NOT NULL,
    title       TEXT    NOT NULL, -- the file's name
    bytes       INTEGER NOT NULL,
    file_key    TEXT    NOT NULL, -- blob; empty: deleted
    report_key  TEXT    NOT NULL,
    fields      TEXT    NOT NULL, -- what each column is read as
    withdraw    INTEGER NOT NULL, -- 1: who is not in the file is marked as no longer on the roster
    done        INTEGER NOT NULL,
    total       INTEGER NOT NULL,
    counts      TEXT    NOT NULL,
    fault       TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT;
CREATE INDEX roster_jobs_state ON roster_jobs (state, lease_until);
CREATE INDEX roster_jobs_site ON roster_jobs (site, id);
CREATE INDEX roster_jobs_created ON roster_jobs (created_at);

-- What the columns of a set of headers were read as the last time.
CREATE TABLE roster_columns (
    headers    TEXT    PRIMARY KEY, -- hash of the titles
    fields     TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
