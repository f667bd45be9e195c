/* SPDX-License-Identifier: Apache-2.0 */
/* Knocks at receivers' hosts in a story: answered after a moment, or, while the uplink is down, given up. */
#include <stdlib.h>

#include "tests/scenario/world.h"

#define ANSWERS_AFTER (20 * NSEC_PER_MSEC)
#define GIVEN_UP_AFTER (5 * NSEC_PER_SEC)

struct knocking {
    struct list link; /* world->knocks */
    struct world *world;
    struct mono ends;
    bool was_answered;
    void (*done)(void *ctx, bool was_answered);
    void *ctx;
};

static void *start(void *ctx, const char *host, int port,
                   void (*done)(void *done_ctx, bool was_answered), void *done_ctx)
{
    struct world *w = ctx;
    struct knocking *k = calloc(1, sizeof(*k));
    if (!k)
        abort();
    *k = (struct knocking){
        .world = w,
        .ends = mono_add(w->mono, w->is_cut_off ? GIVEN_UP_AFTER : ANSWERS_AFTER),
        .was_answered = !w->is_cut_off,
        .done = done,
        .ctx = done_ctx};
    list_append(&w->knocks, &k->link);
    return k;
}

static void cancel(void *ctx, void *knocking)
{
    struct knocking *k = knocking;
    list_remove(&k->link);
    free(k);
}

struct knock knock_view(struct world *w)
{
    return (struct knock){.ctx = w, .start = start, .cancel = cancel};
}

struct mono knocks_next(const struct world *w)
{
    struct mono next = {INT64_MAX};
    LIST_EACH (it, &w->knocks) {
        const struct knocking *k = LIST_ITEM(it, struct knocking, link);
        next = k->ends.ns < next.ns ? k->ends : next;
    }
    return next;
}

static struct knocking *first_ended(const struct world *w)
{
    LIST_EACH (it, &w->knocks) {
        struct knocking *k = LIST_ITEM(it, struct knocking, link);
        if (mono_reached(w->mono, k->ends))
            return k;
    }
    return NULL;
}

void knocks_end(struct world *w)
{
    for (struct knocking *k; (k = first_ended(w));) {
        const struct knocking ended = *k;
        cancel(w, k);
        ended.done(ended.ctx, ended.was_answered);
    }
}
