-- +goose Up
-- What the law on personal information asks of us.
-- DDL commits by itself here, so each step asks first whether an earlier start has done it.

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'candidates' AND column_name = 'parted') = 0,
    'ALTER TABLE candidates ADD COLUMN parted VARCHAR(32) NOT NULL DEFAULT '''' COMMENT ''keyed hash of the openid that stopped following''', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'candidates' AND index_name = 'candidates_parted') = 0,
    'CREATE INDEX candidates_parted ON candidates (parted)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'photos' AND index_name = 'photos_original') = 0,
    'CREATE INDEX photos_original ON photos (original_key)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Who agreed to which text when.
CREATE TABLE IF NOT EXISTS privacy_consents (
    candidate_id BIGINT      NOT NULL,
    version      VARCHAR(64) NOT NULL,
    agreed_at    BIGINT      NOT NULL,
    PRIMARY KEY (candidate_id, version),
    CONSTRAINT privacy_consents_of FOREIGN KEY (candidate_id) REFERENCES candidates (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is left of somebody who was erased.
CREATE TABLE IF NOT EXISTS erasures (
    id        BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    person    VARCHAR(32)  NOT NULL COMMENT 'keyed hash of the 报名号',
    actor     VARCHAR(64)  NOT NULL,
    reason    VARCHAR(255) NOT NULL,
    row_count INT          NOT NULL,
    blobs     INT          NOT NULL,
    erased_at BIGINT       NOT NULL,
    KEY erasures_person (person)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Blobs whose rows are gone, until they are gone themselves.
CREATE TABLE IF NOT EXISTS doomed_blobs (
    blob_key  VARCHAR(191) NOT NULL PRIMARY KEY,
    doomed_at BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
