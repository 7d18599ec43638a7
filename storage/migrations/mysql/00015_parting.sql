-- +goose Up
-- Who stops following, who takes an agreement back, and who comes back after being erased.
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'parted_at') = 0,
    'ALTER TABLE candidates ADD COLUMN parted_at BIGINT NOT NULL DEFAULT 0 COMMENT ''since when parted stands there''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'talks' AND column_name = 'turned_at') = 0,
    'ALTER TABLE talks ADD COLUMN turned_at BIGINT NOT NULL DEFAULT 0 COMMENT ''WeChat''''s time of the word that following is known from''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

UPDATE talks SET turned_at = heard_at WHERE following = 0 AND turned_at = 0;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'talks' AND index_name = 'talks_following') = 0,
    'CREATE INDEX talks_following ON talks (following, turned_at)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'privacy_consents' AND column_name = 'withdrawn_at') = 0,
    'ALTER TABLE privacy_consents ADD COLUMN withdrawn_at BIGINT NOT NULL DEFAULT 0 COMMENT ''0: it stands''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'roster_jobs' AND column_name = 'erased') = 0,
    'ALTER TABLE roster_jobs ADD COLUMN erased TINYINT NOT NULL DEFAULT 0 COMMENT ''1: who was erased comes in again''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
