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
    struct err e = {0};

    if (!probe->type->talk)
        return false;
    if (w->arena)
        arena_reset(w->arena);
    else
        w->arena = arena_create(0);
    if (!talk_aim(probe, secrets_scope(session->frame->secrets), w->arena, &w->dial, &e))
        return false;
    w->is_held = true;
    talk_watch(session, &w->dial);
    return true;
}

void watching_release(struct watching *w, struct session *session)
{
    if (w->is_held)
        talk_unwatch(session);
    w->is_held = false;
    arena_destroy(w->arena);
    w->arena = NULL;
}
