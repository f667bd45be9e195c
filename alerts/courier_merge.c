/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out as one message: a lane's backlog, a storm, and what one receiver rejected told to another. A merged row
 * still arrives, as a part of the one that names it.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"
#include "lib/core/digest.h"

size_t lane_merge(struct desk *d, struct lane *l, struct wall now)
{
    struct waiting *last = LIST_ITEM(l->rows.prev, struct waiting, link);
    size_t merged = 0;
    for (struct waiting *w; (w = lane_first(l)) != last; merged++) {
        last->row.is_degraded |= w->row.is_degraded;
        if (*w->row.last_error)
            waiting_say(last, w->row.last_error);
        row_merge(w, last, "told with what came after it", now);
    }
    return merged;
}

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
        copy.lane = arena_printf(arena, "fallback %s %s", w->row.receiver, w->row.lane);
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
