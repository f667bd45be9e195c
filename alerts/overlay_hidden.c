/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other direction of holding: what one alert hides, for the page that is told in its place. Worked out for all alerts
 * at once and kept in the overlay's index. Called by dispatch; asks no parent.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/overlay_impl.h"

struct hidden_names {
    const char *names[OVERLAY_HIDDEN_MAX];
    size_t count;
};

static void add_name(struct alert_index *x, const char *key, const char *name)
{
    struct hidden_names *found = map_get(x->hidden, bytes_of(key));
    if (!found) {
        found = arena_alloc(x->arena, sizeof(*found));
        map_put(x->hidden, bytes_of(key), found);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (!strcmp(found->names[i], name))
            return;
    }
    if (found->count < OVERLAY_HIDDEN_MAX)
        found->names[found->count++] = arena_strdup(x->arena, name);
}

static const char *probe_key(const char *probe, struct arena *arena)
{
    return arena_printf(arena, "probe %s", probe);
}

static const char *alert_key_of(const struct alert *a, struct arena *arena)
{
    return arena_printf(arena, "alert %s", a->key);
}

static bool is_down(const struct overlay *o, const char *probe)
{
    struct wall since = {0};
    const enum probe_phase phase = o->probes.phase(o->probes.ctx, probe, &since);
    return phase == PROBE_DOWN || phase == PROBE_NEVER_UP;
}

/* The warning of a warn/crit pair says nothing that its critical half does not. */
static bool is_same_thing(const struct alert *a, const struct alert *b,
                          struct arena *arena)
{
    return !strcmp(alert_words(a, arena), alert_words(b, arena));
}

static void add_alert(void *ctx, struct alert *a)
{
    struct overlay *o = ctx;
    struct alert_index *x = &o->index;
    if (a->status.state != ALERT_FIRING)
        return;
    const struct overlay_verdict v =
        overlay_judge_as(&(const struct judging){.overlay = o,
                                                 .alert = a,
                                                 .now = x->hidden_at,
                                                 .arena = x->arena,
                                                 .asking = ASKS_NOBODY});
    if (v.kind == OVERLAY_PARENT && is_down(o, v.parent))
        add_name(x, probe_key(v.parent, x->arena), alert_probe(a));
    if (v.kind == OVERLAY_INHIBITED && !is_same_thing(a, v.cause, x->arena))
        add_name(x, alert_key_of(v.cause, x->arena), alert_words(a, x->arena));
}

static size_t take_names(const struct alert_index *x, const char *key, const char **ret,
                         size_t count, struct arena *arena)
{
    const struct hidden_names *found = map_get(x->hidden, bytes_of(key));
    for (size_t i = 0; found && i < found->count && count < OVERLAY_HIDDEN_MAX; i++)
        ret[count++] = arena_strdup(arena, found->names[i]);
    return count;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool overlay_survey_hidden(struct overlay *o, struct wall now, const struct slice *slice)
{
    struct alert_index *x = &o->index;
    if (!overlay_survey(o, now, slice))
        return false;
    if (x->hidden_at.ns != now.ns) {
        map_destroy(x->hidden);
        x->hidden = map_create();
        x->has_hidden = false;
        x->hidden_at = now;
        x->hidden_looked = (struct book_cursor){0};
    }
    x->has_hidden =
        x->has_hidden || book_walk(o->book, &x->hidden_looked, add_alert, o, slice);
    return x->has_hidden;
}

const char *const *overlay_hidden_by(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena)
{
    (void)overlay_survey_hidden(o, now, NULL);
    const struct alert_index *x = &o->index;
    const char **names = arena_alloc(arena, (OVERLAY_HIDDEN_MAX + 1) * sizeof(*names));
    size_t count = take_names(x, alert_key_of(a, arena), names, 0, arena);
    if (*alert_probe(a))
        count = take_names(x, probe_key(alert_probe(a), arena), names, count, arena);
    qsort(names, count, sizeof(*names), name_order);
    return names;
}
