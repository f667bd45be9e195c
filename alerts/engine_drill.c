/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drills: a probe's twin, told apart by the label drill="true", that is down for a while. Its series go into the history
 * like any other's, so that rules, routes, the outbox and the receivers do what they would do. The probe itself is not
 * touched. It ends by itself: its series end, and that they have ended is known.
 */
#include <string.h>

#include "alerts/engine_impl.h"
#include "lib/base/log.h"

#define DRILLS_MAX 10
#define DRILL_STEP (5 * NSEC_PER_SEC)

static void drill_put(const struct drill *d, struct wall now)
{
    const int64_t ms = wall_to_ms(now);
    const struct label info[] = {{"severity", d->severity}, {"type", d->type}};
    const struct label reason = {"reason", "drill"};
    const struct labels none = {0};
    history_put(d->owner, "probe_success", none, ms, 0);
    history_put(d->owner, "probe_state", none, ms, HEALTH_DOWN);
    history_put(d->owner, "probe_failure_info", (struct labels){&reason, 1}, ms, 1);
    history_put(d->owner, "probe_info", (struct labels){info, ARRAY_LEN(info)}, ms, 1);
    history_put(d->owner, "up", none, ms, 0);
}

static void drill_end(struct engine *e, struct drill *d, struct wall now)
{
    log_info(EV("drill ended"), STR("drill", d->id), STR("probe", d->probe));
    evaluation_touch(e->evaluation, d->owner);
    history_owner_end(d->owner, wall_to_ms(now));
    list_remove(&d->link);
    e->drill_count--;
    arena_destroy(d->arena);
}

const char *engine_drill_start(struct engine *e, const char *probe, nsec duration,
                               struct wall now, struct err *err)
{
    static const struct label mark = {DRILL_LABEL, "true"};
    const struct subject *s = subject_named(e, probe);
    if (!s) {
        err_set(err,
                "there is no probe '%s' that has run yet; `healthctl status` lists those "
                "there are",
                probe);
        return NULL;
    }
    if (e->drill_count >= DRILLS_MAX) {
        err_set(err, "%d drills are under way; wait until one has ended", DRILLS_MAX);
        return NULL;
    }
    struct arena *arena = arena_create(0);
    struct drill *d = arena_alloc(arena, sizeof(*d));
    *d = (struct drill){
        .arena = arena,
        .id = arena_printf(arena, "drill-%u", ++e->drills_made),
        .probe = arena_strdup(arena, probe),
        .type = arena_strdup(arena, s->type),
        .severity = arena_strdup(arena, s->severity),
        .owner = history_owner(e->history,
                               labels_merge(arena, s->labels, (struct labels){&mark, 1})),
        .next = wall_add(now, DRILL_STEP),
        .ends = wall_add(now, duration > 0 ? duration : DRILL_DEFAULT),
    };
    list_append(&e->drills, &d->link);
    e->drill_count++;
    drill_put(d, now);
    evaluation_touch(e->evaluation, d->owner);
    engine_wake(e, now);
    return d->id;
}

struct wall drills_advance(struct engine *e, struct wall now)
{
    struct wall next = {0};
    LIST_EACH (it, &e->drills) {
        struct drill *d = LIST_ITEM(it, struct drill, link);
        if (now.ns >= d->ends.ns) {
            drill_end(e, d, now);
            continue;
        }
        if (now.ns >= d->next.ns) {
            drill_put(d, now);
            d->next = wall_add(now, DRILL_STEP);
        }
        const struct wall due = d->next.ns < d->ends.ns ? d->next : d->ends;
        next = next.ns == 0 || due.ns < next.ns ? due : next;
    }
    return next;
}

void drills_destroy(struct engine *e)
{
    LIST_EACH (it, &e->drills)
        arena_destroy(LIST_ITEM(it, struct drill, link)->arena);
}
