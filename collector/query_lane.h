/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of the API on their way through the pool: one at a time, so that rules always find a thread; a few wait, the
 * rest is refused. What a query may read and how long it may wait is bounded.
 */
#ifndef HEALTHD_COLLECTOR_QUERY_LANE_H
#define HEALTHD_COLLECTOR_QUERY_LANE_H

#include "collector/web.h"
#include "lib/query/history.h"
#include "lib/query/promql.h"

struct daemon;
struct query_lane;

#define QUERY_MAX_WAITING 64
#define QUERY_MAX_SAMPLES 5000000
#define QUERY_LONGEST (30 * NSEC_PER_SEC) /* waiting and computing */

struct query_lane *query_lane_create(struct daemon *d);
bool query_lane_is_idle(const struct query_lane *l); /* takes NULL: idle */
void query_lane_destroy(struct query_lane *l);       /* when idle; takes NULL */
/* What waited for a turn of the daemon's (is_turning) need not any more. */
void query_lane_go_on(struct query_lane *l);
/* Answers x, later; timeout is at most QUERY_LONGEST. text is copied. */
void query_lane_run(struct query_lane *l, struct exchange *x, const char *text,
                    const struct promql_opts *opts, nsec timeout);
/* A parameter that is no PromQL, or (what not NULL) not the right one: 400 with place and hint. */
void query_fault(struct exchange *x, const char *parameter,
                 const struct promql_fault *fault, const char *what);
/* A parameter that is a number of seconds since the epoch, or RFC 3339; absent: usual, unless that is negative. False
 * after answering 400. */
bool query_time(struct exchange *x, const char *name, int64_t usual, int64_t *ret_ms);
/* In Prometheus' form. */
void query_error(struct exchange *x, int status, const char *type, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
