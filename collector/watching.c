/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the next look after an end is, which ends count, and when it rests: arithmetic over one small struct. Called by
 * the schedule, which starts the runs.
 */
#include "collector/watching.h"

#include "lib/core/secret.h"
#include "lib/core/talk.h"

static nsec pause_of(int burst, nsec patience)
{
    nsec pause = burst > 0 ? WATCHING_FIRST_PAUSE : 0;
    for (int i = 1; i < burst && pause < patience; i++)
        pause *= 5;
    return pause < patience ? pause : patience;
}

struct mono watching_ended(struct watching *w, nsec patience, struct mono now)
{
    const bool is_alone =
        !w->last_end.ns || mono_reached(now, mono_add(w->last_end, 2 * patience));
    w->is_held = false;
    w->ended = true;
    w->burst = is_alone ? 0 : w->burst + 1;
    w->last_end = now;
    return mono_add(now, pause_of(w->burst, patience));
}

/* Ends that come faster than the pauses grow are told apart from one only at the longest pause. */
static bool is_counted(const struct watching *w, nsec patience)
{
    return w->burst == 0 || pause_of(w->burst, patience) == patience;
}

bool watching_wants(struct watching *w, const struct verdict *v, nsec patience,
                    struct mono now)
{
    const bool is_good = v->health == HEALTH_UP || v->health == HEALTH_DEGRADED;
    if (w->ended) {
        w->ended = false;
        w->benign_ends = is_good ? w->benign_ends + is_counted(w, patience) : 0;
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
