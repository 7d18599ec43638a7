-- +goose Up
-- Times are microseconds since 1970 in UTC, 0 for "never". JSON is text that only Go reads.
-- IF NOT EXISTS: DDL commits by itself here, so a start that was cut off must be able to go on.
-- utf8mb4_bin: openids and keys differ by case; names sort by code point, as in SQLite.

CREATE TABLE IF NOT EXISTS candidates (
    id         BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number     VARCHAR(64)  NOT NULL,
    name       VARCHAR(128) NOT NULL,
    id_type    VARCHAR(64)  NOT NULL,
    id_number  VARCHAR(64)  NOT NULL,
    id_tail    VARCHAR(8)   NOT NULL COMMENT 'last 4 of id_number, for search',
    phone      VARCHAR(32)  NOT NULL,
    phone_ok   TINYINT      NOT NULL,
    site       VARCHAR(64)  NOT NULL,
    attrs      MEDIUMTEXT   NOT NULL,
    openid     VARCHAR(64)  NULL COMMENT 'the binding; NULL: not bound',
    bound_at   BIGINT       NOT NULL,
    version    BIGINT       NOT NULL,
    UNIQUE KEY candidates_number (number),
    UNIQUE KEY candidates_openid (openid),
    KEY candidates_name (name),
    KEY candidates_site_name (site, name),
    KEY candidates_id_tail (id_tail)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS submissions (
    id           BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    candidate_id BIGINT      NOT NULL,
    site         VARCHAR(64) NOT NULL COMMENT 'copy of the candidate''s, so that one index serves the queue',
    state        VARCHAR(16) NOT NULL,
    round        INT         NOT NULL,
    submitted_at BIGINT      NOT NULL,
    returned_at  BIGINT      NOT NULL,
    deadline_at  BIGINT      NOT NULL,
    site_by      BIGINT      NOT NULL,
    area_by      BIGINT      NOT NULL,
    first_round  TINYINT     NOT NULL COMMENT '1 in round 1, else 0: first key of the queue''s order',
    due_order    BIGINT      NOT NULL COMMENT 'deadline_at, or the largest number without one: second key',
    updated_at   BIGINT      NOT NULL,
    version      BIGINT      NOT NULL,
    UNIQUE KEY submissions_candidate (candidate_id),
    KEY submissions_site_state (site, state, first_round, due_order, submitted_at, candidate_id),
    KEY submissions_state (state, first_round, due_order, submitted_at, candidate_id),
    KEY submissions_site (site, first_round, due_order, submitted_at, candidate_id),
    KEY submissions_order (first_round, due_order, submitted_at, candidate_id),
    CONSTRAINT submissions_of FOREIGN KEY (candidate_id) REFERENCES candidates (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS items (
    submission_id BIGINT      NOT NULL,
    material      VARCHAR(64) NOT NULL,
    state         VARCHAR(16) NOT NULL,
    reasons       TEXT        NOT NULL,
    comment       TEXT        NOT NULL,
    note          TEXT        NOT NULL,
    resend        TINYINT     NOT NULL,
    round         INT         NOT NULL,
    PRIMARY KEY (submission_id, material),
    CONSTRAINT items_of FOREIGN KEY (submission_id) REFERENCES submissions (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS photos (
    id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    candidate_id BIGINT       NOT NULL,
    material     VARCHAR(64)  NOT NULL,
    seq          INT          NOT NULL,
    round        INT          NOT NULL,
    state        VARCHAR(16)  NOT NULL,
    state_at     BIGINT       NOT NULL,
    sha256       VARCHAR(64)  NOT NULL,
    format       VARCHAR(16)  NOT NULL,
    width        INT          NOT NULL,
    height       INT          NOT NULL,
    bytes        BIGINT       NOT NULL,
    copy_bytes   BIGINT       NOT NULL,
    original_key VARCHAR(191) NOT NULL,
    copy_key     VARCHAR(191) NOT NULL,
    screen_key   VARCHAR(191) NOT NULL,
    thumb_key    VARCHAR(191) NOT NULL,
    phash        BIGINT       NOT NULL COMMENT 'bit pattern of a uint64',
    dhash        BIGINT       NOT NULL,
    verdicts     TEXT         NOT NULL,
    message_id   BIGINT       NULL COMMENT 'one message brings one photo, whatever is retried',
    received_at  BIGINT       NOT NULL,
    UNIQUE KEY photos_seq (candidate_id, material, seq),
    UNIQUE KEY photos_message (message_id),
    KEY photos_sha256 (sha256),
    CONSTRAINT photos_of FOREIGN KEY (candidate_id) REFERENCES candidates (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS decisions (
    id            BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    submission_id BIGINT      NOT NULL,
    candidate_id  BIGINT      NOT NULL,
    round         INT         NOT NULL,
    level         VARCHAR(16) NOT NULL,
    staff_id      BIGINT      NOT NULL,
    decided_at    BIGINT      NOT NULL,
    judgements    MEDIUMTEXT  NOT NULL,
    KEY decisions_candidate (candidate_id, id),
    KEY decisions_submission (submission_id),
    CONSTRAINT decisions_on FOREIGN KEY (submission_id) REFERENCES submissions (id),
    CONSTRAINT decisions_of FOREIGN KEY (candidate_id) REFERENCES candidates (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS talks (
    openid    VARCHAR(64) NOT NULL PRIMARY KEY,
    following TINYINT     NOT NULL,
    stage     VARCHAR(64) NOT NULL,
    memo      MEDIUMTEXT  NOT NULL,
    ahead     TEXT        NOT NULL,
    heard_at  BIGINT      NOT NULL,
    version   BIGINT      NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS messages (
    id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    message_key VARCHAR(191) NOT NULL,
    openid      VARCHAR(64)  NOT NULL,
    kind        VARCHAR(64)  NOT NULL,
    body        MEDIUMBLOB   NOT NULL,
    state       VARCHAR(16)  NOT NULL,
    reply       TEXT         NOT NULL,
    answer      VARCHAR(16)  NOT NULL,
    owed        TINYINT      NOT NULL COMMENT '1: done, with a reply that has not gone out',
    material    VARCHAR(64)  NOT NULL,
    attempts    INT          NOT NULL,
    due_at      BIGINT       NOT NULL,
    lease_until BIGINT       NOT NULL,
    owner       VARCHAR(64)  NOT NULL,
    received_at BIGINT       NOT NULL,
    done_at     BIGINT       NOT NULL,
    UNIQUE KEY messages_key (message_key),
    KEY messages_openid (openid, state),
    KEY messages_due (state, due_at, received_at, openid),
    KEY messages_owed (owed, done_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS notices (
    id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    notice_key   VARCHAR(191) NOT NULL,
    kind         VARCHAR(32)  NOT NULL,
    candidate_id BIGINT       NOT NULL,
    round        INT          NOT NULL,
    state        VARCHAR(16)  NOT NULL,
    due_at       BIGINT       NOT NULL,
    attempts     INT          NOT NULL,
    lease_until  BIGINT       NOT NULL,
    owner        VARCHAR(64)  NOT NULL,
    msg_id       BIGINT       NOT NULL COMMENT '0: WeChat gave none',
    err_code     INT          NOT NULL,
    problem      TEXT         NOT NULL,
    sent_at      BIGINT       NOT NULL,
    headed       TINYINT      NOT NULL,
    closed_at    BIGINT       NOT NULL COMMENT 'when it was delivered or given up',
    UNIQUE KEY notices_key (notice_key),
    KEY notices_due (state, due_at, lease_until),
    KEY notices_candidate (candidate_id, state),
    KEY notices_msg_id (msg_id),
    CONSTRAINT notices_for FOREIGN KEY (candidate_id) REFERENCES candidates (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Delivery events as they came: one may be faster than the answer of the API call it belongs to.
CREATE TABLE IF NOT EXISTS delivery_events (
    msg_id      BIGINT  NOT NULL PRIMARY KEY,
    ok          TINYINT NOT NULL,
    problem     TEXT    NOT NULL,
    received_at BIGINT  NOT NULL,
    KEY delivery_events_received (received_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS staff (
    id            BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name          VARCHAR(128) NOT NULL,
    role          VARCHAR(16)  NOT NULL,
    site          VARCHAR(64)  NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    disabled      TINYINT      NOT NULL,
    created_at    BIGINT       NOT NULL,
    UNIQUE KEY staff_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS events (
    id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    happened_at  BIGINT       NOT NULL,
    actor        VARCHAR(64)  NOT NULL,
    action       VARCHAR(64)  NOT NULL,
    candidate_id BIGINT       NOT NULL COMMENT '0: concerns no candidate',
    detail       TEXT         NOT NULL,
    KEY events_candidate (candidate_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS attempts (
    id       BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    scope    VARCHAR(64)  NOT NULL,
    who      VARCHAR(128) NOT NULL,
    tried_at BIGINT       NOT NULL,
    KEY attempts_who (scope, who, tried_at),
    KEY attempts_tried (tried_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
