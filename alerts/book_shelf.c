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

/* Where labels are, or would be. */
static size_t place_of(const struct shelf *s, struct labels labels)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (alert_labels_order(s->items[middle]->alert.labels, labels) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct kept *kept_find(const struct shelf *s, struct labels labels)
{
    const size_t i = place_of(s, labels);
    return i < s->count && labels_equal(s->items[i]->alert.labels, labels) ? s->items[i]
                                                                           : NULL;
}

static void insert(struct shelf *s, struct kept *k)
{
    const size_t i = place_of(s, k->alert.labels);
    if (s->count == s->size) {
        s->size = s->size ? 2 * s->size : 4;
        s->items = memory_grow(s->items, s->size * sizeof(struct kept *));
    }
    memmove(&s->items[i + 1], &s->items[i], (s->count - i) * sizeof(struct kept *));
    s->items[i] = k;
    s->count++;
}

struct kept *kept_make(struct book *b, struct shelf *s, const char *name,
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
    insert(s, k);
    map_put(b->by_key, bytes_of(key), k);
    return k;
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

void shelf_sweep(struct book *b, struct shelf *s,
                 bool (*is_over)(const struct kept *k, struct wall now), struct wall now,
                 struct ledger_txn *txn)
{
    size_t left = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct kept *k = s->items[i];
        if (k->alert.holds > 0 || !is_over(k, now)) {
            s->items[left++] = k;
            continue;
        }
        if (txn)
            ledger_drop(txn, LEDGER_ALERT, k->alert.key);
        map_remove(b->by_key, bytes_of(k->alert.key));
        kept_destroy(k);
    }
    s->count = left;
}
