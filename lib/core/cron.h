/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a crontab line is due, in a zone's local time (zone.h). Five fields as crontab(5) has them: minute hour
 * day-of-month month day-of-week; lists, ranges, steps, names; @hourly @daily @midnight @weekly @monthly @yearly
 * @annually. Pure: `now` comes in, an instant goes out.
 *
 * Days: when day-of-month and day-of-week are both restricted (neither starts with *), either is enough; else both must
 * match.
 *
 * When the clock is changed, what Debian's cron does is what is expected of a job:
 *   - a line at fixed times (neither minute nor hour starts with *) runs once a day and time: a time that is skipped is
 *     due at the instant of the jump, one that comes twice is due the first time;
 *   - any other line follows the clock: nothing is due in a skipped hour, and an hour that comes twice is due twice.
 */
#ifndef HEALTHD_CORE_CRON_H
#define HEALTHD_CORE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/zone.h"

struct cron { /* bits, by value */
    uint64_t minutes;
    uint32_t hours, days, months, weekdays; /* weekday 0 is Sunday */
    bool has_any_minute, has_any_hour;      /* the field starts with * */
    bool has_any_day, has_any_weekday;
};

/* False (and e, which names the field): it is no schedule, or one that is never due ("30 2" of February). */
bool cron_parse(struct bytes text, struct cron *ret_cron, struct err *e);
/* The first instant after `after` at which it is due; INT64_MAX when there is none within 40 years. */
struct wall cron_next(const struct cron *c, const struct zone *z, struct wall after);

#endif
