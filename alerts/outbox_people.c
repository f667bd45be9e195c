/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people see of the outbox and do to it: the list, retry, drop, numbers. Called through outbox.h by the API and by
 * metrics; rows move by outbox_move.c.
 */
#include <string.h>

#include "alerts/outbox_impl.h"

struct showing {
    void (*fn)(void *ctx, const struct outbox_row *r);
    void *ctx;
};

static bool show_row(void *ctx, struct waiting *w)
{
    const struct showing *s = ctx;
    s->fn(s->ctx, &w->row);
    return true;
}

void outbox_each(const struct outbox *o,
                 void (*fn)(void *ctx, const struct outbox_row *r), void *ctx)
{
    struct showing showing = {fn, ctx};
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b))
        rows_each(b->value, show_row, &showing);
    LIST_EACH (it, &o->dead)
        fn(ctx, &LIST_ITEM(it, struct waiting, link)->row);
    LIST_EACH (it, &o->settled)
        fn(ctx, &LIST_ITEM(it, struct waiting, link)->row);
}

static void find_newest(const struct list *rows, const struct lane *l,
                        const struct outbox_row **newest)
{
    LIST_EACH (it, rows) {
        const struct waiting *w = LIST_ITEM(it, struct waiting, link);
        if (w->lane == l && (!*newest || w->row.id > (*newest)->id))
            *newest = &w->row;
    }
}

const struct outbox_row *outbox_newest(const struct outbox *o, const char *receiver,
                                       const char *lane)
{
    const struct box *b = map_get(o->boxes, bytes_of(receiver));
    const struct lane *l = b ? map_get(b->lanes, bytes_of(lane)) : NULL;
    const struct outbox_row *newest = NULL;
    if (!l || l->row_count == 0)
        return NULL;
    find_newest(&l->rows, l, &newest);
    if (l->dead > 0)
        find_newest(&o->dead, l, &newest);
    find_newest(&o->settled, l, &newest);
    return newest;
}

static bool is_in_flight(const struct waiting *w)
{
    return w->lane->is_busy && lane_first(w->lane) == w;
}

/* A dead row goes back to the front of its lane: it is older than what waits there. */
static void row_revive(struct outbox *o, struct waiting *w)
{
    struct lane *l = w->lane;
    list_remove(&w->link);
    l->dead--;
    l->box->dead--;
    l->box->pending++;
    w->row.state = ROW_PENDING;
    w->row.is_degraded = false;
    struct list *after = &l->rows;
    if (l->is_busy && !list_empty(&l->rows))
        after = l->rows.next;
    list_prepend(after, &w->link);
    if (!list_linked(&l->link))
        list_append(&l->box->live, &l->link);
}

static bool speaks_of_a_beginning(const struct waiting *w)
{
    return w->row.kind == NOTICE_TRIGGER || w->row.kind == NOTICE_UPDATE ||
           w->row.kind == NOTICE_REMINDER;
}

bool lane_has_dead_beginning(const struct lane *l)
{
    const struct outbox *o = l->box->outbox;
    LIST_EACH (it, &o->dead) {
        const struct waiting *w = LIST_ITEM(it, struct waiting, link);
        if (w->lane == l && speaks_of_a_beginning(w))
            return true;
    }
    return false;
}

/* The newest of a lane's dead letters, but for those older than `from`. */
static struct waiting *last_dead(const struct lane *l, uint64_t from)
{
    struct waiting *last = NULL;
    LIST_EACH (it, &l->box->outbox->dead) {
        struct waiting *w = LIST_ITEM(it, struct waiting, link);
        if (w->lane == l && w->row.id >= from && (!last || w->row.id > last->row.id))
            last = w;
    }
    return last;
}

/* With it go the dead letters of its lane that came after it, so that its receiver also hears of its end; with an end, of
 * which nobody knows the beginning, that too. */
static void revive_with_followers(struct outbox *o, struct waiting *w, struct wall now)
{
    struct lane *l = w->lane;
    const bool is_mere_end = w->row.kind == NOTICE_RESOLVE && !l->was_told;
    const uint64_t from = is_mere_end ? 0 : w->row.id;
    for (struct waiting *last; (last = last_dead(l, from));) {
        row_revive(o, last);
        row_retry(last, "asked for by hand", now);
    }
}

static struct waiting *row_asked_for(struct outbox *o, uint64_t id, struct err *e)
{
    struct waiting *w = row_find(o, id);
    const unsigned long long number = id;
    if (!w)
        (void)err_set(e,
                      "there is no notice %llu among those that wait or were given up: "
                      "`healthctl outbox` lists them",
                      number);
    else if (is_in_flight(w))
        (void)err_set(e, "notice %llu is being sent now; try again", number);
    else
        return w;
    return NULL;
}

bool outbox_retry(struct outbox *o, uint64_t id, struct wall now, struct err *e)
{
    struct waiting *w = row_asked_for(o, id, e);
    if (!w)
        return false;
    if (w->lane->accepted > id)
        return err_set(e,
                       "%s has accepted what came after notice %llu (notice %llu): it "
                       "would be told out of order. Drop it: healthctl outbox drop %llu",
                       w->row.receiver, (unsigned long long)id,
                       (unsigned long long)w->lane->accepted, (unsigned long long)id);
    if (w->row.state == ROW_DEAD)
        revive_with_followers(o, w, now);
    else
        row_retry(w, "asked for by hand", now);
    if (o->arrived)
        o->arrived(o->ctx, w);
    return true;
}

/* An end that waited for its beginning, which was dropped: nobody will hear of either. */
static void drop_mere_ends(struct outbox *o, struct lane *l, const char *why,
                           struct wall now)
{
    if (l->was_told || lane_has_dead_beginning(l))
        return;
    for (struct waiting *w; (w = last_dead(l, 0));) {
        row_revive(o, w);
        row_void(w, why, now);
    }
}

bool outbox_drop(struct outbox *o, uint64_t id, const char *who, struct wall now,
                 struct err *e)
{
    struct waiting *w = row_asked_for(o, id, e);
    if (!w)
        return false;
    struct lane *l = w->lane;
    struct arena *arena = arena_create(0);
    const char *why = arena_printf(arena, "dropped by %s", who);
    if (w->row.state == ROW_DEAD)
        row_revive(o, w);
    const bool lane_stays = l->dead > 0;
    row_void(w, why, now);
    if (lane_stays)
        drop_mere_ends(o, l, why, now);
    arena_destroy(arena);
    return true;
}

static bool count_row(void *ctx, struct waiting *w)
{
    struct outbox_stats *stats = ctx;
    if (w->is_standing)
        return true;
    stats->pending++;
    stats->oldest_pending = wall_earlier(stats->oldest_pending, w->row.made);
    if (w->row.is_critical)
        stats->oldest_critical = wall_earlier(stats->oldest_critical, w->row.made);
    return true;
}

struct outbox_stats outbox_stats(const struct outbox *o, const char *receiver)
{
    struct outbox_stats stats = {.bytes = o->bytes};
    for (const struct map_entry *x = map_next(o->boxes, NULL); x;
         x = map_next(o->boxes, x)) {
        const struct box *b = x->value;
        if (receiver && strcmp(receiver, b->name) != 0)
            continue;
        stats.dead += b->dead;
        rows_each(b, count_row, &stats);
    }
    return stats;
}
