-- +goose Up
ALTER TABLE photos ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0; -- 0: nobody has read what is written on it
CREATE INDEX photos_read ON photos (read_at, id);
