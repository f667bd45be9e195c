/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families that are named after the fields of a file: found again without a hash while the file keeps its order.
 * Called by the parsers of the host probe; lives as long as the session.
 */
#include "lib/core/labels.h"
#include "probes/host.h"

static bool name_is(const struct host_name *name, struct bytes key)
{
    return name && bytes_is(key, name->key);
}

const struct host_name *host_names_find(struct host_names *names, struct bytes key)
{
    struct host_name *next = names->cursor ? names->cursor->next : names->first;
    if (!name_is(next, key)) {
        next = names->first;
        while (next && !name_is(next, key))
            next = next->next;
    }
    if (next)
        names->cursor = next;
    return next;
}

static const struct metric *make_metric(struct arena *arena, const char *name,
                                        enum metric_kind kind, const char *help,
                                        const char *const *labels)
{
    struct metric *m = arena_alloc(arena, sizeof(*m));
    *m = (struct metric){.name = arena_strdup(arena, name),
                         .kind = kind,
                         .unit = "",
                         .help = arena_strdup(arena, help),
                         .is_dynamic = true};
    for (size_t i = 0; labels && labels[i] && i < METRIC_MAX_LABELS; i++)
        m->labels[i] = labels[i];
    return m;
}

const struct host_name *host_names_put(struct host_names *names, struct bytes key,
                                       const char *name, enum metric_kind kind,
                                       const char *help, const char *const *labels)
{
    if (names->count == HOST_MAX_NAMES)
        return NULL;
    struct host_name *made = arena_alloc(names->arena, sizeof(*made));
    made->key = arena_strndup(names->arena, key.ptr, key.len);
    if (name && label_name_valid(bytes_of(name)))
        made->metric = make_metric(names->arena, name, kind, help, labels);
    if (names->last)
        names->last->next = made;
    else
        names->first = made;
    names->last = names->cursor = made;
    names->count++;
    return made;
}
