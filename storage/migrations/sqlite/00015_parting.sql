-- +goose Up
-- Who stops following, who takes an agreement back, and who comes back after being erased.
ALTER TABLE candidates ADD COLUMN parted_at INTEGER NOT NULL DEFAULT 0; -- since when parted stands there
ALTER TABLE talks ADD COLUMN turned_at INTEGER NOT NULL DEFAULT 0; -- WeChat's time of the word that following is known from
UPDATE talks SET turned_at = heard_at WHERE following = 0 AND turned_at = 0;
CREATE INDEX talks_following ON talks (following, turned_at);
ALTER TABLE privacy_consents ADD COLUMN withdrawn_at INTEGER NOT NULL DEFAULT 0; -- 0: it stands
ALTER TABLE roster_jobs ADD COLUMN erased INTEGER NOT NULL DEFAULT 0; -- 1: who was erased comes in again
