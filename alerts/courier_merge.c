/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out as one message: a lane's backlog, a storm, and what one receiver rejected told to another. A merged row
 * still arrives, as a part of the one that names it.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"
#include "lib/core/digest.h"

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

/* The first lane, of those that may wait, takes what the others have. */
void desk_merge(struct desk *d, struct wall now)
{
    struct waiting *into = NULL;
    LIST_EACH (it, &d->box->live) {
        struct lane *l = LIST_ITEM(it, struct lane, link);
        struct waiting *w = lane_first(l);
        if (l->is_busy || w->row.is_critical || w->is_standing ||
            w->row.kind == NOTICE_RESOLVE || d->receiver->type->is_paging)
            continue;
        if (!into)
            into = w;
        else
            row_merge(w, into, "many notices in a short time: told as one", now);
    }
}

#define NAMED_MAX_BYTES 2000

void notice_name_parts(struct notice *n, const struct waiting *w, struct arena *arena)
{
    struct buf names = BUF_MAX(NAMED_MAX_BYTES);
    size_t others = 0, named = 0;
    LIST_EACH (it, &w->parts) {
        const struct waiting *part = LIST_ITEM(it, struct waiting, link);
        if (part->lane == w->lane)
            continue;
        others++;
        if (names.len + strlen(part->row.title) + 40 > NAMED_MAX_BYTES)
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

/* ---- dead letters ---- */

static void dedup_key_of(const struct notice *n, char ret_key[DIGEST_TEXT_SIZE + 3])
{
    char digest[DIGEST_TEXT_SIZE];
    const struct bytes parts[] = {bytes_of(n->site), bytes_of(n->receiver),
                                  bytes_of(n->lane)};
    digest_parts(parts, 3, digest);
    memcpy(ret_key, "hd-", 3);
    memcpy(ret_key + 3, digest, 40);
    ret_key[43] = '\0';
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

static const char *letter_lane(const struct waiting *w, struct arena *arena)
{
    return arena_printf(arena, "fallback %s %s", w->row.receiver, w->row.lane);
}

bool letter_is_open(const struct courier *c, const struct waiting *w)
{
    struct arena *arena = arena_create(0);
    const struct bytes name = bytes_of(letter_lane(w, arena));
    bool is_open = false;
    for (size_t i = 0; i < c->fallback.count; i++) {
        const struct box *b = map_get(c->outbox->boxes, bytes_of(c->fallback.items[i]));
        const struct lane *l = b ? map_get(b->lanes, name) : NULL;
        is_open |= l && (l->was_told || l->parts_elsewhere || !list_empty(&l->rows));
    }
    arena_destroy(arena);
    return is_open;
}

void letter_forward(struct courier *c, const struct waiting *w, const struct notice *n,
                    const char *why, struct wall now)
{
    char key[DIGEST_TEXT_SIZE + 3];
    struct arena *arena = arena_create(0);
    struct ledger_txn *txn = ledger_begin(c->outbox->ledger);
    if (strncmp(w->row.lane, "fallback ", 9) == 0)
        c = NULL; /* it was one already: no ring of receivers that reject each other's */
    for (size_t i = 0; c && i < c->fallback.count; i++) {
        if (!strcmp(c->fallback.items[i], w->row.receiver))
            continue;
        struct notice copy = n ? *n : (struct notice){.kind = w->row.kind};
        copy.id = 0;
        copy.receiver = c->fallback.items[i];
        copy.lane = letter_lane(w, arena);
        copy.title = arena_printf(arena, "%s (could not be told to %s: %s)", w->row.title,
                                  w->row.receiver, why);
        copy.site = text_or_empty(copy.site);
        copy.severity = w->row.is_critical ? "critical" : "warning";
        copy.made = now;
        if (!copy.first_since.ns)
            copy.first_since = w->row.made;
        dedup_key_of(&copy, key);
        copy.dedup_key = key;
        ledger_notice(txn, &copy);
    }
    if (ledger_is_empty(txn))
        ledger_abandon(txn);
    else
        ledger_commit(txn, NULL, NULL);
    arena_destroy(arena);
}
