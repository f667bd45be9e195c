/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often somebody may do something: a token bucket for each key, in a table that never grows beyond its size. A bucket
 * holds as many requests as may come in a minute, all at once if need be, and fills again evenly. Pure: `now` comes in.
 * For web_limits.c.
 */
#ifndef HEALTHD_COLLECTOR_LIMITER_H
#define HEALTHD_COLLECTOR_LIMITER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"

struct limiter;

/* At most max_keys buckets, of at least one: the one that was used longest ago makes room for a new one. */
struct limiter *limiter_create(size_t max_keys);
void limiter_destroy(struct limiter *l); /* takes NULL */
/* Takes one from the bucket of key, which holds per_minute. 0: taken, or per_minute is 0, which means no limit. Else how
 * long until there is one to take; nothing was taken. */
nsec limiter_take(struct limiter *l, const char *key, int64_t per_minute,
                  struct mono now);
/* How long until limiter_take would take one; takes nothing. */
nsec limiter_wait(const struct limiter *l, const char *key, int64_t per_minute,
                  struct mono now);
size_t limiter_count(const struct limiter *l); /* of buckets */

#endif
