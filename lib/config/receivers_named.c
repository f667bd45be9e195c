/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receivers by name, wherever a configuration names them: routes, `notify:`, `fallback:`, escalation. A name that
 * `receivers:` does not have is a fault with the nearest one that it has.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"

#define SHOWN_MAX 600

bool hint_among(struct diag *d, const char *section, const char *const *names,
                const char *name)
{
    const char *near = nearest_word(name, names);
    struct buf list = BUF_MAX(SHOWN_MAX);
    for (size_t i = 0; names[i]; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    if (near)
        diag_hint(d, "did you mean '%s'?", near);
    else if (names[0])
        diag_hint(d, "`%s:` has: %s%s", section, buf_text(&list),
                  list.overflow ? ", …" : "");
    buf_finish(&list);
    return names[0] != NULL;
}

/* Names of all receivers, those at fault too. */
static const char *const *names_written(struct loader *l)
{
    const struct receivers *known = &l->g->alerting.receivers;
    const struct node *map = l->receivers;
    const char **names = arena_alloc(
        l->arena, (known->count + (map ? map->count : 0) + 1) * sizeof(*names));
    size_t count = 0;
    for (const struct node *n = map ? map->first : NULL; n; n = n->next)
        names[count++] = n->key;
    for (size_t i = 0; !map && i < known->count; i++)
        names[count++] = known->items[i]->name;
    return names;
}

/* One that has a fault of its own, which was said where it is written, is no second fault wherever it is named. */
static void report_unknown(struct loader *l, const char *name, struct place at)
{
    if (l->receivers && node_get(l->receivers, name))
        return;
    diag_error(l->diag, at, "there is no receiver '%.80s'", name);
    if (!hint_among(l->diag, "receivers", names_written(l), name))
        diag_hint(l->diag, "define it: receivers: {%.80s: {slack: {webhook_url: …}}}",
                  name);
}

const struct receiver *receiver_named(struct loader *l, const char *name, struct place at)
{
    const struct receiver *found = receivers_find(&l->g->alerting.receivers, name);
    if (!found)
        report_unknown(l, name, at);
    return found;
}

static bool is_there(const struct receiver *const *list, const struct receiver *r)
{
    for (; *list; list++) {
        if (*list == r)
            return true;
    }
    return false;
}

bool receivers_named(struct loader *l, const struct texts *names, const struct node *node,
                     const struct receiver *const **ret)
{
    const struct receiver **list =
        arena_alloc(l->arena, (names->count + 1) * sizeof(*list));
    size_t count = 0;
    bool ok = true;
    for (size_t i = 0; i < names->count; i++) {
        const struct node *n = conf_item(node, i);
        const struct place at = n ? n->at : (struct place){0};
        if (names->count == 1 && !strcmp(names->items[i], "none") &&
            !receivers_find(&l->g->alerting.receivers, "none"))
            break;
        const struct receiver *r = receiver_named(l, names->items[i], at);
        ok &= r != NULL;
        if (r && is_there(list, r))
            diag_warning(l->diag, at, "the receiver '%s' is named twice", r->name);
        else if (r)
            list[count++] = r;
    }
    *ret = list;
    return ok;
}
