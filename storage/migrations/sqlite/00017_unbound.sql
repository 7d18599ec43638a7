-- +goose Up
-- Who has not bound yet, of a site; of all sites, the unique index of openid finds them.
CREATE INDEX candidates_unbound ON candidates (site, openid);
