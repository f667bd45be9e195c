/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See dispatch.h. Takes generations, changes and what people do in; letting time pass is dispatch_pass.c's. Knows no
 * clock, no disk and no network: time and transactions are given.
 */
#include "alerts/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/dispatch_impl.h"
#include "lib/base/memory.h"

/* ---- life ---- */

struct dispatch *dispatch_create(struct book *book, struct overlay *overlay)
{
    struct dispatch *d = memory_take(sizeof(*d));
    *d = (struct dispatch){
        .book = book, .overlay = overlay, .by_id = map_create(), .places = map_create()};
    list_init(&d->groups);
    return d;
}

void dispatch_destroy(struct dispatch *d)
{
    if (!d)
        return;
    LIST_EACH (it, &d->groups)
        group_destroy(d, GROUP_OF(it));
    map_destroy(d->by_id);
    map_destroy(d->places);
    failing_forget(d);
    free(d);
}

bool dispatch_restore(struct dispatch *d, const char *key, const char *json,
                      struct err *e)
{
    return group_read(d, key, json, e);
}

void dispatch_wait(struct dispatch *d, struct wall until)
{
    d->wait_until = until;
}

/* ---- a generation ---- */

static const struct route *route_by_key(const struct route *r, const char *key)
{
    const struct route *found = r && !strcmp(r->key, key) ? r : NULL;
    for (const struct route *const *child = r ? r->routes : NULL;
         child && *child && !found; child++)
        found = route_by_key(*child, key);
    return found;
}

static void rebind(struct dispatch *d, struct alert_group *g)
{
    g->receiver = receivers_find(d->routing->receivers, g->receiver_name);
    g->route = route_by_key(d->routing->root, g->route_key);
    g->muted_until = (struct wall){0};
    g->window = NULL;
    LIST_EACH (it, &g->members) {
        struct member *m = MEMBER_OF(it);
        m->is_routed = false;
        m->rule_window = NULL;
        m->judged_at = (struct wall){0};
    }
}

static void rejoin(void *ctx, struct alert *a)
{
    if (a->status.state == ALERT_FIRING)
        alert_rejoin(ctx, a);
}

/* Removes groups whose receiver is gone, and members that were not told and go elsewhere now. */
static void prune(struct dispatch *d, struct alert_group *g, struct ledger_txn *txn)
{
    LIST_EACH (it, &g->members) {
        struct member *m = MEMBER_OF(it);
        const bool came_and_went = m->is_missed && !member_fires(m) && g->route;
        if (!m->is_told && !m->is_routed && !came_and_went)
            member_remove(d, m);
    }
    if (g->receiver && !list_empty(&g->members)) {
        g->is_changed = true;
        return;
    }
    group_forget(g, txn);
    group_destroy(d, g);
}

void dispatch_adopt(struct dispatch *d, const struct routing *routing,
                    const struct dispatch_words *words, struct ledger_txn *txn)
{
    d->routing = routing;
    d->words = *words;
    LIST_EACH (it, &d->groups)
        rebind(d, GROUP_OF(it));
    book_each(d->book, rejoin, d);
    LIST_EACH (it, &d->groups)
        prune(d, GROUP_OF(it), txn);
    dispatch_save_changed(d, txn);
}

/* ---- changes ---- */

static void each_member(const struct dispatch *d, const struct alert *a,
                        void (*fn)(void *ctx, struct member *m), void *ctx)
{
    const struct receivers *r = d->routing ? d->routing->receivers : NULL;
    for (size_t i = 0; r && i < r->count; i++) {
        struct member *m = member_find(d, r->items[i]->name, a->key);
        if (m)
            fn(ctx, m);
    }
}

struct ending {
    struct dispatch *d;
    struct wall now;
    struct ledger_txn *txn;
};

/* A member that was told must be told the end; one that waited only for its time, both; one that was held, nothing. */
static void end_member(void *ctx, struct member *m)
{
    const struct ending *e = ctx;
    struct alert_group *g = m->group;
    if (!m->is_told && !m->judged_at.ns && m->held == OVERLAY_NONE) {
        struct arena *arena = arena_create(0);
        m->held = overlay_judge(e->d->overlay, m->alert, e->now, arena).kind;
        arena_destroy(arena);
    }
    m->is_missed = !m->is_told && m->is_routed && !member_is_held(m);
    if (!m->is_told && !m->is_missed)
        member_remove(e->d, m);
    if (!list_empty(&g->members)) {
        g->is_changed = true;
        return;
    }
    group_forget(g, e->txn);
    group_destroy(e->d, g);
}

void dispatch_change(struct dispatch *d, struct alert *a, enum change change,
                     struct wall now, struct ledger_txn *txn)
{
    struct ending e = {d, now, txn};
    switch (change) {
    case CHANGE_FIRED:
        alert_join(d, a);
        break;
    case CHANGE_RESOLVED:
        each_member(d, a, end_member, &e);
        break;
    case CHANGE_NONE:
    case CHANGE_PENDING:
    case CHANGE_HELD:
    case CHANGE_DROPPED:
        break;
    }
}

