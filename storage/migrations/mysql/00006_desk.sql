-- +goose Up
-- What reviewers hold, may take back, and have learned.
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

CREATE TABLE IF NOT EXISTS claims (
    candidate_id BIGINT      NOT NULL PRIMARY KEY,
    staff_id     BIGINT      NOT NULL,
    token        VARCHAR(64) NOT NULL,
    since_at     BIGINT      NOT NULL,
    until_at     BIGINT      NOT NULL,
    KEY claims_staff (staff_id, until_at),
    CONSTRAINT claims_of FOREIGN KEY (candidate_id) REFERENCES candidates (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS undos (
    candidate_id BIGINT     NOT NULL PRIMARY KEY,
    staff_id     BIGINT     NOT NULL,
    version      BIGINT     NOT NULL COMMENT 'of the submission after the decision',
    until_at     BIGINT     NOT NULL,
    was          MEDIUMTEXT NOT NULL,
    CONSTRAINT undos_of FOREIGN KEY (candidate_id) REFERENCES candidates (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reason_counts (
    material VARCHAR(64) NOT NULL,
    reason   VARCHAR(64) NOT NULL,
    n        BIGINT      NOT NULL,
    PRIMARY KEY (material, reason)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'submissions' AND column_name = 'digest') = 0,
    'ALTER TABLE submissions ADD COLUMN digest VARCHAR(64) NOT NULL DEFAULT '''' COMMENT ''of the photos the site passed''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'submissions' AND column_name = 'final_by') = 0,
    'ALTER TABLE submissions ADD COLUMN final_by BIGINT NOT NULL DEFAULT 0 COMMENT ''who proposed a final return''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'photos' AND column_name = 'turn') = 0,
    'ALTER TABLE photos ADD COLUMN turn TINYINT NOT NULL DEFAULT 0 COMMENT ''quarter turns for display''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'decisions' AND column_name = 'note') = 0,
    'ALTER TABLE decisions ADD COLUMN note VARCHAR(2000) NOT NULL DEFAULT '''' COMMENT ''why it went back to the site''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'decisions' AND column_name = 'undone_at') = 0,
    'ALTER TABLE decisions ADD COLUMN undone_at BIGINT NOT NULL DEFAULT 0 COMMENT ''0: it stands''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'items' AND index_name = 'items_material') = 0,
    'CREATE INDEX items_material ON items (material, state, submission_id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
