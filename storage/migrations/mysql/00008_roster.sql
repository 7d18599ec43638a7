-- +goose Up
-- Rosters brought in from the page, and candidates a newer roster no longer has.
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'withdrawn_at') = 0,
    'ALTER TABLE candidates ADD COLUMN withdrawn_at BIGINT NOT NULL DEFAULT 0 COMMENT ''0: on the roster''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_site_id') = 0,
    'CREATE INDEX candidates_site_id ON candidates (site, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

CREATE TABLE IF NOT EXISTS roster_jobs (
    id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    staff_id    BIGINT       NOT NULL,
    site        VARCHAR(64)  NOT NULL COMMENT 'of the account; empty: every site''s candidates may come',
    state       VARCHAR(16)  NOT NULL,
    title       VARCHAR(400) NOT NULL COMMENT 'the file''s name',
    bytes       BIGINT       NOT NULL,
    file_key    VARCHAR(200) NOT NULL COMMENT 'blob; empty: deleted',
    report_key  VARCHAR(200) NOT NULL,
    fields      MEDIUMTEXT   NOT NULL COMMENT 'what each column is read as',
    withdraw    TINYINT      NOT NULL COMMENT '1: who is not in the file is marked as no longer on the roster',
    done        BIGINT       NOT NULL,
    total       BIGINT       NOT NULL,
    counts      TEXT         NOT NULL,
    fault       VARCHAR(32)  NOT NULL,
    owner       VARCHAR(128) NOT NULL,
    lease_until BIGINT       NOT NULL,
    created_at  BIGINT       NOT NULL,
    version     BIGINT       NOT NULL,
    KEY roster_jobs_state (state, lease_until),
    KEY roster_jobs_site (site, id),
    KEY roster_jobs_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What the columns of a set of headers were read as the last time.
CREATE TABLE IF NOT EXISTS roster_columns (
    headers    VARCHAR(64) NOT NULL PRIMARY KEY COMMENT 'hash of the titles',
    fields     MEDIUMTEXT  NOT NULL,
    changed_at BIGINT      NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
