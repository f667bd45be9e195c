/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `now`, RFC 3339, seconds since 1970, or how long ago. Called by `query` for its range. Reads no clock: now is given.
 */
#include "healthctl/when.h"

#include <math.h>
#include <string.h>

#include "lib/base/units.h"

#define SECONDS_MAX 9.2e9 /* what nanoseconds in 64 bits can hold */

bool when_parse(const char *text, struct wall now, struct wall *ret_at, struct err *e)
{
    struct err ignored = {0};
    nsec ago;
    double seconds;
    if (!strcmp(text, "now")) {
        *ret_at = now;
        return true;
    }
    if (wall_parse(bytes_of(text), ret_at))
        return true;
    if (bytes_to_double(bytes_of(text), &seconds) && fabs(seconds) < SECONDS_MAX) {
        *ret_at = (struct wall){nsec_from_sec(seconds)};
        return true;
    }
    if (duration_parse(bytes_of(text), &ago, &ignored)) {
        *ret_at = wall_add(now, -ago);
        return true;
    }
    return err_set(e,
                   "'%s' is no time; write so long ago as 90m, a time as "
                   "2026-11-27T03:00:00Z, or seconds since 1970",
                   text);
}
