/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of an act's body, read and held to what they may be; whatever is wrong is answered here, so that a handler
 * only returns. Called by the handlers of acts. Changes nothing itself.
 */
#include "collector/act.h"

#include <string.h>

#include "alerts/target.h"
#include "collector/engine_host.h"
#include "lib/base/units.h"

const char *act_text(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text ? text : "";
}

const char *act_who(struct exchange *x, const json_t *body, const char *name)
{
    const char *who = act_text(body, name);
    if (!*who)
        return exchange_who(x);
    exchange_note_as(x, who);
    return who;
}

bool act_until(struct exchange *x, const json_t *body, const char *name, struct wall now,
               nsec usual, struct wall *ret)
{
    const char *duration = act_text(body, "duration"), *until = act_text(body, name);
    struct err e = {0};
    nsec length = usual;
    if (*until && !wall_parse(bytes_of(until), ret)) {
        exchange_error(x, 400, "'%s' is '%.60s', which is no time such as %s", name,
                       until, "2026-11-27T15:00:00Z");
        return false;
    }
    if (*until)
        return true;
    if (*duration && !duration_parse(bytes_of(duration), &length, &e)) {
        exchange_error(x, 400, "'duration': %s", e.text);
        return false;
    }
    if (length <= 0) {
        exchange_error(
            x, 400,
            "Say until when: by a 'duration' such as 30m, or by a time in '%s' "
            "such as 2026-11-27T15:00:00Z",
            name);
        return false;
    }
    *ret = wall_add(now, length);
    return true;
}

/* ---- what people call things ---- */

static bool is_probe(void *ctx, const char *name)
{
    const struct daemon *d = ctx;
    return schedule_find(d->schedule, name) != NULL;
}

struct name_search {
    const char *name;
    bool is_found;
};

static void find_name(void *ctx, struct alert *a)
{
    struct name_search *s = ctx;
    s->is_found |= !strcmp(a->name, s->name);
}

static bool is_rule(const struct rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        for (size_t k = 0; k < g->count; k++) {
            if (!g->rules[k]->is_recording && !strcmp(g->rules[k]->name, name))
                return true;
        }
    }
    return false;
}

static bool is_alert(void *ctx, const char *name)
{
    const struct daemon *d = ctx;
    struct name_search s = {.name = name};
    if (is_rule(&d->generation->alerting.rules, name))
        return true;
    book_each(engine_book(act_engine(d)), find_name, &s);
    return s.is_found;
}

bool act_matchers(struct exchange *x, struct daemon *d, const char *text,
                  struct matchers *ret)
{
    const struct target_names names = {d, is_probe, is_alert};
    struct err e = {0};
    if (target_parse(exchange_arena(x), text, &names, ret, &e))
        return true;
    exchange_error(x, 400, "%s", e.text);
    return false;
}

struct engine *act_engine(const struct daemon *d)
{
    return engine_host_engine(d->engine_host);
}

struct wall act_now(const struct daemon *d)
{
    return engine_host_now(d->engine_host);
}

void act_reply(struct exchange *x, const char *name, const char *text)
{
    exchange_reply_value(x, 200, json_pack("{s:s}", name, text));
}
