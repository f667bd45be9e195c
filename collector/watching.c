/* SPDX-License-Identifier: Apache-2.0 */
/* See watching.h. */
#include "collector/watching.h"

#include "lib/core/secret.h"
#include "lib/core/talk.h"

void watching_ended(struct watching *w)
{
    w->is_held = false;
    w->ended = true;
}

bool watching_wants(struct watching *w, const struct verdict *v, struct mono now)
{
    const bool is_good = v->health == HEALTH_UP || v->health == HEALTH_DEGRADED;
    if (w->ended) {
        w->ended = false;
        w->benign_ends = is_good ? w->benign_ends + 1 : 0;
    }
    if (w->benign_ends >= WATCHING_BENIGN_ENDS) {
        w->benign_ends = 0;
        w->rests_until = mono_add(now, WATCHING_REST);
    }
    return is_good && !w->is_held && mono_reached(now, w->rests_until);
}

bool watching_hold(struct watching *w, const struct probe *probe, struct session *session)
{
    struct arena *arena = arena_create(0);
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    struct dial dial = {0};
    struct err e = {0};

    if (template_fill(probe->conf, secrets_scope(session->frame->secrets), NULL, arena, confs, &e) &&
        talk_dial(probe->type, confs[0], confs[1], arena, &dial, &e)) {
        talk_watch(session, &dial);
        w->is_held = true;
    }
    arena_destroy(arena);
    return w->is_held;
}

void watching_release(struct watching *w, struct session *session)
{
    if (w->is_held)
        talk_unwatch(session);
    w->is_held = false;
}
