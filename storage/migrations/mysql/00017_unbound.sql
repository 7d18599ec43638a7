-- +goose Up
-- Who has not bound yet, of a site; of all sites, the unique index of openid finds them.
-- DDL commits by itself here, so the step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_unbound') = 0,
    'CREATE INDEX candidates_unbound ON candidates (site, openid)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
