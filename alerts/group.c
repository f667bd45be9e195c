/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups and their members: made, found, moved and ended. A member holds its alert in the book for as long as something
 * of it may have to be told. Used by the files of dispatch; decides nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/dispatch_impl.h"
#include "lib/base/memory.h"
#include "lib/core/digest.h"

/* ---- names ---- */

void lane_of_parts(const char *const *parts, size_t count, char ret_lane[LANE_SIZE])
{
    struct bytes texts[8];
    char digest[DIGEST_TEXT_SIZE];
    for (size_t i = 0; i < count && i < ARRAY_LEN(texts); i++)
        texts[i] = bytes_of(parts[i]);
    digest_parts(texts, count, digest);
    memcpy(ret_lane, digest, LANE_SIZE - 1);
    ret_lane[LANE_SIZE - 1] = '\0';
}

/* The id of a pair's rule is its name and ":warning" or ":critical" (rule.h); of any other it ends with the name. */
static size_t pair_id_length(const struct alert *a)
{
    static const char *const levels[] = {":warning", ":critical"};
    const struct bytes id = bytes_of(a->rule_id);
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (!bytes_ends(id, levels[i]))
            continue;
        const struct bytes base = bytes_slice(id, 0, id.len - strlen(levels[i]));
        if (bytes_ends(base, a->name))
            return base.len;
    }
    return 0;
}

const char *alert_pair(const struct alert *a, char ret_pair[LANE_SIZE])
{
    const size_t len = pair_id_length(a);
    char digest[DIGEST_TEXT_SIZE];
    if (len == 0)
        return "";
    struct buf text = BUF_MAX((size_t)1 << 20);
    buf_add(&text, a->rule_id, len);
    for (size_t i = 0; i < a->labels.count; i++) {
        if (!strcmp(a->labels.items[i].name, "severity"))
            continue;
        buf_printf(&text, "%c%s%c%s", '\0', a->labels.items[i].name, '\0',
                   a->labels.items[i].value);
    }
    digest_bytes(buf_bytes(&text), digest);
    buf_finish(&text);
    memcpy(ret_pair, digest, LANE_SIZE - 1);
    ret_pair[LANE_SIZE - 1] = '\0';
    return ret_pair;
}

const char *severity_of(struct labels labels)
{
    const char *severity = labels_get(labels, "severity");
    return severity ? severity : "";
}

static const char *place_key(const char *receiver_name, const char *key,
                             struct arena *arena)
{
    return arena_printf(arena, "%s/%s", receiver_name, key);
}

/* ---- groups ---- */

struct alert_group *group_create(struct dispatch *d, enum group_kind kind,
                                 const char *receiver_name, const char *lane,
                                 const char *route_key, struct labels labels)
{
    struct arena *arena = arena_create(0);
    struct alert_group *g = arena_alloc(arena, sizeof(*g));
    g->arena = arena;
    g->kind = kind;
    g->id = arena_printf(arena, "%s/%s", receiver_name, lane);
    g->receiver_name = arena_strdup(arena, receiver_name);
    g->lane = arena_strdup(arena, lane);
    g->route_key = arena_strdup(arena, route_key);
    g->labels = labels_copy(arena, labels);
    list_init(&g->members);
    list_append(&d->groups, &g->link);
    map_put(d->by_id, bytes_of(g->id), g);
    return g;
}

void group_destroy(struct dispatch *d, struct alert_group *g)
{
    LIST_EACH (it, &g->members)
        member_remove(d, MEMBER_OF(it));
    list_remove(&g->link);
    map_remove(d->by_id, bytes_of(g->id));
    arena_destroy(g->arena);
}

struct alert_group *group_find(const struct dispatch *d, const char *receiver_name,
                               const char *lane)
{
    struct arena *arena = arena_create(0);
    struct alert_group *g =
        map_get(d->by_id, bytes_of(place_key(receiver_name, lane, arena)));
    arena_destroy(arena);
    return g;
}

/* ---- members ---- */

static void put_places(struct dispatch *d, struct member *m)
{
    const char *receiver = m->group->receiver_name;
    map_put(d->places, bytes_of(place_key(receiver, m->key, m->arena)), m);
    if (*m->pair)
        map_put(d->places, bytes_of(place_key(receiver, m->pair, m->arena)), m);
}

static void take_places(struct dispatch *d, struct member *m)
{
    const char *receiver = m->group->receiver_name;
    map_remove(d->places, bytes_of(place_key(receiver, m->key, m->arena)));
    if (!*m->pair)
        return;
    map_remove(d->places, bytes_of(place_key(receiver, m->pair, m->arena)));
    LIST_EACH (it, &m->group->members) {
        struct member *other = MEMBER_OF(it);
        if (other != m && !strcmp(other->pair, m->pair))
            put_places(d, other);
    }
}

struct member *member_add(struct dispatch *d, struct alert_group *g, const char *key,
                          const char *pair, struct labels labels, struct alert *alert)
{
    struct arena *arena = arena_create(0);
    struct member *m = arena_alloc(arena, sizeof(*m));
    m->arena = arena;
    m->group = g;
    m->key = arena_strdup(arena, key);
    m->pair = arena_strdup(arena, pair);
    m->labels = labels_copy(arena, labels);
    m->alert = alert;
    if (alert) {
        alert_hold(alert);
        m->fired_at = alert->status.fired_at;
    }
    m->present_severity = severity_of(alert ? alert->labels : m->labels);
    list_append(&g->members, &m->link);
    put_places(d, m);
    return m;
}

void member_remove(struct dispatch *d, struct member *m)
{
    take_places(d, m);
    list_remove(&m->link);
    if (m->alert)
        alert_release(d->book, m->alert);
    arena_destroy(m->arena);
}

void member_move(struct dispatch *d, struct member *m, struct alert_group *to)
{
    take_places(d, m);
    list_remove(&m->link);
    m->group = to;
    list_append(&to->members, &m->link);
    put_places(d, m);
}

static struct member *place_find(const struct dispatch *d, const char *receiver_name,
                                 const char *key)
{
    struct arena *arena = arena_create(0);
    struct member *m = map_get(d->places, bytes_of(place_key(receiver_name, key, arena)));
    arena_destroy(arena);
    return m;
}

struct member *member_find(const struct dispatch *d, const char *receiver_name,
                           const char *key)
{
    struct member *m = place_find(d, receiver_name, key);
    return m && !strcmp(m->key, key) ? m : NULL;
}

struct member *pair_find(const struct dispatch *d, const char *receiver_name,
                         const char *pair)
{
    return *pair ? place_find(d, receiver_name, pair) : NULL;
}

bool member_fires(const struct member *m)
{
    return m->alert && m->alert->status.state == ALERT_FIRING;
}
