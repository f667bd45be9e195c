/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes of both configurations in arrays, and how far each of the four steps has come in them. What is alike keeps
 * its struct tracked; the rest is made and ended one by one. Called by reload.c, and by daemon.c for the first configuration.
 * Looks at no clock: a slice says when to stop.
 */
#include "collector/adoption.h"

#include <stdlib.h>
#include <string.h>

#include "collector/schedule_impl.h"
#include "lib/base/memory.h"

struct adoption {
    struct schedule *schedule;
    struct generation *generation;
    struct tracked **probes; /* of the generation; the schedule's once it is taken */
    struct map *by_name;     /* the same */
    size_t made, ended, opened;
    struct tracked **former; /* once it is taken: the schedule's before it */
    size_t former_count, tidied;
    struct err fault;
    bool has_failed, is_taken;
};

struct adoption *adoption_begin(struct schedule *s, struct generation *g)
{
    struct adoption *a = memory_take(sizeof(*a));
    *a = (struct adoption){
        .schedule = s,
        .generation = generation_ref(g),
        .probes = memory_take((g->probe_count + 1) * sizeof(struct tracked *)),
        .by_name = map_create()};
    return a;
}

static struct tracked *find_same(const struct schedule *s, const struct probe *probe)
{
    struct tracked *t = schedule_find(s, probe->name);
    return t && !strcmp(t->probe->canonical, probe->canonical) ? t : NULL;
}

static bool make_one(struct adoption *a)
{
    const struct probe *probe = a->generation->probes[a->made];
    struct tracked *t = find_same(a->schedule, probe);
    if (t)
        t->is_kept = true;
    else
        t = tracked_create(a->schedule, probe, &a->fault);
    if (!t)
        return false;
    map_put(a->by_name, bytes_of(probe->name), t);
    a->probes[a->made++] = t;
    return true;
}

bool adoption_make(struct adoption *a, const struct slice *slice)
{
    while (!a->has_failed && a->made < a->generation->probe_count) {
        if (slice_is_over(slice))
            return false;
        a->has_failed = !make_one(a);
    }
    return true;
}

const struct err *adoption_fault(const struct adoption *a)
{
    return a->has_failed ? &a->fault : NULL;
}

bool adoption_turn(struct adoption *a, const struct slice *slice)
{
    const struct schedule *s = a->schedule;
    for (; a->ended < s->count; a->ended++) {
        if (slice_is_over(slice))
            return false;
        if (!s->tracked[a->ended]->is_kept)
            tracked_end(s->tracked[a->ended]);
    }
    for (; a->opened < a->made; a->opened++) {
        if (slice_is_over(slice))
            return false;
        if (!a->probes[a->opened]->source)
            tracked_open_series(a->probes[a->opened]);
    }
    return true;
}

/* The former ones go when there is time for it. */
static void swap(struct adoption *a)
{
    struct schedule *s = a->schedule;
    struct generation *before = s->generation;
    a->former = s->tracked;
    a->former_count = s->count;
    s->tracked = a->probes;
    s->count = a->made;
    s->generation = a->generation;
    a->generation = before;
    struct map *by_name = s->by_name;
    s->by_name = a->by_name;
    a->by_name = by_name;
    a->is_taken = true;
}

void adoption_take(struct adoption *a)
{
    struct schedule *s = a->schedule;
    swap(a);
    for (size_t i = 0; i < s->count; i++) {
        struct tracked *t = s->tracked[i];
        t->probe = s->generation->probes[i];
        if (!t->is_adopted)
            tracked_set_grid(t);
        t->is_kept = false;
        t->is_adopted = true;
        tracked_place(t);
    }
}

bool adoption_tidy(struct adoption *a, const struct slice *slice)
{
    struct tracked **all = a->is_taken ? a->former : a->probes;
    const size_t count = a->is_taken ? a->former_count : a->made;
    for (; a->tidied < count; a->tidied++) {
        struct tracked *t = all[a->tidied];
        if (slice_is_over(slice))
            return false;
        if (a->is_taken ? t->is_removed : !t->is_kept)
            tracked_remove(t);
        else
            t->is_kept = false;
    }
    return true;
}

void adoption_destroy(struct adoption *a)
{
    if (!a)
        return;
    (void)adoption_tidy(a, NULL);
    free(a->is_taken ? a->former : a->probes);
    map_destroy(a->by_name);
    generation_unref(a->generation);
    free(a);
}

struct tracked *const *adoption_probes(const struct adoption *a)
{
    return a->is_taken ? a->schedule->tracked : a->probes;
}

bool schedule_adopt(struct schedule *s, struct generation *g, struct err *e)
{
    struct adoption *a = adoption_begin(s, g);
    (void)adoption_make(a, NULL);
    const struct err *fault = adoption_fault(a);
    if (fault)
        *e = *fault;
    const bool ok = !fault;
    if (ok) {
        (void)adoption_turn(a, NULL);
        adoption_take(a);
    }
    adoption_destroy(a);
    return ok;
}
