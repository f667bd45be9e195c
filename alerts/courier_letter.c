/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters: what one receiver will not hear is told to the fallback receivers, with all that it says, in a lane of their
 * own, so that they hear of its end, too. Called by the courier when a row is rejected, too old, or its receiver is gone.
 */
#include <string.h>

#include "alerts/courier_impl.h"
#include "lib/core/digest.h"

#define LETTER_LANE "fallback "

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

static const char *lane_of(const char *receiver, const char *lane, struct arena *arena)
{
    return arena_printf(arena, LETTER_LANE "%s %s", receiver, lane);
}

static const char *letter_lane(const struct waiting *w, struct arena *arena)
{
    return lane_of(w->row.receiver, w->row.lane, arena);
}

const struct outbox_row *courier_instead(const struct courier *c, const char *receiver,
                                         const char *lane, size_t *at)
{
    struct arena *arena = arena_create(0);
    const char *name = lane_of(receiver, lane, arena);
    const struct outbox_row *row = NULL;
    while (!row && *at < c->fallback.count)
        row = outbox_newest(c->outbox, c->fallback.items[(*at)++], name);
    arena_destroy(arena);
    return row;
}

bool letter_is_open(const struct courier *c, const struct waiting *w)
{
    struct arena *arena = arena_create(0);
    const struct bytes name = bytes_of(letter_lane(w, arena));
    bool is_open = false;
    for (size_t i = 0; i < c->fallback.count; i++) {
        const struct box *b = map_get(c->outbox->boxes, bytes_of(c->fallback.items[i]));
        const struct lane *l = b ? map_get(b->lanes, name) : NULL;
        is_open |= l && (l->was_told || l->part || !list_empty(&l->rows));
    }
    arena_destroy(arena);
    return is_open;
}

static void letter_add(struct ledger_txn *txn, const struct waiting *w,
                       const struct notice *n, const char *to, const char *why,
                       struct wall now, struct arena *arena)
{
    char key[DIGEST_TEXT_SIZE + 3];
    struct notice copy = *n;
    copy.id = 0;
    copy.receiver = to;
    copy.lane = letter_lane(w, arena);
    copy.title = arena_printf(arena, "%s (could not be told to %s: %s)", n->title,
                              w->row.receiver, why);
    if (w->row.is_critical)
        copy.severity = "critical";
    copy.made = now;
    dedup_key_of(&copy, key);
    copy.dedup_key = key;
    ledger_notice(txn, &copy);
}

void letter_forward(struct courier *c, const struct waiting *w, const struct notice *n,
                    const char *why, struct wall now)
{
    if (bytes_starts(bytes_of(w->row.lane), LETTER_LANE))
        return; /* it was one already: no ring of receivers that reject each other's */
    struct arena *arena = arena_create(0);
    struct ledger_txn *txn = ledger_begin(c->outbox->ledger);
    for (size_t i = 0; i < c->fallback.count; i++) {
        if (strcmp(c->fallback.items[i], w->row.receiver) != 0)
            letter_add(txn, w, n, c->fallback.items[i], why, now, arena);
    }
    if (ledger_is_empty(txn))
        ledger_abandon(txn);
    else
        ledger_commit(txn, NULL, NULL);
    arena_destroy(arena);
}

void letter_end(struct sending *s, struct waiting *w, struct wall now)
{
    letter_forward(s->courier, w, &s->notice, s->letter->why, now);
    s->letter->end(w, s->letter->end_why, now);
}
