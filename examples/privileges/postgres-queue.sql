-- SPDX-License-Identifier: Apache-2.0
-- A role that may put a message into a queue and take it out again, for the `queue` probe. Once, as the owner of the
-- application's database:
--   psql -f postgres-queue.sql
-- `queue: {url: "postgresql://healthd_queue:…@db/shop"}` alone needs the role only: NOTIFY needs no grant.

CREATE ROLE healthd_queue LOGIN PASSWORD 'CHANGE-ME' CONNECTION LIMIT 5;

-- healthd's own table, for `table:` without `answered`. UPDATE is what FOR UPDATE asks for.
CREATE TABLE healthd_queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message text NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON healthd_queue TO healthd_queue;

-- So that the application's table is measured:
--   GRANT SELECT ON jobs TO healthd_queue;
-- With `answered`, so that a row goes in and is removed again:
--   GRANT SELECT, INSERT, DELETE ON jobs TO healthd_queue;
--   GRANT USAGE ON SEQUENCE jobs_id_seq TO healthd_queue;    -- when its id is a serial
--   GRANT SELECT, DELETE ON results TO healthd_queue;        -- when `reply: results`
