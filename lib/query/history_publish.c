/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch does to its owner's series, in slices. The n-th sample of a group is tried against the n-th series that the
 * group had; those that differ are looked up or made, which is what takes long, and have no sample yet, so that nobody sees
 * them. Once every sample has its series, all get their values in one go. Never looks at chunks.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/query/history_impl.h"

#define SAMPLES_AT_A_TIME 16

/* ---- finding ---- */

static struct holding *holding_for(struct history_owner *o, const char *name)
{
    for (struct holding *holding = o->direct.next; holding; holding = holding->next) {
        if (!strcmp(holding->name, name))
            return holding;
    }
    struct holding *holding = calloc(1, sizeof(*holding));
    assert(holding);
    holding->owner = o;
    holding->name = memory_strdup(name);
    assert(holding->name);
    holding->next = o->direct.next;
    o->direct.next = holding;
    return holding;
}

static struct slot slot_find(struct holding *holding, const struct sample *x)
{
    struct history *h = holding->owner->history;
    struct named n;
    named_of_sample(&n, x);
    const struct slot slot = {named_get(&n, holding->owner), (uint32_t)n.count};
    if (slot.series && series_take(h, slot.series, holding))
        return slot;
    return (struct slot){NULL, slot.own};
}

static struct slot slot_of(struct holding *holding, const struct sample *x)
{
    const struct slot *former =
        holding->filled < holding->count ? &holding->slots[holding->filled] : NULL;
    struct slot slot = former && former->series && slot_is_named(former, x)
                           ? *former
                           : slot_find(holding, x);
    if (slot.series && slot.series->round == holding->round) {
        holding->owner->history->stats.refused_samples++; /* named twice */
        slot.series = NULL;
    }
    if (slot.series)
        slot.series->round = holding->round;
    return slot;
}

/* The slots of a new shape, of which the first ones are as they were. */
static void fresh_begin(struct holding *holding, size_t count)
{
    holding->fresh = memory_take((count + 1) * sizeof(*holding->fresh));
    if (holding->filled)
        memcpy(holding->fresh, holding->slots, holding->filled * sizeof(*holding->fresh));
}

static void slot_fill(struct holding *holding, struct slot slot, size_t count)
{
    const size_t at = holding->filled;
    const bool is_same = at < holding->count && holding->slots[at].series == slot.series;
    if (!holding->fresh && !is_same)
        fresh_begin(holding, count);
    if (holding->fresh)
        holding->fresh[at] = slot;
    holding->has_gap = holding->has_gap || !slot.series;
    holding->filled++;
}

static void group_begin(struct history_publication *p, const struct batch_group *g)
{
    p->group = g;
    if (!g)
        return;
    p->holding = holding_for(p->owner, g->name);
    p->holding->round++;
    p->holding->filled = 0;
    p->holding->has_gap = false;
    p->sample = g->first;
    if (g->shape && g->shape == p->holding->shape) { /* nothing to compare */
        p->holding->filled = g->count;
        p->sample = NULL;
    }
}

/* False when the time is up. */
static bool group_find(struct history_publication *p, struct mono until)
{
    struct holding *holding = p->holding;
    for (; p->sample; p->sample = p->sample->next) {
        slot_fill(holding, slot_of(holding, p->sample), p->group->count);
        if (holding->filled % SAMPLES_AT_A_TIME == 0 &&
            mono_reached(mono_read(), until)) {
            p->sample = p->sample->next;
            return false;
        }
    }
    if (!holding->fresh && holding->filled != holding->count)
        fresh_begin(holding, holding->filled);
    return true;
}

/* ---- giving ---- */

/* What is only among the old ends. */
static void fresh_take(struct holding *holding, int64_t ms)
{
    struct history *h = holding->owner->history;
    struct slot *former = holding->slots;
    const size_t count = holding->count;
    h->stats.bytes += holding->filled * sizeof(*former);
    h->stats.bytes -= holding->size * sizeof(*former);
    holding->slots = holding->fresh;
    holding->count = holding->size = holding->filled;
    holding->fresh = NULL;
    for (size_t i = 0; i < count; i++) {
        struct timeseries *s = former[i].series;
        if (s && s->holding == holding && s->round != holding->round)
            series_leave(h, s, ms);
    }
    free(former);
}

static void group_give(struct holding *holding, const struct batch_group *g, int64_t ms)
{
    struct history *h = holding->owner->history;
    size_t at = 0;
    if (holding->fresh)
        fresh_take(holding, ms);
    holding->shape = holding->has_gap ? 0 : g->shape;
    for (const struct sample *x = g->first; x; x = x->next, at++) {
        if (holding->slots[at].series)
            series_append(h, holding->slots[at].series, ms, x->value);
    }
}

static void give(struct history_publication *p)
{
    struct history_owner *o = p->owner;
    for (const struct batch_group *g = p->batch->first; g; g = g->next)
        group_give(holding_for(o, g->name), g, p->ms);
    o->publication = NULL;
    p->owner = NULL;
    leavers_tidy(o->history);
}

/* ---- publications ---- */

void history_publication_begin(struct history_publication *p, struct history_owner *o,
                               int64_t ms, const struct batch *b)
{
    if (o->publication)
        history_publication_go(o->publication, INT64_MAX);
    *p = (struct history_publication){.owner = o, .ms = ms, .batch = b};
    o->publication = p;
    group_begin(p, b->first);
}

void history_publication_move(struct history_publication *to,
                              struct history_publication *from)
{
    *to = *from;
    if (to->owner)
        to->owner->publication = to;
}

bool history_publication_go(struct history_publication *p, nsec budget)
{
    const struct mono until = {budget == INT64_MAX ? INT64_MAX
                                                   : mono_add(mono_read(), budget).ns};
    if (!p->owner)
        return true;
    for (; p->group; group_begin(p, p->group->next)) {
        if (!group_find(p, until))
            return false;
    }
    give(p);
    return true;
}

void history_publish(struct history_owner *o, int64_t ms, const struct batch *b)
{
    struct history_publication p;
    history_publication_begin(&p, o, ms, b);
    history_publication_go(&p, INT64_MAX);
}
