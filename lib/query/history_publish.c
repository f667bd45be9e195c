/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who writes which series: owners, and the groups of their batches. The n-th sample of a group is tried against the
 * n-th series that it had, so that a steady probe costs no look-up. Never looks at chunks.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

/* ---- owners ---- */

struct history_owner *history_owner(struct history *h, struct labels labels)
{
    struct arena *arena = arena_create(0);
    struct history_owner *o = arena_alloc(arena, sizeof(*o));
    o->arena = arena;
    o->history = h;
    o->labels = labels_without(arena, labels_copy(arena, labels), "task_id");
    o->terms = arena_alloc(arena, (o->labels.count + 1) * sizeof(*o->terms));
    for (size_t i = 0; i < o->labels.count; i++) {
        o->terms[i] = term_take(h, o->labels.items[i].name, o->labels.items[i].value);
        o->terms[i]->holds++;
    }
    o->direct.owner = o;
    list_append(&h->owners, &o->link);
    return o;
}

static void let_go(struct history *h, struct timeseries *s, int64_t ms)
{
    series_stale(h, s, ms);
    series_seal(h, s);
    s->holding = NULL;
    series_settle(h, s);
}

static void holding_end(struct holding *holding, int64_t ms)
{
    for (size_t i = 0; i < holding->count; i++) {
        struct timeseries *s = holding->slots[i].series;
        if (s && s->holding == holding)
            let_go(holding->owner->history, s, ms);
    }
    holding->owner->history->stats.bytes -= holding->size * sizeof(*holding->slots);
    free(holding->slots);
    free(holding->name);
}

void history_owner_end(struct history_owner *o, int64_t ms)
{
    struct holding *next = o->direct.next;
    holding_end(&o->direct, ms);
    while (next) {
        struct holding *holding = next;
        next = holding->next;
        holding_end(holding, ms);
        free(holding);
    }
    for (size_t i = 0; i < o->labels.count; i++) {
        o->terms[i]->holds--;
        term_settle(o->history, o->terms[i]);
    }
    list_remove(&o->link);
    arena_destroy(o->arena);
}

/* ---- the name of a series: own labels, and its owner's where those leave room ---- */

struct named { /* own labels, sorted by name, each name once */
    struct label labels[SERIES_MAX_LABELS];
    size_t count;
};

static void named_add(struct named *n, const char *name, const char *value)
{
    size_t at = n->count;
    if (!value || !*value || n->count == SERIES_MAX_LABELS || !strcmp(name, "task_id"))
        return;
    while (at > 0) {
        const int order = strcmp(n->labels[at - 1].name, name);
        if (order == 0)
            return;
        if (order < 0)
            break;
        at--;
    }
    memmove(&n->labels[at + 1], &n->labels[at], (n->count - at) * sizeof(n->labels[0]));
    n->labels[at] = (struct label){name, value};
    n->count++;
}

static struct timeseries *named_get(const struct named *n, const struct history_owner *o)
{
    struct history *h = o->history;
    struct term *terms[SERIES_MAX_LABELS];
    const size_t room = SERIES_MAX_LABELS - n->count;
    size_t count = 0;
    for (size_t own = 0, owners = 0; own < n->count || owners < o->labels.count;) {
        const int order = own == n->count ? 1
                          : owners == o->labels.count
                              ? -1
                              : strcmp(n->labels[own].name, o->labels.items[owners].name);
        if (order > 0 && count - own < room)
            terms[count++] = o->terms[owners];
        owners += order >= 0;
        if (order > 0)
            continue;
        const struct label *l = &n->labels[own++];
        terms[count++] = term_take(h, l->name, l->value);
    }
    return series_of_terms(h, terms, count);
}

static void named_of_sample(struct named *n, const struct sample *x)
{
    n->count = 0;
    named_add(n, "__name__", x->metric->name);
    for (size_t i = 0; x->values && x->metric->labels[i]; i++)
        named_add(n, x->metric->labels[i], x->values[i]);
    for (size_t i = 0; i < x->extra.count; i++)
        named_add(n, x->extra.items[i].name, x->extra.items[i].value);
}

/* Counts the label when it names the series; false when the series has another value for it. */
static bool is_own(struct labels of, const char *name, const char *value, uint32_t *own)
{
    if (!value || !*value || !strcmp(name, "task_id"))
        return true;
    const char *has = labels_get(of, name);
    ++*own;
    return has && !strcmp(has, value);
}

/* Whether a series is what this sample names: its own labels are there, and it has no more of its own. */
static bool is_named(const struct slot *slot, const struct sample *x)
{
    const struct labels of = slot->series->labels;
    uint32_t own = 0;
    bool is_same = is_own(of, "__name__", x->metric->name, &own);
    for (size_t i = 0; is_same && x->values && x->metric->labels[i]; i++)
        is_same = is_own(of, x->metric->labels[i], x->values[i], &own);
    for (size_t i = 0; is_same && i < x->extra.count; i++)
        is_same = is_own(of, x->extra.items[i].name, x->extra.items[i].value, &own);
    return is_same && own == slot->own;
}

