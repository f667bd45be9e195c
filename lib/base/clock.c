/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only reader of the system's clocks, and arithmetic on what they say. loop.c and the
 * log read; everybody else is handed `now`.
 */
#include "lib/base/clock.h"

#include <assert.h>
#include <time.h>

static int64_t clock_read(clockid_t id)
{
    struct timespec at;
    const int failed = clock_gettime(id, &at);
    assert(!failed);
    (void)failed;
    return (int64_t)at.tv_sec * NSEC_PER_SEC + at.tv_nsec;
}

/* a + b, stopping at the ends of the range instead of wrapping. */
static int64_t add_saturating(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

struct mono mono_read(void)
{
    return (struct mono){clock_read(CLOCK_MONOTONIC)};
}

struct wall wall_read(void)
{
    return (struct wall){clock_read(CLOCK_REALTIME)};
}

nsec mono_since(struct mono now, struct mono earlier)
{
    return earlier.ns == INT64_MIN ? INT64_MAX : add_saturating(now.ns, -earlier.ns);
}

struct mono mono_add(struct mono at, nsec d)
{
    return (struct mono){add_saturating(at.ns, d)};
}

bool mono_reached(struct mono now, struct mono at)
{
    return now.ns >= at.ns;
}

struct wall wall_add(struct wall at, nsec d)
{
    return (struct wall){add_saturating(at.ns, d)};
}

struct wall wall_earlier(struct wall a, struct wall b)
{
    if (!a.ns || !b.ns)
        return a.ns ? a : b;
    return a.ns < b.ns ? a : b;
}

double nsec_to_sec(nsec d)
{
    return (double)d / 1e9;
}

nsec nsec_from_sec(double seconds)
{
    const double ns = seconds * 1e9;
    if (ns >= 9223372036854775807.0)
        return INT64_MAX;
    if (ns <= -9223372036854775808.0)
        return INT64_MIN;
    if (ns != ns)
        return 0;
    return (nsec)(ns < 0 ? ns - 0.5 : ns + 0.5);
}

double wall_to_sec(struct wall at)
{
    return (double)at.ns / 1e9;
}
