-- +goose Up
-- Personal data stand sealed; candidates are found by blind indexes: keyed hashes of the first one,
-- two and three characters of the name and of the whole of it, of the last 4 of the ID number and of
-- the whole of it.
ALTER TABLE candidates ADD COLUMN name_1 TEXT NOT NULL DEFAULT '';
ALTER TABLE candidates ADD COLUMN name_2 TEXT NOT NULL DEFAULT '';
ALTER TABLE candidates ADD COLUMN name_3 TEXT NOT NULL DEFAULT '';
ALTER TABLE candidates ADD COLUMN name_whole TEXT NOT NULL DEFAULT '';
ALTER TABLE candidates ADD COLUMN id_last TEXT NOT NULL DEFAULT '';
ALTER TABLE candidates ADD COLUMN id_whole TEXT NOT NULL DEFAULT '';
CREATE INDEX candidates_name_1 ON candidates (name_1, site);
CREATE INDEX candidates_name_2 ON candidates (name_2, site);
CREATE INDEX candidates_name_3 ON candidates (name_3, site);
CREATE INDEX candidates_name_whole ON candidates (name_whole, site);
CREATE INDEX candidates_id_last ON candidates (id_last);
CREATE INDEX candidates_id_whole ON candidates (id_whole);
DROP INDEX IF EXISTS candidates_name;
DROP INDEX IF EXISTS candidates_site_name;
DROP INDEX IF EXISTS candidates_id_tail;
CREATE INDEX candidates_site ON candidates (site, number);
