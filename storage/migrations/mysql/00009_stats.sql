-- +goose Up
-- What staff look at from above, and what is decided for many at once.
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'decisions' AND column_name = 'took_ms') = 0,
    'ALTER TABLE decisions ADD COLUMN took_ms BIGINT NOT NULL DEFAULT 0 COMMENT ''from opening to deciding; 0: not known''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notices' AND column_name = 'opened_at') = 0,
    'ALTER TABLE notices ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0 COMMENT ''when the candidate looked at the feedback after it''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Counts of what happened, by day and site; they follow from decisions and events.
CREATE TABLE IF NOT EXISTS figures (
    day  INT         NOT NULL COMMENT 'such as 20260203, in the season''s time zone',
    site VARCHAR(64) NOT NULL,
    what VARCHAR(32) NOT NULL,
    code VARCHAR(64) NOT NULL,
    who  BIGINT      NOT NULL COMMENT 'the account, where it matters; else 0',
    n    BIGINT      NOT NULL,
    PRIMARY KEY (day, site, what, code, who)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Up to which row figures have been counted.
CREATE TABLE IF NOT EXISTS figure_marks (
    source VARCHAR(32) NOT NULL PRIMARY KEY,
    upto   BIGINT      NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT IGNORE INTO figure_marks (source, upto) VALUES ('decisions', 0), ('events', 0);

CREATE TABLE IF NOT EXISTS batches (
    id          BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    staff_id    BIGINT      NOT NULL,
    order_json  MEDIUMTEXT  NOT NULL,
    state       VARCHAR(16) NOT NULL,
    created_at  BIGINT      NOT NULL,
    finished_at BIGINT      NOT NULL,
    lease_until BIGINT      NOT NULL,
    owner       VARCHAR(64) NOT NULL,
    KEY batches_state (state, lease_until),
    KEY batches_staff (staff_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS batch_rows (
    batch_id     BIGINT      NOT NULL,
    candidate_id BIGINT      NOT NULL,
    version      BIGINT      NOT NULL COMMENT 'of the submission when it was chosen',
    state        VARCHAR(16) NOT NULL,
    why          VARCHAR(64) NOT NULL,
    done_at      BIGINT      NOT NULL,
    PRIMARY KEY (batch_id, candidate_id),
    KEY batch_rows_candidate (candidate_id),
    CONSTRAINT batch_rows_of FOREIGN KEY (batch_id) REFERENCES batches (id) ON DELETE CASCADE,
    CONSTRAINT batch_rows_for FOREIGN KEY (candidate_id) REFERENCES candidates (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
