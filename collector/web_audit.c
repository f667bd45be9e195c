/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for every act: who did what, from where, and what came of it; also when nothing did. Called by web_exchange.c
 * when a request has ended. Messages of machines (heartbeats, events) are no acts: they are kept where they belong.
 */
#include "collector/web_parts.h"
#include "lib/base/log.h"

#define SHOWN_MAX 200 /* bytes of what the caller wrote */

void exchange_note_as(struct exchange *x, const char *name)
{
    x->as = arena_strdup(x->arena, name);
}

void exchange_note_what(struct exchange *x, const char *what)
{
    x->what = arena_strdup(x->arena, what);
}

static const char *outcome_of(const struct exchange *x)
{
    if (x->is_abandoned)
        return "unanswered";
    if (x->status == MHD_HTTP_UNAUTHORIZED || x->status == MHD_HTTP_FORBIDDEN ||
        x->status == MHD_HTTP_TOO_MANY_REQUESTS)
        return "refused";
    return x->status >= 200 && x->status < 300 ? "done" : "failed";
}

static const char *shown(struct exchange *x, const char *text)
{
    const struct bytes all = bytes_of(text);
    return all.len <= SHOWN_MAX ? text : arena_strndup(x->arena, text, SHOWN_MAX);
}

void web_tell_act(struct exchange *x)
{
    if (!x->endpoint || x->endpoint->right != RIGHT_ACT)
        return;
    if (x->status == MHD_HTTP_TOO_MANY_REQUESTS && !web_tells_refusal(x))
        return;
    const char *outcome = outcome_of(x);
    const char *what = x->what ? x->what : x->segment_count ? x->segments[0].value : "";
    const struct log_field *fields =
        LOG_FIELDS(EV("act"), STR("outcome", outcome), STR("method", x->method),
                   STR("path", shown(x, x->path)), STR("what", shown(x, what)),
                   STR("who", exchange_who(x)), STR("as", x->as ? shown(x, x->as) : ""),
                   STR("from", exchange_peer(x)), STR("listener", x->listener->url),
                   INT("status", x->status));
    log_write(strcmp(outcome, "refused") ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, fields);
}
