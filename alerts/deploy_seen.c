/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployments that nobody announced: an item of a verdict that somebody stopped on purpose begins one, and its return
 * ends it. Called by engine_observe. Asks nothing, tells nobody.
 */
#include <string.h>

#include "alerts/overlay_impl.h"
#include "lib/core/verdict.h"

enum step { STEP_NONE, STEP_BEGIN, STEP_BEGIN_AND_END, STEP_END };

struct search {
    const char *name;
    const struct deploy *newest;
};

static void look_at(void *ctx, const struct deploy *d)
{
    struct search *s = ctx;
    const bool is_it = d->is_seen && !strcmp(d->what, s->name);
    if (is_it && (!s->newest || d->begun.ns >= s->newest->begun.ns))
        s->newest = d;
}

static const struct deploy *seen_of(const struct overlay *o, const char *name)
{
    struct search s = {.name = name};
    deploy_each(o, look_at, &s);
    return s.newest;
}

/* What was stopped longer ago than anything is held for is no news. */
static enum step step_of(const struct deploy *known, const struct item *item,
                         struct wall now)
{
    const bool is_new = item->stopped.ns &&
                        (!known || item->stopped.ns > known->begun.ns) &&
                        now.ns - item->stopped.ns < DEPLOY_HOLD_MAX;
    const bool is_back = item->is_back || !item->stopped.ns;
    if (is_new)
        return is_back ? STEP_BEGIN_AND_END : STEP_BEGIN;
    if (known && !known->ended.ns && is_back && item->health != HEALTH_DOWN)
        return STEP_END;
    return STEP_NONE;
}

bool deploys_are_seen(const struct overlay *o, const struct verdict *v, struct wall now)
{
    for (size_t i = 0; i < v->item_count; i++) {
        const struct item *item = &v->items[i];
        if (!item->stopped.ns && map_count(o->deploys) == 0)
            continue;
        if (step_of(seen_of(o, item->key), item, now) != STEP_NONE)
            return true;
    }
    return false;
}

static void take_item(struct overlay *o, const struct item *item, struct wall now,
                      struct ledger_txn *txn)
{
    const struct deploy *known = seen_of(o, item->key);
    const enum step step = step_of(known, item, now);
    const char *service = labels_get(item->labels, "service");
    const struct deploy d = {.what = item->key,
                             .begun = item->stopped,
                             .who = "container events",
                             .is_seen = true,
                             .service = service};
    struct err ignored; /* a name that is too long is held by nothing */
    const char *id = known ? known->id : NULL;
    switch (step) {
    case STEP_NONE:
        return;
    case STEP_BEGIN:
        deploy_begin(o, &d, now, txn, &ignored);
        return;
    case STEP_BEGIN_AND_END:
        id = deploy_begin(o, &d, now, txn, &ignored);
        break;
    case STEP_END:
        break;
    }
    if (id)
        deploy_end(o, id, false, "", now, txn, &ignored);
}

void deploys_see(struct overlay *o, const struct verdict *v, struct wall now,
                 struct ledger_txn *txn)
{
    for (size_t i = 0; i < v->item_count; i++)
        take_item(o, &v->items[i], now, txn);
}
