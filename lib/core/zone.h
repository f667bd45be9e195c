/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local time by IANA's zone files (TZif, RFC 8536, with the POSIX TZ string in its footer for later years), read once and
 * then pure. Never touches $TZ. Cron, windows and times in messages use it.
 */
#ifndef HEALTHD_CORE_ZONE_H
#define HEALTHD_CORE_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

struct zone;

extern const struct zone *const zone_utc;
/* Reads /usr/share/zoneinfo/<name>; "UTC" needs no file. NULL and e when there is none, with the nearest name. */
const struct zone *zone_load(struct arena *arena, const char *name, struct err *e);
/* A file's bytes, from whomever: tests and fuzzing. */
const struct zone *zone_parse(struct arena *arena, const char *name, struct bytes tzif,
                              struct err *e);
const char *zone_name(const struct zone *z);
/* Seconds east of UTC, and the abbreviation ("CEST"), at an instant. */
int zone_offset(const struct zone *z, struct wall at, const char **ret_abbreviation);
struct civil zone_to_civil(const struct zone *z, struct wall at);
/* The instant of a local time. A time that the clock skips gives the instant of the jump; one that comes twice gives the
 * first. */
struct wall zone_from_civil(const struct zone *z, const struct civil *local);
/* The first instant after `after` at which the offset or its name may change; the end of time (INT64_MAX) when there is
 * none. */
struct wall zone_next_change(const struct zone *z, struct wall after);
/* "2026-11-27 03:04:05 CET"; ret_text holds ZONE_TEXT_SIZE. */
#define ZONE_TEXT_SIZE 48
const char *zone_format(const struct zone *z, struct wall at, char *ret_text);

#endif
