/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A heartbeat for those who look at it: the API's fields, what `healthctl validate` says of a schedule, and what
 * expectations may name. Changes nothing.
 */
#include "lib/base/units.h"
#include "lib/core/run.h"
#include "probes/heartbeat.h"

/* ---- the API, and `validate` ---- */

static json_t *time_json(struct wall at)
{
    char text[WALL_TEXT_SIZE];
    return at.ns && at.ns != INT64_MAX ? json_string(wall_format(at, text)) : json_null();
}

static const char *stand_word(enum heartbeat_stand stand)
{
    static const char *const words[] = {
        [HEARTBEAT_WAITS] = "waiting",   [HEARTBEAT_ON_TIME] = "on time",
        [HEARTBEAT_LATE] = "late",       [HEARTBEAT_FAILED] = "failed",
        [HEARTBEAT_OVERRUN] = "overrun",
    };
    return words[stand];
}

void heartbeat_show(struct session *s, const void *conf, struct wall now, json_t *object)
{
    const struct heartbeat_conf *c = conf;
    const struct heartbeat_memory *m = heartbeat_recall(s, c, now);
    const struct heartbeat_view view = heartbeat_look(c, m, now);
    json_object_set_new(object, "stand", json_string(stand_word(view.stand)));
    json_object_set_new(object, "schedule", json_string(m->plan));
    json_object_set_new(object, "grace_seconds", json_real(nsec_to_sec(c->grace)));
    json_object_set_new(object, "due", time_json(view.due));
    json_object_set_new(object, "late_after", time_json(view.latest));
    json_object_set_new(object, "configured", time_json(m->first));
    json_object_set_new(object, "last_ping", time_json(m->last_ping));
    json_object_set_new(object, "last_start", time_json(m->last_start));
    json_object_set_new(object, "last_end", time_json(m->last_end));
    json_object_set_new(object, "last_success", time_json(m->last_success));
    json_object_set_new(object, "last_duration_seconds",
                        m->last_end.ns && m->took >= 0 ? json_real(nsec_to_sec(m->took))
                                                       : json_null());
    json_object_set_new(object, "last_exit_status",
                        m->last_end.ns && m->status != HEARTBEAT_NO_STATUS
                            ? json_integer(m->status)
                            : json_null());
    json_object_set_new(object, "running", json_boolean(m->is_running));
    json_object_set_new(object, "last_words", json_string(m->words));
}

void heartbeat_preview(const void *conf, struct wall now, struct buf *out)
{
    const struct heartbeat_conf *c = conf;
    char text[ZONE_TEXT_SIZE];
    struct wall at = now;
    if (!c->cron[0]) {
        buf_add_text(out, "due within ");
        duration_format_short(out, c->every);
        buf_add_text(out, " of each ping");
    }
    for (int i = 0; c->cron[0] && i < 3; i++) {
        at = heartbeat_next(c, at);
        if (at.ns == INT64_MAX)
            break;
        buf_printf(out, "%s%s", i ? ", " : "due ", zone_format(c->zone, at, text));
    }
    buf_add_text(out, "; late after another ");
    duration_format_short(out, c->grace);
}

/* ---- variables ---- */

static const struct heartbeat_memory *memory_seen(struct run *run)
{
    const struct heartbeat_session *own = run_session(run)->state;
    return &own->memory;
}

static bool get_age(struct run *run, struct arena *arena, struct value *ret,
                    struct err *why)
{
    const struct heartbeat_memory *m = memory_seen(run);
    const struct wall since = m->last_success.ns ? m->last_success : m->first;
    *ret = value_duration(run_wall(run).ns - since.ns);
    return true;
}

static bool get_duration(struct run *run, struct arena *arena, struct value *ret,
                         struct err *why)
{
    const struct heartbeat_memory *m = memory_seen(run);
    const nsec known = m->took >= 0 ? m->took : 0;
    *ret = value_duration(m->is_running ? run_wall(run).ns - m->last_start.ns : known);
    return true;
}

static bool get_status(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct heartbeat_memory *m = memory_seen(run);
    if (!m->last_end.ns || m->status == HEARTBEAT_NO_STATUS)
        return err_set(why, "no run has told its exit status");
    *ret = value_number(m->status);
    return true;
}

static bool get_words(struct run *run, struct arena *arena, struct value *ret,
                      struct err *why)
{
    *ret = value_text(bytes_of(memory_seen(run)->words));
    return true;
}

static bool get_running(struct run *run, struct arena *arena, struct value *ret,
                        struct err *why)
{
    *ret = value_bool(memory_seen(run)->is_running);
    return true;
}

const struct var heartbeat_vars[] = {
    {"age", VALUE_DURATION,
     "How long ago a run last ended well; before the first time, how long "
     "ago it was configured.",
     get_age},
    {"duration", VALUE_DURATION,
     "How long the run that goes on has taken, or else the last one took; 0s "
     "before the first.",
     get_duration},
    {"exit_status", VALUE_NUMBER, "Exit status of the last run.", get_status},
    {"words", VALUE_TEXT, "The end of what the last run sent as body.", get_words},
    {"running", VALUE_BOOL, "A run has started and not ended.", get_running},
    {0},
};
