/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of something that costs money (tokens) may be used in a day: counts by name, in one file of the state directory
 * that healthd and healthctl share, so that a budget holds for all of them together, and over restarts. What a call may
 * need is taken before it is made, and is on disk by then; what it did not use is given back. Made beside the frame; used
 * by probes, on the loop. Never decides what a call is worth.
 */
#ifndef HEALTHD_CORE_BUDGET_H
#define HEALTHD_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

struct loop;
struct budgets;
struct budget_ask;

#define BUDGET_MOST ((int64_t)1 << 40) /* of anything told here */

/* state_path: the directory; NULL, or one that is not there or not ours to write: counts end with the process. Nothing is
 * opened before the first use. */
struct budgets *budgets_create(struct loop *l, const char *state_path);
/* Writes what waits, within a second. Takes NULL. */
void budgets_destroy(struct budgets *b);

enum budget_state {
    BUDGET_GRANTED, /* taken, or nothing was asked for */
    BUDGET_SPENT,   /* the day has not so much left; nothing was taken */
    BUDGET_UNKNOWN  /* the count cannot be read or written: nothing may be used */
};
struct budget_answer {
    enum budget_state state;
    int64_t day;   /* since the epoch, UTC */
    int64_t spent; /* of that day, with what was taken now */
    int64_t total; /* of all days, with that */
    int64_t need;  /* what the call was found to need, */
    int64_t over;  /* so much of it since calls used more than they were said to need */
    int64_t taken;
    struct err why; /* of UNKNOWN */
};
typedef void budget_done(void *ctx, const struct budget_answer *a);

/* Takes need from what is left of most today, or nothing; to look only, need is 0. A name whose call used more than it
 * was said to need is given as much more: for the rest of that day, half of it on the next, and so on. A day that seems to be over already does not begin again. done is called once,
 * possibly before this returns (then NULL is returned). */
struct budget_ask *budget_take(struct budgets *b, const char *name, int64_t need,
                               int64_t most, struct wall now, budget_done *done,
                               void *ctx);
/* done is not called; what is taken nevertheless is given back. Takes NULL. */
void budget_forget(struct budget_ask *a);
/* The call that took so much is over, and used so much. Changes a as the file will be. */
void budget_settle(struct budgets *b, const char *name, struct budget_answer *a,
                   int64_t used);

#endif
