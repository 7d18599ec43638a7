-- +goose Up
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'photos' AND column_name = 'tray') = 0,
    'ALTER TABLE photos ADD COLUMN tray INT NOT NULL DEFAULT 0 COMMENT ''number under which it waits in the tray''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'answers') = 0,
    'ALTER TABLE candidates ADD COLUMN answers VARCHAR(2000) NOT NULL DEFAULT ''{}'' COMMENT ''what the candidate said of themselves''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'assumed') = 0,
    'ALTER TABLE candidates ADD COLUMN assumed VARCHAR(2000) NOT NULL DEFAULT ''[]'' COMMENT ''attributes the roster left to their default''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'second_phone') = 0,
    'ALTER TABLE candidates ADD COLUMN second_phone VARCHAR(32) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'submissions' AND column_name = 'opened_at') = 0,
    'ALTER TABLE submissions ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0 COMMENT ''when a reviewer first opened this round''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'decisions' AND index_name = 'decisions_decided') = 0,
    'CREATE INDEX decisions_decided ON decisions (decided_at)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Questions candidates left for people.
CREATE TABLE IF NOT EXISTS questions (
    id           BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
    candidate_id BIGINT        NOT NULL,
    site         VARCHAR(32)   NOT NULL,
    body         VARCHAR(2000) NOT NULL,
    asked_at     BIGINT        NOT NULL,
    answer       VARCHAR(2000) NOT NULL,
    answered_at  BIGINT        NOT NULL COMMENT '0: open',
    staff_id     BIGINT        NOT NULL,
    delivered    TINYINT       NOT NULL,
    KEY questions_open (answered_at, site, id),
    KEY questions_candidate (candidate_id, id),
    CONSTRAINT questions_of FOREIGN KEY (candidate_id) REFERENCES candidates (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- QR codes work once.
CREATE TABLE IF NOT EXISTS used_scenes (
    scene   VARCHAR(64) NOT NULL PRIMARY KEY,
    used_at BIGINT      NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
