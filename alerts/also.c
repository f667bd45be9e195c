/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else fails: the names of what fires, counted once for all notices of a pass, and of them those that a notice does
 * not speak of itself. Called by dispatch (looking, in slices) and when a notice is made.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"

#define ALSO_SHOWN 5

static const char *name_of(const struct alert *a)
{
    const char *probe = labels_get(a->labels, "probe");
    return probe ? probe : a->name;
}

static void count_name(struct map *names, const char *name, struct arena *arena)
{
    size_t *count = map_get(names, bytes_of(name));
    if (!count) {
        count = arena_alloc(arena, sizeof(*count));
        map_put(names, bytes_of(name), count);
    }
    ++*count;
}

static void note_alert(void *ctx, struct alert *a)
{
    struct failing *f = ctx;
    if (a->status.state != ALERT_FIRING)
        return;
    count_name(f->names, name_of(a), f->arena);
    f->count++;
}

bool failing_look(struct dispatch *d, const struct slice *slice)
{
    struct failing *f = &d->failing;
    if (!f->arena) {
        f->arena = arena_create(0);
        f->names = map_create();
    }
    if (!f->is_whole)
        f->is_whole = book_walk(d->book, &f->looked, note_alert, f, slice);
    return f->is_whole;
}

void failing_forget(struct dispatch *d)
{
    map_destroy(d->failing.names);
    arena_destroy(d->failing.arena);
    d->failing = (struct failing){0};
}

/* Names of this notice's own alerts, with how many of each fire; of what they hide, so many that none is left. */
static struct map *names_told(const struct notice *n, const struct notice_parts *parts,
                              struct arena *arena)
{
    struct map *told = map_create();
    for (size_t i = 0; i < parts->firing_count; i++) {
        const struct member *m = parts->firing[i];
        if (member_fires(m))
            count_name(told, name_of(m->alert), arena);
    }
    for (size_t i = 0; i < n->alert_count; i++) {
        for (const char *const *h = n->alerts[i].hides; h && *h; h++) {
            count_name(told, *h, arena);
            *(size_t *)map_get(told, bytes_of(*h)) = SIZE_MAX / 2;
        }
    }
    return told;
}

static bool is_another(const struct map *told, const char *name, size_t firing)
{
    const size_t *own = map_get(told, bytes_of(name));
    return !own || firing > *own;
}

/* Those that fire, and of which the notice says all: they are no others. */
static size_t own_count(const struct dispatch *d, const struct map *told)
{
    size_t count = 0;
    for (const struct map_entry *x = NULL; (x = map_next(told, x));) {
        const size_t *firing = map_get(d->failing.names, bytes_of(x->key));
        count += firing && !is_another(told, x->key, *firing);
    }
    return count;
}

static size_t firing_count(const struct notice_parts *parts)
{
    size_t count = 0;
    for (size_t i = 0; i < parts->firing_count; i++)
        count += member_fires(parts->firing[i]);
    return count;
}

const char *also_failing(struct dispatch *d, const struct notice *n,
                         const struct notice_parts *parts, struct arena *arena)
{
    (void)failing_look(d, NULL);
    if (firing_count(parts) == d->failing.count) /* it speaks of all there is */
        return "";
    struct map *told = names_told(n, parts, arena);
    const size_t others = map_count(d->failing.names) - own_count(d, told);
    const char *shown[ALSO_SHOWN] = {0};
    size_t count = 0;
    for (const struct map_entry *x = NULL;
         count < ALSO_SHOWN && (x = map_next(d->failing.names, x));) {
        if (is_another(told, x->key, *(const size_t *)x->value))
            shown[count++] = x->key;
    }
    map_destroy(told);
    if (count == 0)
        return "";
    return arena_printf(arena, "also failing: %s",
                        names_joined(shown, others, ALSO_SHOWN, arena));
}
