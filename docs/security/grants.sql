-- Rights on the database, MySQL 8 or MariaDB 10.6 and newer: two users, so that the program cannot
-- change its own log, however it is misled. Replace the names and passwords; run as root.

CREATE DATABASE IF NOT EXISTS cailiao CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The owner brings the schema up to date: `cailiao migrate` with the owner's DSN, at each new version.
CREATE USER IF NOT EXISTS 'cailiao_owner'@'%' IDENTIFIED BY 'change-me-1';
GRANT ALL PRIVILEGES ON cailiao.* TO 'cailiao_owner'@'%';

-- The program (`cailiao serve`) reads and writes rows, and of the log it may only read and add.
-- MySQL and MariaDB cannot take one table out of a grant on the database, so each is named; a new
-- version that brings a table says so in its notes.
CREATE USER IF NOT EXISTS 'cailiao'@'%' IDENTIFIED BY 'change-me-2';
GRANT SELECT, INSERT ON cailiao.events TO 'cailiao'@'%';
-- Prints a GRANT for every other table: run what it prints.
SELECT CONCAT('GRANT SELECT, INSERT, UPDATE, DELETE ON cailiao.`', table_name, '` TO ''cailiao''@''%'';')
  FROM information_schema.tables
 WHERE table_schema = 'cailiao' AND table_type = 'BASE TABLE' AND table_name <> 'events';

-- Triggers refuse changes of the log to everybody, the owner too. `cailiao migrate` makes them; where
-- the binary log keeps it from that (error 1419), run this as root once. `cailiao check` tells.
DELIMITER //
CREATE TRIGGER cailiao.events_no_update BEFORE UPDATE ON cailiao.events FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are never changed'//
CREATE TRIGGER cailiao.events_no_delete BEFORE DELETE ON cailiao.events FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are never changed'//
DELIMITER ;
