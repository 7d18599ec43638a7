-- +goose Up
-- DDL commits by itself here, so it asks first whether an earlier start has done it.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'items' AND column_name = 'boxes') = 0,
    'ALTER TABLE items ADD COLUMN boxes VARCHAR(2000) NOT NULL DEFAULT ''[]'' COMMENT ''frames a reviewer drew on its photos''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