void dispatch_committed(struct dispatch *d, struct ledger_txn *txn)
{
    LIST_EACH (it, &d->groups) {
        struct alert_group *g = GROUP_OF(it);
        if (g->in_flight == txn)
            g->in_flight = NULL;
    }
}

/* ---- what people do ---- */

struct acking {
    struct dispatch *d;
    const struct ack *ack;
    struct wall now;
    struct ledger_txn *txn;
};

static void tell_ack(void *ctx, struct member *m)
{
    const struct acking *k = ctx;
    if (!m->is_told || !member_fires(m) || !m->group->receiver)
        return;
    struct arena *arena = arena_create(0);
    const char *comment = k->ack->comment ? k->ack->comment : "";
    struct member *const firing[] = {m};
    const struct notice_parts parts = {
        .kind = NOTICE_ACK,
        .reason = arena_printf(arena, "taken by %s%s%s", k->ack->who,
                               *comment ? ": " : "", comment),
        .firing = firing,
        .firing_count = 1};
    ledger_notice(k->txn, notice_make(k->d, m->group, &parts, k->now, arena));
    arena_destroy(arena);
}

void dispatch_ack(struct dispatch *d, const struct alert *a, const struct ack *ack,
                  struct wall now, struct ledger_txn *txn)
{
    struct acking k = {d, ack, now, txn};
    each_member(d, a, tell_ack, &k);
    if (!d->is_passing)
        failing_forget(d);
}

static const char *deploy_title(const struct deploy *deploy, struct arena *arena)
{
    const char *end = !deploy->ended.ns    ? " began"
                      : deploy->has_failed ? " failed"
                                           : " ended";
    const bool has_why = deploy->ended.ns && deploy->why && *deploy->why;
    return arena_printf(arena, "deploy%s%s%s%s%s%s%s", *deploy->release ? " " : "",
                        deploy->release, *deploy->what ? " of " : "", deploy->what, end,
                        has_why ? ": " : "", has_why ? deploy->why : "");
}

/* What it is about, for whoever filters by it; sorted by name, none empty. */
static struct labels deploy_labels(const struct deploy *deploy, struct arena *arena)
{
    const struct label all[] = {
        {"deploy", deploy->id},
        {"outcome", !deploy->ended.ns    ? "under way"
                    : deploy->has_failed ? "failed"
                                         : "passed"},
        {"release", deploy->release},
        {"what", deploy->what},
        {"who", deploy->who},
    };
    struct label *items = arena_alloc(arena, sizeof(all));
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i].value && *all[i].value)
            items[count++] = all[i];
    }
    return (struct labels){items, count};
}

void dispatch_deploy(struct dispatch *d, const struct deploy *deploy, struct wall now,
                     struct ledger_txn *txn)
{
    const struct receivers *r = d->routing ? d->routing->receivers : NULL;
    struct arena *arena = arena_create(0);
    for (size_t i = 0; r && i < r->count; i++) {
        const struct receiver *to = r->items[i];
        char key[LANE_SIZE + 3];
        if (!to->type->sends_deploys)
            continue;
        const char *site = d->words.site ? d->words.site : "";
        dedup_key(site, to->name, "deploys", key);
        const struct notice n = {
            .kind = NOTICE_DEPLOY,
            .receiver = to->name,
            .lane = "deploys",
            .dedup_key = key,
            .site = site,
            .group_key = "",
            .severity = "info",
            .reason = deploy->who ? deploy->who : "",
            .title = deploy_title(deploy, arena),
            .external_url = d->words.external_url ? d->words.external_url : "",
            .runbook = "",
            .last_deploy = "",
            .also = "",
            .ack_hint = "",
            .timezone = d->words.timezone ? d->words.timezone : "UTC",
            .common_labels = deploy_labels(deploy, arena),
            .made = now,
            .first_since = deploy->ended.ns ? deploy->ended : deploy->begun};
        ledger_notice(txn, &n);
    }
    arena_destroy(arena);
}

struct telling {
    void (*fn)(void *ctx, const struct told *t);
    void *ctx;
};

static void tell_where(void *ctx, struct member *m)
{
    const struct telling *t = ctx;
    const struct alert_group *g = m->group;
    const struct told told = {
        .receiver = g->receiver_name,
        .lane = g->lane,
        .route = g->route_key,
        .was_told = m->is_told,
        .last_told = g->last_told,
        .next_flush = g->flush_at,
        .held = {.kind = m->held, .by = m->held_by, .until = m->held_until},
        .window = m->rule_window ? m->rule_window : g->window};
    t->fn(t->ctx, &told);
}

void dispatch_each(const struct dispatch *d, const struct alert *a,
                   void (*fn)(void *ctx, const struct told *t), void *ctx)
{
    struct telling t = {fn, ctx};
    each_member(d, a, tell_where, &t);
}
