-- +goose Up
-- Which state of a candidate's photos this is: photos just read need not be read again for the next message.
ALTER TABLE submissions ADD COLUMN photos_version INTEGER NOT NULL DEFAULT 0; -- goes up with each change of a photo
