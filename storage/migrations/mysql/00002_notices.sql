-- +goose Up
-- What the notices need to be paused by kind, told by several roads, and watched.
-- Every step may be repeated: DDL commits by itself here, and a start may be cut off in between.

CREATE TABLE IF NOT EXISTS notice_pauses (
    kind     VARCHAR(32)  NOT NULL PRIMARY KEY COMMENT '*: all kinds',
    until_at BIGINT       NOT NULL,
    reason   VARCHAR(191) NOT NULL,
    actor    VARCHAR(64)  NOT NULL,
    since_at BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS consents (
    openid      VARCHAR(64)  NOT NULL,
    template_id VARCHAR(128) NOT NULL,
    status      VARCHAR(32)  NOT NULL COMMENT 'as WeChat last told it: accept, reject',
    accepted    INT          NOT NULL COMMENT 'how often it was given and not yet used',
    changed_at  BIGINT       NOT NULL,
    PRIMARY KEY (openid, template_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

SET @cailiao_step = (SELECT IF(COUNT(*) = 0, 'ALTER TABLE notices ADD COLUMN road VARCHAR(16) NOT NULL DEFAULT ''''', 'DO 0')
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notices' AND column_name = 'road');
PREPARE cailiao_step FROM @cailiao_step;
EXECUTE cailiao_step;

SET @cailiao_step = (SELECT IF(COUNT(*) = 0, 'CREATE INDEX notices_kind ON notices (state, kind, due_at, lease_until, candidate_id)', 'DO 0')
    FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'notices' AND index_name = 'notices_kind');
PREPARE cailiao_step FROM @cailiao_step;
EXECUTE cailiao_step;
DEALLOCATE PREPARE cailiao_step;
