/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the overlay works out from the book, once for many judgements of one instant: which firing alerts inhibit, which
 * are the worse half of a pair, and how bad each probe's alerts are. Dropped when the book changes
 * (overlay_touch). Called by inhibit.c, parent.c and overlay_hidden.c; changes nothing but itself.
 */
#include <string.h>

#include "alerts/inhibit.h"
#include "alerts/overlay_impl.h"
#include "alerts/severity.h"

enum { KEY_MAX = 64 << 10 };

/* Rule and values, so that two alerts have one key when they agree. In arena. */
static struct bytes inhibit_key(size_t rule, const struct inhibit_rule *r,
                                struct labels labels, struct arena *arena)
{
    struct buf key = BUF_MAX(KEY_MAX);
    buf_add_u64(&key, rule);
    for (const char *const *name = r->equal; name && *name; name++) {
        const char *value = labels_get(labels, *name);
        buf_add_byte(&key, '\0');
        buf_add_text(&key, value ? value : "");
    }
    const struct bytes copy = {arena_memdup(arena, buf_text(&key), key.len), key.len};
    buf_finish(&key);
    return copy;
}

static struct bytes twin_key(const char *rule_id, struct labels labels,
                             struct arena *arena)
{
    struct buf key = BUF_MAX(KEY_MAX);
    buf_add_text(&key, rule_id);
    buf_add_byte(&key, '\0');
    labels_print(labels_without(arena, labels, "severity"), &key);
    const struct bytes copy = {arena_memdup(arena, buf_text(&key), key.len), key.len};
    buf_finish(&key);
    return copy;
}

static void add_inhibitor(struct alert_index *x, struct bytes key, const struct alert *a,
                          const struct inhibit_rule *r)
{
    struct inhibitors *found = map_get(x->sources, key);
    if (!found) {
        found = arena_alloc(x->arena, sizeof(*found));
        map_put(x->sources, key, found);
    }
    if (!found->any)
        found->any = a;
    if (!found->pure && !matchers_match(r->target, a->labels))
        found->pure = a;
}

static void add_severity(struct alert_index *x, const struct alert *a)
{
    const char *probe = alert_probe(a);
    if (!*probe)
        return;
    const int rank = severity_rank(labels_get(a->labels, "severity"));
    int *worst = map_get(x->severity, bytes_of(probe));
    if (!worst) {
        worst = arena_alloc(x->arena, sizeof(*worst));
        map_put(x->severity, bytes_of(probe), worst);
    }
    *worst = rank > *worst ? rank : *worst;
}

/* First walk: which rules are the worse half of a pair that has an alert. */
static void note_pair(void *ctx, struct alert *a)
{
    struct overlay *o = ctx;
    if (a->rule && a->rule->worse)
        map_put(o->index.twins, bytes_of(a->rule->worse->id), o);
}

static void add_alert(void *ctx, struct alert *a)
{
    struct overlay *o = ctx;
    struct alert_index *x = &o->index;
    const bool is_firing = a->status.state == ALERT_FIRING;
    if (is_firing || a->status.state == ALERT_PENDING)
        add_severity(x, a);
    if (!is_firing)
        return;
    if (map_get(x->twins, bytes_of(a->rule_id)))
        map_put(x->twins, twin_key(a->rule_id, a->labels, x->arena), a);
    for (size_t i = 0; o->routing && i < o->routing->inhibit_count; i++) {
        const struct inhibit_rule *r = &o->routing->inhibit[i];
        if (matchers_match(r->source, a->labels))
            add_inhibitor(x, inhibit_key(i, r, a->labels, x->arena), a, r);
    }
}

static void begin(struct alert_index *x)
{
    x->arena = x->arena ? x->arena : arena_create(0);
    x->sources = map_create();
    x->twins = map_create();
    x->severity = map_create();
    x->hidden = map_create();
    x->state = INDEX_PAIRS;
}

bool overlay_survey(struct overlay *o, struct wall now, const struct slice *slice)
{
    struct alert_index *x = &o->index;
    (void)now;
    if (x->state == INDEX_NONE)
        begin(x);
    if (x->state == INDEX_PAIRS) {
        if (!book_walk(o->book, &x->looked, note_pair, o, slice))
            return false;
        x->looked = (struct book_cursor){0};
        x->state = INDEX_ALERTS;
    }
    if (x->state == INDEX_ALERTS) {
        if (!book_walk(o->book, &x->looked, add_alert, o, slice))
            return false;
        x->state = INDEX_WHOLE;
    }
    return true;
}

const struct alert_index *overlay_index(struct overlay *o, struct wall now)
{
    (void)overlay_survey(o, now, NULL);
    return &o->index;
}

void overlay_index_drop(struct overlay *o)
{
    struct alert_index *x = &o->index;
    if (x->state == INDEX_NONE)
        return;
    map_destroy(x->sources);
    map_destroy(x->twins);
    map_destroy(x->severity);
    map_destroy(x->hidden);
    arena_reset(x->arena);
    *x = (struct alert_index){.arena = x->arena};
}

const struct inhibitors *index_inhibitors(const struct alert_index *x, size_t rule,
                                          const struct inhibit_rule *r,
                                          const struct alert *target, struct arena *arena)
{
    return map_get(x->sources, inhibit_key(rule, r, target->labels, arena));
}

const struct alert *index_twin(const struct alert_index *x, const struct rule *worse,
                               const struct alert *a, struct arena *arena)
{
    return map_get(x->twins, twin_key(worse->id, a->labels, arena));
}

int index_severity(const struct alert_index *x, const char *probe)
{
    const int *worst = map_get(x->severity, bytes_of(probe));
    return worst ? *worst : -1;
}