/* ---- batches ---- */

static struct holding *holding_for(struct history_owner *o, const char *name)
{
    for (struct holding *holding = o->direct.next; holding; holding = holding->next) {
        if (!strcmp(holding->name, name))
            return holding;
    }
    struct holding *holding = calloc(1, sizeof(*holding));
    assert(holding);
    holding->owner = o;
    holding->name = strdup(name);
    assert(holding->name);
    holding->next = o->direct.next;
    o->direct.next = holding;
    return holding;
}

static struct slot *slot_room(struct holding *holding, size_t count)
{
    if (count > holding->size) {
        const size_t size = count + count / 2 + 4;
        holding->slots = realloc(holding->slots, size * sizeof(*holding->slots));
        assert(holding->slots);
        holding->owner->history->stats.bytes +=
            (size - holding->size) * sizeof(*holding->slots);
        holding->size = size;
    }
    return holding->slots;
}

static struct slot slot_find(struct holding *holding, const struct sample *x)
{
    struct named n;
    struct slot slot = {.round = holding->round};
    named_of_sample(&n, x);
    slot.series = named_get(&n, holding->owner);
    slot.own = (uint32_t)n.count;
    if (slot.series && !series_take(holding->owner->history, slot.series, holding))
        slot.series = NULL;
    return slot;
}

/* A batch of another shape: new slots beside the old, and what is only among the old ends. */
static void shape_change(struct holding *holding, const struct batch_group *g, int64_t ms)
{
    struct history *h = holding->owner->history;
    struct slot *former = holding->slots;
    const size_t former_count = holding->count;
    h->stats.bytes -= holding->size * sizeof(*former);
    holding->slots = NULL;
    holding->count = holding->size = 0;
    struct slot *slots = slot_room(holding, g->count);
    for (const struct sample *x = g->first; x; x = x->next) {
        const size_t at = holding->count++;
        const bool is_same =
            at < former_count && former[at].series && is_named(&former[at], x);
        slots[at] = is_same ? former[at] : slot_find(holding, x);
        if (slots[at].series)
            series_append(h, slots[at].series, ms, x->value);
    }
    for (size_t i = 0; i < former_count; i++) {
        struct timeseries *s = former[i].series;
        if (s && s->holding == holding && s->newest.ms < ms)
            let_go(h, s, ms);
    }
    free(former);
}

static bool has_shape(const struct holding *holding, const struct batch_group *g)
{
    if (holding->count != g->count)
        return false;
    size_t at = 0;
    for (const struct sample *x = g->first; x; x = x->next, at++) {
        if (at >= holding->count || !holding->slots[at].series ||
            !is_named(&holding->slots[at], x))
            return false;
    }
    return true;
}

static void group_publish(struct history_owner *o, const struct batch_group *g,
                          int64_t ms)
{
    struct holding *holding = holding_for(o, g->name);
    holding->round++;
    if (!has_shape(holding, g)) {
        shape_change(holding, g, ms);
        return;
    }
    size_t at = 0;
    for (const struct sample *x = g->first; x && at < holding->count; x = x->next)
        series_append(o->history, holding->slots[at++].series, ms, x->value);
}

void history_publish(struct history_owner *o, int64_t ms, const struct batch *b)
{
    for (const struct batch_group *g = b->first; g; g = g->next)
        group_publish(o, g, ms);
}

/* ---- one by one ---- */

void history_put(struct history_owner *o, const char *name, struct labels own, int64_t ms,
                 double value)
{
    struct named n = {0};
    named_add(&n, "__name__", name);
    for (size_t i = 0; i < own.count; i++)
        named_add(&n, own.items[i].name, own.items[i].value);
    struct timeseries *s = named_get(&n, o);
    if (!s)
        return;
    if (s->holding != &o->direct) {
        if (!series_take(o->history, s, &o->direct))
            return;
        slot_room(&o->direct, o->direct.count + 1)[o->direct.count] =
            (struct slot){.series = s, .own = (uint32_t)n.count};
        o->direct.count++;
    }
    series_append(o->history, s, ms, value);
}

static void holding_end_others(struct holding *holding, int64_t ms)
{
    size_t left = 0;
    for (size_t i = 0; i < holding->count; i++) {
        struct timeseries *s = holding->slots[i].series;
        if (s->newest.ms >= ms)
            holding->slots[left++] = holding->slots[i];
        else
            let_go(holding->owner->history, s, ms);
    }
    holding->count = left;
}

void history_end_others(struct history_owner *o, int64_t ms)
{
    holding_end_others(&o->direct, ms);
}
