/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label sets within one evaluation. Equal sets are made one when it matters (set_known), so that they compare by
 * address; what a node makes of a set is made once and remembered by the set's number. Never copies a label's text.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/query/promql_evaluation.h"

#define METRIC "__name__"
#define FIRST_BUCKETS 64

struct label_set *set_make(struct evaluation *ev, struct labels labels)
{
    struct label_set *set = arena_alloc(ev->arena, sizeof(*set));
    set->labels = labels;
    set->id = ev->set_count++;
    return set;
}

static void grow(struct evaluation *ev, struct label_sets *sets)
{
    const size_t size = sets->size ? sets->size * 2 : FIRST_BUCKETS;
    struct label_set **buckets = arena_alloc(ev->arena, size * sizeof(*buckets));
    for (size_t i = 0; i < sets->size; i++) {
        for (struct label_set *set = sets->buckets[i], *next; set; set = next) {
            next = set->next;
            set->next = buckets[set->hash & (size - 1)];
            buckets[set->hash & (size - 1)] = set;
        }
    }
    sets->buckets = buckets;
    sets->size = size;
}

struct label_set *set_known(struct evaluation *ev, struct label_set *set)
{
    struct label_sets *sets = &ev->sets;
    if (set->known)
        return set->known;
    if (sets->count >= sets->size)
        grow(ev, sets);
    set->hash = labels_hash(set->labels);
    struct label_set **bucket = &sets->buckets[set->hash & (sets->size - 1)];
    for (struct label_set *other = *bucket; other; other = other->next) {
        if (other->hash == set->hash && labels_equal(other->labels, set->labels)) {
            set->known = other;
            return other;
        }
    }
    set->known = set;
    set->next = *bucket;
    *bucket = set;
    sets->count++;
    return set;
}

void **set_map_at(struct evaluation *ev, struct set_map *map, const struct label_set *set)
{
    if (set->id >= map->size) {
        size_t size = map->size ? map->size * 2 : 16;
        if (size < ev->set_count)
            size = ev->set_count;
        void **items = arena_alloc(ev->arena, size * sizeof(*items));
        if (map->size)
            memcpy(items, map->items, map->size * sizeof(*items));
        map->items = items;
        map->size = size;
    }
    return &map->items[set->id];
}

/* ---- sets made of sets ---- */

static bool has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!strcmp(names->items[i], name))
            return true;
    }
    return false;
}

struct labels labels_filtered(struct evaluation *ev, struct labels from,
                              const struct names *names, bool wanted, bool drops_metric)
{
    struct label *items = arena_alloc(ev->arena, (from.count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < from.count; i++) {
        const char *name = from.items[i].name;
        if (drops_metric && !strcmp(name, METRIC))
            continue;
        if (has_name(names, name) == wanted)
            items[count++] = from.items[i];
    }
    return (struct labels){items, count};
}

static struct label_set *make_filtered(struct evaluation *ev, struct set_map *map,
                                       struct label_set *set, const struct names *names,
                                       bool wanted, bool drops_metric)
{
    void **place = set_map_at(ev, map, set);
    if (*place)
        return *place;
    const struct labels l = labels_filtered(ev, set->labels, names, wanted, drops_metric);
    struct label_set *made = l.count == set->labels.count ? set : set_make(ev, l);
    *place = set_known(ev, made);
    return *place;
}

struct label_set *set_without(struct evaluation *ev, struct set_map *map,
                              struct label_set *set, const struct names *names,
                              bool drops_metric)
{
    return make_filtered(ev, map, set, names, false, drops_metric);
}

struct label_set *set_with_only(struct evaluation *ev, struct set_map *map,
                                struct label_set *set, const struct names *names)
{
    return make_filtered(ev, map, set, names, true, false);
}

struct label_set *set_without_metric(struct evaluation *ev, struct set_map *map,
                                     struct label_set *set)
{
    static const struct names none = {0};
    return set_without(ev, map, set, &none, true);
}

struct label_set *set_empty(struct evaluation *ev)
{
    if (!ev->empty)
        ev->empty = set_known(ev, set_make(ev, (struct labels){0}));
    return ev->empty;
}

struct label_set *set_with(struct evaluation *ev, struct label_set *set, const char *name,
                           const char *value)
{
    const struct label one = {name, value};
    const struct labels over = {&one, 1};
    return set_known(ev, set_make(ev, labels_merge(ev->arena, set->labels, over)));
}

/* ---- one operation's notes ---- */

uint64_t next_stamp(struct evaluation *ev)
{
    return ++ev->stamp;
}

bool elements_differ(struct evaluation *ev, const struct element *items, size_t count)
{
    const uint64_t stamp = next_stamp(ev);
    for (size_t i = 0; count > 1 && i < count; i++) {
        struct label_set *set = set_known(ev, items[i].set);
        if (set->seen == stamp) {
            struct buf text = BUF_MAX(400);
            labels_print(set->labels, &text);
            err_set(
                ev->e,
                "two elements of a vector have the same labels {%s} once the metric's "
                "name is dropped; tell them apart by a label, or add them up",
                buf_text(&text));
            buf_finish(&text);
            return false;
        }
        set->seen = stamp;
    }
    return true;
}
