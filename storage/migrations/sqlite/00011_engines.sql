-- +goose Up
-- Which installation this database is of, and where it stands while it is moved to other engines.

CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
