-- SPDX-License-Identifier: Apache-2.0
-- A role that may see what healthd shows, and change nothing. Once, as a superuser, in any database of the server:
--   psql -f postgres.sql
-- pg_monitor (PostgreSQL 10 and newer) lets it read the statistics of all sessions, the settings, the sizes of databases
-- and the list of WAL files. Tables' contents stay closed to it: for questions of your own, GRANT SELECT on what they read.

CREATE ROLE healthd LOGIN PASSWORD 'CHANGE-ME' CONNECTION LIMIT 5;
GRANT pg_monitor TO healthd;

-- Whatever it is asked to run: only reads, not for long, and it waits for no lock.
ALTER ROLE healthd SET default_transaction_read_only = on;
ALTER ROLE healthd SET statement_timeout = '30s';
ALTER ROLE healthd SET lock_timeout = '1s';
ALTER ROLE healthd SET idle_in_transaction_session_timeout = '60s';

-- Where CONNECT was taken from everybody (REVOKE CONNECT ON DATABASE … FROM PUBLIC), tables are shown only after
--   GRANT CONNECT ON DATABASE shop TO healthd;
-- On a managed service without pg_monitor:
--   GRANT pg_read_all_stats, pg_read_all_settings TO healthd;   -- and `exclude: [wal]`
