-- +goose Up
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'staff' AND column_name = 'epoch') = 0,
    'ALTER TABLE staff ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0 COMMENT ''sessions of an earlier one are over''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'staff' AND column_name = 'initial_until') = 0,
    'ALTER TABLE staff ADD COLUMN initial_until BIGINT NOT NULL DEFAULT 0 COMMENT ''the password was given by somebody else and works until then; 0: their own''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'staff' AND column_name = 'totp_secret') = 0,
    'ALTER TABLE staff ADD COLUMN totp_secret VARCHAR(512) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'staff' AND column_name = 'totp_since') = 0,
    'ALTER TABLE staff ADD COLUMN totp_since BIGINT NOT NULL DEFAULT 0 COMMENT ''0: not set up''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'staff' AND column_name = 'totp_step') = 0,
    'ALTER TABLE staff ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0 COMMENT ''of the last code used''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'staff' AND column_name = 'last_login') = 0,
    'ALTER TABLE staff ADD COLUMN last_login BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Each lets its owner in once, without the telephone.
CREATE TABLE IF NOT EXISTS recovery_codes (
    staff_id BIGINT      NOT NULL,
    hash     VARCHAR(64) NOT NULL,
    used_at  BIGINT      NOT NULL COMMENT '0: not yet',
    PRIMARY KEY (staff_id, hash),
    CONSTRAINT recovery_codes_of FOREIGN KEY (staff_id) REFERENCES staff (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The log is searched by who, what and when, and paged by id.
SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name = 'events_actor') = 0,
    'CREATE INDEX events_actor ON events (actor, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name = 'events_actor_action') = 0,
    'CREATE INDEX events_actor_action ON events (actor, action, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name = 'events_action') = 0,
    'CREATE INDEX events_action ON events (action, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name = 'events_happened') = 0,
    'CREATE INDEX events_happened ON events (happened_at)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
