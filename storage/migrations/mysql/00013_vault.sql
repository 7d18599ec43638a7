-- +goose Up
-- Personal data stand sealed; candidates are found by blind indexes: keyed hashes of the first one,
-- two and three characters of the name and of the whole of it, of the last 4 of the ID number and of
-- the whole of it.
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_name') > 0,
    'DROP INDEX candidates_name ON candidates', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_site_name') > 0,
    'DROP INDEX candidates_site_name ON candidates', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_id_tail') > 0,
    'DROP INDEX candidates_id_tail ON candidates', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

ALTER TABLE candidates
    MODIFY name VARCHAR(1024) NOT NULL,
    MODIFY id_number VARCHAR(512) NOT NULL,
    MODIFY phone VARCHAR(255) NOT NULL,
    MODIFY second_phone VARCHAR(255) NOT NULL DEFAULT '',
    MODIFY answers VARCHAR(4000) NOT NULL DEFAULT '{}' COMMENT 'what the candidate said of themselves';
ALTER TABLE questions
    MODIFY body TEXT NOT NULL,
    MODIFY answer TEXT NOT NULL;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'name_1') = 0,
    'ALTER TABLE candidates ADD COLUMN name_1 VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'name_2') = 0,
    'ALTER TABLE candidates ADD COLUMN name_2 VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'name_3') = 0,
    'ALTER TABLE candidates ADD COLUMN name_3 VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'name_whole') = 0,
    'ALTER TABLE candidates ADD COLUMN name_whole VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'id_last') = 0,
    'ALTER TABLE candidates ADD COLUMN id_last VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'id_whole') = 0,
    'ALTER TABLE candidates ADD COLUMN id_whole VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_name_1') = 0,
    'CREATE INDEX candidates_name_1 ON candidates (name_1, site)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_name_2') = 0,
    'CREATE INDEX candidates_name_2 ON candidates (name_2, site)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_name_3') = 0,
    'CREATE INDEX candidates_name_3 ON candidates (name_3, site)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_name_whole') = 0,
    'CREATE INDEX candidates_name_whole ON candidates (name_whole, site)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_id_last') = 0,
    'CREATE INDEX candidates_id_last ON candidates (id_last)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_id_whole') = 0,
    'CREATE INDEX candidates_id_whole ON candidates (id_whole)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_site') = 0,
    'CREATE INDEX candidates_site ON candidates (site, number)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
