-- +goose Up
-- MySQL commits each ALTER by itself: one that was done before a cut is not done again.
SET @reading = IF((SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'photos' AND column_name = 'read_at') = 0,
    "ALTER TABLE photos
        ADD COLUMN read_at BIGINT NOT NULL DEFAULT 0 COMMENT '0: nobody has read what is written on it',
        ADD KEY photos_read (read_at, id)",
    'DO 0');
PREPARE reading FROM @reading;
EXECUTE reading;
DEALLOCATE PREPARE reading;
