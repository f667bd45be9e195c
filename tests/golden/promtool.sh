#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: promtool.sh PROMTOOL PAGE: the page must parse, and promtool may find only what is listed here:
# names that are as those of the exporters they come from, or chosen by us, and families without help.
set -u
found=$("$1" check metrics <"$2" 2>&1)
[ $? -ne 1 ] || { echo "$found"; exit 1; }
rest=$(echo "$found" | grep -v -x \
    -e '' \
    -e 'pg_stat_database_xact_commit counter metrics should have "_total" suffix' \
    -e "probe_duration_histogram_seconds metric name should not include type 'histogram'" \
    -e 'without_help_bytes no help text')
[ -z "$rest" ] || { echo "$rest"; exit 1; }
