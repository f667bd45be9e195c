/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The alerts of one rule, in order of their labels: found, made and taken away. Called by the book and when rows are
 * restored. Moves no alert.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book_impl.h"
#include "lib/base/memory.h"

struct shelf *shelf_find(const struct book *b, const char *rule_id)
{
    return map_get(b->by_rule, bytes_of(rule_id));
}

struct shelf *shelf_make(struct book *b, const char *rule_id)
{
    struct shelf *s = shelf_find(b, rule_id);
    if (s)
        return s;
    s = memory_take(sizeof(*s));
    *s = (struct shelf){.rule_id = memory_take(strlen(rule_id) + 1)};
    memcpy(s->rule_id, rule_id, strlen(rule_id) + 1);
    map_put(b->by_rule, bytes_of(rule_id), s);
    return s;
}

static void kept_destroy(struct kept *k)
{
    arena_destroy(k->texts);
    arena_destroy(k->alert.arena);
}

void shelf_destroy(struct shelf *s)
{
    for (size_t i = 0; i < s->count; i++)
        kept_destroy(s->items[i]);
    free(s->items);
    free(s->rule_id);
    free(s);
}

/* Looks near `from` first: what comes in order is there. */
size_t shelf_place(const struct shelf *s, size_t from, struct labels labels)
{
    size_t low = from, step = 1;
    while (low + step <= s->count &&
           alert_labels_order(s->items[low + step - 1]->alert.labels, labels) < 0) {
        low += step;
        step *= 2;
    }
    size_t high = low + step - 1 < s->count ? low + step - 1 : s->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (alert_labels_order(s->items[middle]->alert.labels, labels) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct shelf *s, size_t place, struct kept *k)
{
    if (s->count == s->size) {
        s->size = s->size ? 2 * s->size : 4;
        s->items = memory_grow(s->items, s->size * sizeof(struct kept *));
    }
    memmove(&s->items[place + 1], &s->items[place],
            (s->count - place) * sizeof(struct kept *));
    s->items[place] = k;
    s->count++;
}

struct kept *kept_put(struct book *b, struct shelf *s, size_t place, const char *name,
                      struct labels labels)
{
    struct arena *arena = arena_create(0);
    struct kept *k = arena_alloc(arena, sizeof(*k));
    char key[ALERT_KEY_SIZE];
    k->shelf = s;
    k->alert = (struct alert){
        .rule = s->rule,
        .rule_id = s->rule_id,
        .name = arena_strdup(arena, name),
        .labels = labels_copy(arena, labels),
        .fingerprint = alert_fingerprint(labels),
        .status = {.end_reason = ""},
        .arena = arena,
    };
    alert_key(s->rule_id, labels, key);
    k->alert.key = arena_strdup(arena, key);
    insert(s, place, k);
    map_put(b->by_key, bytes_of(key), k);
    return k;
}

struct kept *kept_make(struct book *b, struct shelf *s, const char *name,
                       struct labels labels)
{
    return kept_put(b, s, shelf_place(s, 0, labels), name, labels);
}

void kept_set_annotations(struct kept *k, struct labels annotations)
{
    if (labels_equal(k->alert.annotations, annotations))
        return;
    if (k->texts)
        arena_reset(k->texts);
    else
        k->texts = arena_create(0);
    k->alert.annotations = labels_copy(k->texts, annotations);
}

bool kept_is_quiet(const struct kept *k, struct wall now)
{
    return k->alert.status.state == ALERT_INACTIVE;
}

bool shelf_sweep(struct book *b, struct shelf *s, size_t *at,
                 bool (*is_over)(const struct kept *k, struct wall now), struct wall now,
                 struct ledger_txn *txn, const struct slice *slice)
{
    size_t left = *at, i = *at;
    while (i < s->count && (i == left || !slice_is_over(slice))) {
        struct kept *k = s->items[i++];
        if (k->alert.holds > 0 || !is_over(k, now)) {
            s->items[left++] = k;
            continue;
        }
        if (txn)
            ledger_drop(txn, LEDGER_ALERT, k->alert.key);
        map_remove(b->by_key, bytes_of(k->alert.key));
        kept_destroy(k);
    }
    if (i > left)
        memmove(&s->items[left], &s->items[i], (s->count - i) * sizeof(struct kept *));
    s->count -= i - left;
    *at = left;
    return left == s->count;
}
