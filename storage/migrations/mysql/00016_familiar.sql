-- +goose Up
-- Which state of a candidate's photos this is: photos just read need not be read again for the next message.
-- DDL commits by itself here, so the step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'submissions' AND column_name = 'photos_version') = 0,
    'ALTER TABLE submissions ADD COLUMN photos_version BIGINT NOT NULL DEFAULT 0 COMMENT ''goes up with each change of a photo''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
