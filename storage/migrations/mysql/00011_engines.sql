-- +goose Up
-- Which installation this database is of, and where it stands while it is moved to other engines.

CREATE TABLE IF NOT EXISTS installation (
    name  VARCHAR(64) NOT NULL PRIMARY KEY,
    value TEXT        NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
