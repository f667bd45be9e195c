/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule's result as the alerts that it speaks of: labels and annotations rendered, in order, each label set once. Pure:
 * a pool's thread makes them for evaluation; book_apply.c asks the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book_impl.h"

static int element_order(const void *a, const void *b)
{
    return alert_labels_order(((const struct element *)a)->labels,
                              ((const struct element *)b)->labels);
}

static struct element make_element(const struct rule *r, struct labels labels,
                                   double value, const struct book_externals *externals,
                                   struct arena *arena)
{
    struct element x = {.data = {.labels = alert_labels_clean(labels, arena),
                                 .value = value,
                                 .external_labels = externals->labels,
                                 .external_url = externals->url}};
    x.labels = alert_labels(r, &x.data, arena);
    return x;
}

static struct elements elements_of(const struct rule *r, const struct promql_result *in,
                                   const struct book_externals *externals,
                                   struct arena *arena)
{
    /* room for one more: elements_add_no_data */
    struct elements list = {
        .items = arena_alloc(arena, (in->count + 1) * sizeof(*list.items))};
    for (size_t i = 0; i < in->count; i++) {
        const struct promql_series *s = &in->items[i];
        if (s->count > 0)
            list.items[list.count++] = make_element(
                r, s->labels, s->points[s->count - 1].value, externals, arena);
    }
    qsort(list.items, list.count, sizeof(struct element), element_order);
    for (size_t i = 1; i < list.count && !list.twin; i++) {
        if (!element_order(&list.items[i - 1], &list.items[i]))
            list.twin = &list.items[i];
    }
    return list;
}

static void annotate(const struct rule *r, struct element *x, struct arena *arena)
{
    x->annotations = alert_annotations(r, &x->data, arena);
}

void book_elements(struct rule_outcome *o, const struct book_externals *externals,
                   struct arena *arena)
{
    o->elements = elements_of(o->rule, &o->result, externals, arena);
    o->resolving = elements_of(o->rule, &o->resolve, externals, arena);
    o->has_elements = true;
    for (size_t i = 0; i < o->elements.count; i++)
        annotate(o->rule, &o->elements.items[i], arena);
}

/* The first that is not before it. */
static size_t place_of(const struct elements *list, const struct element *x)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (element_order(&list->items[middle], x) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void elements_add_no_data(struct elements *list, const struct rule *r,
                          const struct book_externals *externals, struct arena *arena)
{
    static const struct label mark[] = {{"no_data", "true"}};
    struct element x = make_element(r, (struct labels){mark, 1}, 0, externals, arena);
    const size_t place = place_of(list, &x);
    struct element *items = list->items;
    x.is_no_data = true;
    annotate(r, &x, arena);
    memmove(&items[place + 1], &items[place], (list->count - place) * sizeof(*items));
    items[place] = x;
    list->count++;
    if (place + 1 < list->count && !element_order(&items[place], &items[place + 1]))
        list->twin = &items[place + 1];
}

bool elements_are_sound(const struct rule *r, const struct elements *list, struct err *e)
{
    const size_t limit = r->group->limit;
    if (limit && list->count > limit)
        return err_set(e, "the rule gives %zu alerts, and its group allows %zu",
                       list->count, limit);
    if (!list->twin)
        return true;
    struct buf text = BUF_MAX(400);
    labels_print(list->twin->labels, &text);
    err_set(e,
            "two elements have the same labels {%s} once the rule's labels are put "
            "over them: drop a label from 'labels', or aggregate",
            buf_text(&text));
    buf_finish(&text);
    return false;
}

bool elements_have(const struct elements *list, struct labels labels)
{
    const struct element key = {.labels = labels};
    return list->count &&
           bsearch(&key, list->items, list->count, sizeof(key), element_order);
}
