/* SPDX-License-Identifier: Apache-2.0 */
/* See overlay.h. Asks each of its nouns in turn: what people decided first, then what healthd works out. */
#include "alerts/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/overlay_impl.h"
#include "lib/base/memory.h"

const char *overlay_kind_name(enum overlay_kind kind)
{
    static const char *const names[] = {
        [OVERLAY_NONE] = "none",
        [OVERLAY_SILENCED] = "silenced",
        [OVERLAY_MAINTENANCE] = "maintenance",
        [OVERLAY_INHIBITED] = "inhibited",
        [OVERLAY_PARENT] = "parent",
        [OVERLAY_CONNECTIVITY] = "connectivity",
        [OVERLAY_GRACE] = "grace",
        [OVERLAY_DEPLOY] = "deploy",
    };
    return names[kind];
}

struct overlay *overlay_create(const struct book *book, struct probes_view probes)
{
    struct overlay *o = memory_take(sizeof(*o));
    *o = (struct overlay){.book = book,
                          .probes = probes,
                          .silences = map_create(),
                          .acks = map_create(),
                          .deploys = map_create(),
                          .parents = map_create()};
    return o;
}

void overlay_destroy(struct overlay *o)
{
    if (!o)
        return;
    overlay_index_drop(o);
    arena_destroy(o->index.arena);
    silences_finish(o);
    acks_finish(o);
    deploys_finish(o);
    parents_finish(o);
    free(o);
}

/* Answers that are awaited may be lost with a changed probe: parents are asked anew. */
void overlay_adopt(struct overlay *o, const struct routing *routing, struct wall now)
{
    o->routing = routing;
    o->window_from = (struct wall){0};
    o->wake = (struct wall){0};
    o->uplink = UPLINK_NOT_KNOWN;
    parents_finish(o);
    o->parents = map_create();
    overlay_touch(o);
}

void overlay_set_reach(struct overlay *o, struct reach *r)
{
    o->reach = r;
}

void overlay_set_zone(struct overlay *o, const struct zone *zone)
{
    o->zone = zone;
}

bool overlay_restore(struct overlay *o, enum ledger_kind kind, const char *key,
                     const char *json, struct wall now, struct err *e)
{
    if (kind == LEDGER_SILENCE)
        return silence_restore(o, key, json, now, e);
    if (kind == LEDGER_ACK)
        return ack_restore(o, key, json, e);
    if (kind == LEDGER_DEPLOY)
        return deploy_restore(o, key, json, now, e);
    return err_set(e, "a row of kind %d is none of the overlay's", (int)kind);
}

void overlay_touch(struct overlay *o)
{
    overlay_index_drop(o);
}

struct overlay_verdict overlay_judge_as(const struct judging *j)
{
    static overlay_holds *const holds[] = {
        silence_holds,      maintenance_holds, deploy_holds, inhibit_holds,
        connectivity_holds, parent_holds,      grace_holds};
    struct overlay_verdict v = {0};
    for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
        if (!holds[i](j, &v))
            continue;
        overlay_wake_at(j->overlay, v.until);
        return v;
    }
    return (struct overlay_verdict){.kind = OVERLAY_NONE, .by = ""};
}

struct overlay_verdict overlay_judge(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena)
{
    if (o->wake.ns <= now.ns)
        o->wake = (struct wall){0};
    const struct judging j = {
        .overlay = o, .alert = a, .now = now, .arena = arena, .asking = ASKS_OTHERS};
    return overlay_judge_as(&j);
}

struct wall overlay_next(struct overlay *o, struct wall now)
{
    struct wall next = o->wake.ns > now.ns ? o->wake : (struct wall){0};
    next = wall_earlier(next, silence_next(o, now));
    next = wall_earlier(next, maintenance_next(o, now));
    next = wall_earlier(next, deploy_next(o, now));
    next = wall_earlier(next, grace_next(o, now));
    return wall_earlier(next, connectivity_next(o, now));
}

void overlay_expire(struct overlay *o, struct wall now, struct ledger_txn *txn)
{
    silence_forget(o, now, txn);
    ack_forget(o, now, txn);
    deploy_forget(o, now, txn);
}

/* ---- words and times, for the nouns ---- */

void overlay_wake_at(struct overlay *o, struct wall at)
{
    o->wake = wall_earlier(o->wake, at);
}

static struct civil local_of(const struct overlay *o, struct wall at)
{
    return o->zone ? zone_to_civil(o->zone, at) : wall_to_civil(at);
}

const char *overlay_clock(const struct overlay *o, struct wall at, struct wall now,
                          struct arena *arena)
{
    const struct civil c = local_of(o, at), today = local_of(o, now);
    const char *zone;
    (void)zone_offset(o->zone ? o->zone : zone_utc, at, &zone);
    if (c.year == today.year && c.month == today.month && c.day == today.day)
        return arena_printf(arena, "%02d:%02d %s", c.hour, c.minute, zone);
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d %s", c.year, c.month, c.day,
                        c.hour, c.minute, zone);
}

const char *alert_probe(const struct alert *a)
{
    const char *probe = labels_get(a->labels, "probe");
    return probe ? probe : "";
}

const char *alert_words(const struct alert *a, struct arena *arena)
{
    const char *instance = labels_get(a->labels, "instance");
    const char *subject = *alert_probe(a) ? alert_probe(a) : instance;
    return subject ? arena_printf(arena, "%s %s", a->name, subject)
                   : arena_strdup(arena, a->name);
}

const char *overlay_new_id(struct overlay *o, const struct map *taken, struct wall now,
                           struct arena *arena)
{
    const char *id = NULL;
    do {
        const struct {
            int64_t now, made;
        } seed = {now.ns, ++o->made};
        const uint64_t hash =
            bytes_hash64((struct bytes){(const char *)&seed, sizeof(seed)});
        id = arena_printf(arena, "%08x", (unsigned)(hash ^ hash >> 32));
    } while (map_get(taken, bytes_of(id)));
    return id;
}
