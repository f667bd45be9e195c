/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a series is called: own labels of a sample, and its owner's where those leave room. Called by history_publish.c and
 * history_owner.c. Keeps nothing.
 */
#include <string.h>

#include "lib/query/history_impl.h"

void named_add(struct named *n, const char *name, const char *value)
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

struct timeseries *named_get(const struct named *n, const struct history_owner *o)
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

void named_of_sample(struct named *n, const struct sample *x)
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
bool slot_is_named(const struct slot *slot, const struct sample *x)
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
