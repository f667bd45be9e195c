/* SPDX-License-Identifier: Apache-2.0 */
/* See talk_places.h. Pure: no clock, no network. */
#include "lib/core/talk_places.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"

#define VERDICT_MAX 1500

static void place_add(struct places *p, const char *host, int port)
{
    if (p->count == 1 && p->items == &p->one) {
        p->items = arena_alloc(p->arena, PLACES_MAX * sizeof(p->items[0]));
        p->items[0] = p->one;
    }
    if (p->count < PLACES_MAX)
        p->items[p->count++] = (struct place_asked){.where = {host, port}};
}

void places_init(struct places *p, struct arena *arena, const struct dial *dial)
{
    const char *path = dial->unix_path;

    *p = (struct places){.arena = arena, .base = dial, .items = &p->one};
    place_add(p, path ? path : dial->host, path ? 0 : dial->port);
    for (size_t i = 0; i < dial->other_count; i++)
        place_add(p, dial->others[i].host, dial->others[i].port);
}

void places_set_srv(struct places *p, const struct srv *srv)
{
    p->srv = srv;
    p->count = p->at = 0;
    for (size_t i = 0; i < srv->count; i++)
        place_add(p, srv->places[i].host, srv->places[i].port);
}

static const char *place_text(const struct places *p, const struct place_asked *place)
{
    const struct dial_place *where = &place->where;

    return where->port ? arena_printf(p->arena, "%s:%d", where->host, where->port)
                       : where->host;
}

const char *places_text(const struct places *p)
{
    return place_text(p, &p->items[p->at]);
}

const struct dial *places_dial(const struct places *p)
{
    struct dial *dial;

    if (p->count == 1 && !p->srv)
        return p->base;
    dial = arena_memdup(p->arena, p->base, sizeof(*dial));
    dial->host = p->items[p->at].where.host;
    dial->port = p->items[p->at].where.port;
    return dial;
}

bool places_has_next(const struct places *p)
{
    return p->at + 1 < p->count;
}

size_t places_left(const struct places *p)
{
    return p->count - p->at;
}

void places_note(struct places *p, struct place_why why)
{
    why.text = arena_strdup(p->arena, why.text);
    p->items[p->at].why = why;
}

void places_move(struct places *p)
{
    assert(places_has_next(p));
    p->at++;
}

static bool is_same(const struct dial_place *a, const struct dial_place *b)
{
    return a->port == b->port && !strcasecmp(a->host, b->host);
}

void places_name(struct places *p, struct dial_place named)
{
    const size_t next = p->at + 1;

    if (p->base->unix_path || p->count == PLACES_MAX)
        return;
    for (size_t i = 0; i <= p->at; i++) {
        if (is_same(&p->items[i].where, &named))
            return;
    }
    place_add(p, arena_strdup(p->arena, named.host), named.port);
    const struct place_asked place = p->items[p->count - 1];
    memmove(&p->items[next + 1], &p->items[next],
            (p->count - 1 - next) * sizeof(p->items[0]));
    p->items[next] = place;
    for (size_t i = next + 1; i < p->count; i++) { /* it is asked now, not twice */
        if (!is_same(&p->items[i].where, &named))
            continue;
        p->count--;
        memmove(&p->items[i], &p->items[i + 1], (p->count - i) * sizeof(p->items[0]));
    }
}

/* A peer's own word says more than that another cannot be reached, and that more than that we could not ask. */
static int rank(const struct place_why *why)
{
    return why->is_word ? 2 : why->is_unknown ? 0 : 1;
}

struct place_why places_verdict(const struct places *p)
{
    struct buf text = BUF_MAX(VERDICT_MAX);
    struct place_why best = p->items[0].why;

    for (size_t i = 0; i <= p->at; i++) {
        const struct place_why *why = &p->items[i].why;
        if (rank(why) > rank(&best))
            best = *why;
        buf_printf(&text, "%s%s%s %s", i ? "; " : "", place_text(p, &p->items[i]),
                   why->is_word ? "" : ":", why->text);
    }
    if (p->at > 0 || best.is_word)
        best.text = arena_strndup(p->arena, buf_text(&text), text.len);
    buf_finish(&text);
    return best;
}
