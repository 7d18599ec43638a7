-- +goose Up
ALTER TABLE items ADD COLUMN boxes TEXT NOT NULL DEFAULT '[]'; -- frames a reviewer drew on its photos
