/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that would block the loop, on threads. A job sees only its own data; done runs on the loop.
 */
#ifndef HEALTHD_CORE_POOL_H
#define HEALTHD_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/clock.h"

struct loop;
struct pool;
struct job;

struct pool *pool_create(struct loop *l, size_t threads); /* 2 threads serve healthd */
/* Waits for jobs under way at most `grace`, then leaves the rest to the process's end. Jobs that wait are
 * dropped and done is not called any more; dispose is, for abandoned jobs that have ended. Before loop_destroy. */
void pool_destroy(struct pool *p, nsec grace);

/* Queues work(ctx) for a pool thread, then done(ctx) on the loop. Bounded computations only. NULL when 1,000
 * jobs wait already. name is for reports of slow callbacks (done holds the loop) and must be static. */
struct job *pool_submit(struct pool *p, const char *name, void (*work)(void *ctx),
                        void (*done)(void *ctx), void *ctx);
/* A thread of its own (256 KiB stack) for what may hang: statfs, getaddrinfo, PQconnect.
 * At most 64 at a time; NULL above that, or when the system has no thread: pool_no_thread says so to people. */
struct job *pool_detach(struct pool *p, const char *name, void (*work)(void *ctx),
                        void (*done)(void *ctx), void *ctx);
extern const char pool_no_thread[];
/* Nobody waits any more: done is not called; dispose(ctx) is, on the loop, when work has ended (never, if it
 * never ends). */
void job_abandon(struct job *j, void (*dispose)(void *ctx));

struct pool_stats {
    size_t queued, running, detached, abandoned;
};
struct pool_stats pool_stats(const struct pool *p);

#endif
