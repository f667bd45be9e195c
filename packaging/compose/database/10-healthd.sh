#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run once, when the database is made: the role of examples/privileges/postgres.sql, with the password of the secret.
set -eu
sed "s/CHANGE-ME/$(cat /run/secrets/healthd_database_password)/" /privileges/postgres.sql |
    psql -q -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
