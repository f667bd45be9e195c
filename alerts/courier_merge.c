/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out as one message: a lane's backlog, and a storm. A merged row still arrives, as a part of the one that
 * names it.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"

static bool is_state(const struct waiting *w)
{
    return w->row.kind == NOTICE_TRIGGER || w->row.kind == NOTICE_UPDATE ||
           w->row.kind == NOTICE_REMINDER || w->row.kind == NOTICE_RESOLVE;
}

/* The last of those at the front that say how the lane stands: what is no such thing keeps its place between them. */
static struct waiting *last_state(const struct lane *l)
{
    struct waiting *last = lane_first(l);
    LIST_EACH (it, &l->rows) {
        struct waiting *w = LIST_ITEM(it, struct waiting, link);
        if (!is_state(w))
            break;
        last = w;
    }
    return last;
}

void lane_merge(struct lane *l, struct wall now)
{
    struct waiting *last = last_state(l);
    for (struct waiting *w; (w = lane_first(l)) != last;) {
        last->row.is_degraded |= w->row.is_degraded;
        if (*w->row.last_error)
            waiting_say(last, w->row.last_error);
        row_merge(w, last, "told with what came after it", now);
    }
}

/* ---- storms ---- */

#define MERGES_A_TURN 100

/* The first lane, of those that may wait, takes what the others have. */
bool desk_merge(struct desk *d, struct wall now)
{
    struct waiting *into = NULL;
    int left = MERGES_A_TURN;
    LIST_EACH (it, &d->box->live) {
        struct lane *l = LIST_ITEM(it, struct lane, link);
        struct waiting *w = lane_first(l);
        if (l->is_busy || l->part || l->settling || w->row.is_critical ||
            w->is_standing || w->row.kind == NOTICE_RESOLVE ||
            d->receiver->type->is_paging)
            continue;
        if (into && left-- == 0)
            return false;
        if (!into)
            into = w;
        else
            row_merge(w, into, "many notices in a short time: told as one", now);
    }
    return true;
}

#define NAMED_MAX_BYTES 8000

void notice_name_parts(struct notice *n, const struct waiting *w, struct arena *arena)
{
    struct buf names = BUF_MAX(NAMED_MAX_BYTES);
    size_t others = 0, named = 0;
    LIST_EACH (it, &w->parts) {
        const struct waiting *part = LIST_ITEM(it, struct waiting, link);
        if (part->lane == w->lane)
            continue;
        others++;
        if (!*part->row.title ||
            names.len + strlen(part->row.title) + 40 > NAMED_MAX_BYTES)
            continue;
        buf_printf(&names, "%s%s%s", named++ ? "; " : "",
                   part->row.kind == NOTICE_RESOLVE ? "resolved: " : "", part->row.title);
    }
    if (others) {
        others += w->part_count - list_count(&w->parts);
        if (others > named)
            buf_printf(&names, "; %zu more", others - named);
        n->title = arena_printf(arena, "%s, and %zu more", n->title, others);
        n->also = arena_printf(arena, "%s%s%s", n->also, *n->also ? "; " : "",
                               buf_text(&names));
    }
    buf_finish(&names);
}
