-- +goose Up
ALTER TABLE photos ADD COLUMN tray INTEGER NOT NULL DEFAULT 0; -- number under which it waits in the tray; 0: never did
ALTER TABLE candidates ADD COLUMN answers TEXT NOT NULL DEFAULT '{}'; -- what the candidate said of themselves
ALTER TABLE candidates ADD COLUMN assumed TEXT NOT NULL DEFAULT '[]'; -- attributes the roster left to their default
ALTER TABLE candidates ADD COLUMN second_phone TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0; -- when a reviewer first opened this round
CREATE INDEX decisions_decided ON decisions (decided_at);

-- Questions candidates left for people.
CREATE TABLE questions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    candidate_id INTEGER NOT NULL REFERENCES candidates (id),
    site         TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    asked_at     INTEGER NOT NULL,
    answer       TEXT    NOT NULL,
    answered_at  INTEGER NOT NULL, -- 0: open
    staff_id     INTEGER NOT NULL,
    delivered    INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_open ON questions (answered_at, site, id);
CREATE INDEX questions_candidate ON questions (candidate_id, id);

-- QR codes work once.
CREATE TABLE used_scenes (
    scene   TEXT    PRIMARY KEY,
    used_at INTEGER NOT NULL
) STRICT;
