#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes what is missing in secrets/: passwords at random, and empty files for what only you can give. Keeps what is there.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for name in database_password healthd_database_password healthd_token; do
    [ -s "secrets/$name" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"
done
for name in pagerduty_key slack_url deadman_url; do
    [ -e "secrets/$name" ] || : >"secrets/$name"
    [ -s "secrets/$name" ] || echo "secrets/$name is empty: put it there, or take its receiver out of healthd/healthd.yml" >&2
done
# Containers read them as users of their own: it is the folder that keeps others out.
chmod 644 secrets/*
