/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run needs around it, for tests: a frame, a runner, and a peer on a Unix socket that greets and answers
 * lines. Asks one run at a time and copies what came of it.
 */
#ifndef HEALTHD_TESTS_LOOPBACK_STAND_H
#define HEALTHD_TESTS_LOOPBACK_STAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/expr.h"
#include "lib/core/frame.h"
#include "lib/core/probe.h"
#include "lib/core/runner.h"

struct peer { /* greets with "hello\n", answers every read with "pong\n" */
    struct loop *loop;
    char path[108];
    int listen_fd, fd; /* fd: the newest connection, or -1 */
    struct watch *listen_watch, *watch;
    int accepted;
    bool is_silent; /* greets nobody, answers nothing */
    bool is_short;  /* hangs up after its greeting */
};

struct stand {
    struct frame frame;
    struct runner *runner;
    struct arena *arena;
    struct peer peer;
    /* Of the newest run: */
    int done, gone, woken;
    struct verdict verdict; /* texts and items copied */
    size_t samples;
    void (*look)(struct stand *s, const struct verdict *v,
                 const struct batch *b); /* may be NULL */
    double seen;                         /* look's own */
};

void stand_begin(struct stand *s);
void stand_end(struct stand *s);
/* A probe of type, from the YAML of its value; expect may be NULL. */
struct probe *stand_probe(struct stand *s, const struct probe_type *type,
                          const char *yaml, const char *expect);
struct session *stand_session(struct stand *s, const struct probe_type *type);
/* One run, until it is gone. session and scope may be NULL. */
const struct verdict *stand_ask(struct stand *s, const struct probe *probe,
                                struct session *session, nsec timeout,
                                const struct scope *scope);
/* Lets the loop run until *count reaches it, at most 5 s. */
bool stand_wait(struct stand *s, const int *count, int reaches);
void peer_hang_up(struct peer *p);
/* The value of the sample with this name, without regard to labels; NAN when there is none. */
double batch_value(const struct batch *b, const char *name);

#endif
