/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long list on its way to one client (rendering.h): one list at a time is printed, so that however many ask, a turn of
 * the loop is held by one slice. What is printed is api_rules.c's and api_alerts.c's.
 */
#ifndef HEALTHD_COLLECTOR_LIST_JOB_H
#define HEALTHD_COLLECTOR_LIST_JOB_H

#include "collector/daemon.h"
#include "collector/web.h"

struct list_kind {
    const char *name;      /* static: for reports of slow callbacks */
    const char *too_large; /* a sentence, when it is more than LIST_MAX_BYTES */
    /* Adds to out until that instant, or a little longer; true when that was all. */
    bool (*print)(void *list, struct buf *out, struct mono until);
};
#define LIST_MAX_BYTES (64u << 20)

/* Answers x, now or later. arena is the job's from then on; list lives in it. */
void list_job_answer(struct exchange *x, struct daemon *d, const struct list_kind *kind,
                     struct arena *arena, void *list);
/* What nobody waits for any more: after the web server. */
void list_jobs_destroy(struct daemon *d);

#endif
