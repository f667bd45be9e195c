/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: what it says, what it is driven by, and how far adjtimex(2) thinks it drifts. Never sets anything. */
#include <errno.h>
#include <string.h>
#include <sys/timex.h>

#include "probes/host.h"

#define NO_TIME_ZONE "UTC"

static void show_clocksource(struct host_scan *scan, int folder, const char *entry)
{
    struct bytes text, word;
    const char *device = entry + strlen("clocksource");
    struct arena *a = scan->arena;
    if (host_attribute(scan, folder, arena_printf(a, "%s/available_clocksource", entry),
                       &text)) {
        while (words_next(&text, &word))
            host_sample_with(scan, HOST_CLOCKSOURCE_AVAILABLE,
                             (const char *const[]){device, words_label(a, word)}, 1);
    }
    if (host_attribute(scan, folder, arena_printf(a, "%s/current_clocksource", entry),
                       &text))
        host_sample_with(scan, HOST_CLOCKSOURCE_CURRENT,
                         (const char *const[]){device, words_label(a, text)}, 1);
}

static void show_local_time(struct host_scan *scan)
{
    const time_t now = (time_t)(scan->now.ns / NSEC_PER_SEC);
    struct tm local;
    if (!localtime_r(&now, &local))
        return;
    const char *zone = local.tm_zone && *local.tm_zone ? local.tm_zone : NO_TIME_ZONE;
    host_sample_of(scan, HOST_TIME_ZONE, zone, (double)local.tm_gmtoff);
}

bool host_time_collect(struct host_scan *scan)
{
    const char *const *entries;
    host_sample(scan, HOST_TIME, wall_to_sec(scan->now));
    show_local_time(scan);
    const int folder = host_sys_open(scan, "devices/system/clocksource");
    const size_t count =
        folder < 0 ? 0 : host_entries(scan, folder, "clocksource", &entries);
    for (size_t i = 0; i < count; i++)
        show_clocksource(scan, folder, entries[i]);
    return true;
}

/* ---- timex ---- */

#define PPM_UNIT \
    65536.0 /* adjtimex(2): parts per million with 16 bits behind the point */

static void show_timex(struct host_scan *scan, const struct timex *t, int state)
{
    const double unit = t->status & STA_NANO ? 1e9 : 1e6;
    const struct {
        enum host_family family;
        double value;
    } rows[] = {
        {HOST_TIMEX_SYNC, state != TIME_ERROR},
        {HOST_TIMEX_OFFSET, (double)t->offset / unit},
        {HOST_TIMEX_FREQUENCY, 1 + (double)t->freq / PPM_UNIT / 1e6},
        {HOST_TIMEX_MAX_ERROR, (double)t->maxerror / 1e6},
        {HOST_TIMEX_ERROR, (double)t->esterror / 1e6},
        {HOST_TIMEX_STATUS, t->status},
        {HOST_TIMEX_CONSTANT, (double)t->constant},
        {HOST_TIMEX_TICK, (double)t->tick / 1e6},
        {HOST_TIMEX_PPS_FREQUENCY, (double)t->ppsfreq / (PPM_UNIT * 1e6)},
        {HOST_TIMEX_PPS_JITTER, (double)t->jitter / unit},
        {HOST_TIMEX_PPS_SHIFT, t->shift},
        {HOST_TIMEX_PPS_STABILITY, (double)t->stabil / (PPM_UNIT * 1e6)},
        {HOST_TIMEX_PPS_JITTER_EVENTS, (double)t->jitcnt},
        {HOST_TIMEX_PPS_CALIBRATIONS, (double)t->calcnt},
        {HOST_TIMEX_PPS_ERRORS, (double)t->errcnt},
        {HOST_TIMEX_PPS_UNSTABLE, (double)t->stbcnt},
        {HOST_TIMEX_TAI, t->tai},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        host_sample(scan, rows[i].family, rows[i].value);
}

bool host_timex_collect(struct host_scan *scan)
{
    struct timex t = {0}; /* modes 0: only asks */
    const int state = adjtimex(&t);
    if (state < 0)
        return host_fail(scan, "adjtimex: %s", strerror(errno));
    show_timex(scan, &t, state);
    return true;
}
