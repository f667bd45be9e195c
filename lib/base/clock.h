/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time, in two kinds that do not mix: mono orders and measures, wall is shown to people.
 * This is the one reader of the system's clocks; everybody else is given `now`.
 */
#ifndef HEALTHD_BASE_CLOCK_H
#define HEALTHD_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

typedef int64_t nsec; /* a duration in nanoseconds */

#define NSEC_PER_USEC ((nsec)1000)
#define NSEC_PER_MSEC ((nsec)1000000)
#define NSEC_PER_SEC ((nsec)1000000000)
#define NSEC_PER_MINUTE (60 * NSEC_PER_SEC)
#define NSEC_PER_HOUR (3600 * NSEC_PER_SEC)
#define NSEC_PER_DAY (86400 * NSEC_PER_SEC)

struct mono {
    int64_t ns; /* since boot-time zero of CLOCK_MONOTONIC; never steps */
};

struct wall {
    int64_t ns; /* since the Unix epoch, UTC; may step */
};

struct mono mono_read(void);
struct wall wall_read(void);

nsec mono_since(struct mono now, struct mono earlier); /* now - earlier */
struct mono mono_add(struct mono at, nsec d);
bool mono_reached(struct mono now, struct mono at); /* now >= at */
struct wall wall_add(struct wall at, nsec d);
struct wall wall_earlier(struct wall a, struct wall b); /* 0 is never */
double nsec_to_sec(nsec d);
nsec nsec_from_sec(double seconds); /* saturates */
double wall_to_sec(struct wall at);

/* Broken-down UTC, proleptic Gregorian. month 1-12, day 1-31, weekday 0 = Sunday. */
struct civil {
    int year, month, day, hour, minute, second, weekday;
};
struct civil wall_to_civil(struct wall at);
struct wall wall_from_civil(const struct civil *c);

/* RFC 3339 with milliseconds and Z: 2026-11-21T03:04:05.678Z, 24 bytes and a NUL. */
#define WALL_TEXT_SIZE 32
const char *wall_format(struct wall at, char *ret_text /* WALL_TEXT_SIZE */);
/* Reads RFC 3339 with any offset and up to nanoseconds. */
bool wall_parse(struct bytes text, struct wall *ret_at);
/* IMF-fixdate of RFC 9110 §5.6.7 ("Sun, 06 Nov 1994 08:49:37 GMT"), also its two obsolete forms. */
bool wall_parse_http(struct bytes text, struct wall *ret_at);

#endif
