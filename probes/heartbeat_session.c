/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a heartbeat's session between runs: it recalls its memo once, takes pings in, and writes them down.
 * Called by heartbeat.c and, for each message, by the frame. Decides nothing about what is late.
 */
#include <string.h>

#include "lib/base/units.h"
#include "probes/heartbeat.h"

static const char *plan_text(const struct heartbeat_conf *c, struct buf *out)
{
    buf_clear(out);
    if (c->cron[0])
        buf_printf(out, "%s %s", c->cron, zone_name(c->zone));
    else
        duration_format(out, c->every);
    return buf_text(out);
}

static void keep(struct session *s)
{
    const struct heartbeat_session *own = s->state;
    struct buf memo = BUF_MAX(64 << 10);
    heartbeat_memo_write(&own->memory, SESSION_MEMO_MAX, &memo);
    session_set_memo(s, buf_text(&memo));
    buf_finish(&memo);
}

/* The memo is read at the first use: then it has been recalled. */
struct heartbeat_memory *heartbeat_recall(struct session *s,
                                          const struct heartbeat_conf *c, struct wall now)
{
    struct heartbeat_session *own = s->state;
    struct heartbeat_memory *m = &own->memory;
    struct buf plan = BUF_MAX(HEARTBEAT_MAX_PLAN);
    if (!own->listening.ns) {
        own->listening = now;
        heartbeat_memo_read(s->memo, m);
    }
    const struct wall since = m->since;
    heartbeat_plan(m, plan_text(c, &plan), now);
    buf_finish(&plan);
    if (m->since.ns != since.ns)
        keep(s);
    return m;
}

/* ---- pings ---- */

static const char *param(const struct message *message, const char *name)
{
    for (size_t i = 0; i < message->params.count; i++) {
        if (!strcmp(message->params.items[i].key, name))
            return message->params.items[i].value;
    }
    return "";
}

/* "12.5" is seconds; "12.5s" says so. */
static bool took_read(const char *text, nsec *ret, struct err *e)
{
    double seconds;
    *ret = -1;
    if (!text[0])
        return true;
    if (bytes_to_double(bytes_of(text), &seconds)) {
        *ret = nsec_from_sec(seconds);
        return (seconds >= 0 && seconds < 1e9) ||
               err_set(e, "`duration` is '%.40s', which is no time that passed", text);
    }
    return duration_parse(bytes_of(text), ret, e) || err_wrap(e, "`duration`");
}

static bool ping_read(const struct message *message, struct heartbeat_ping *ret,
                      struct err *e)
{
    const struct bytes kind = bytes_of(message->kind);
    uint64_t status;
    *ret = (struct heartbeat_ping){
        .kind = HEARTBEAT_END, .at = message->at, .run_id = param(message, "run_id")};
    if (!took_read(param(message, "duration"), &ret->took, e))
        return false;
    if (kind.len == 0 || bytes_is(kind, "success"))
        return true;
    if (bytes_is(kind, "start")) {
        ret->kind = HEARTBEAT_START;
        return true;
    }
    if (bytes_is(kind, "fail")) {
        ret->status = HEARTBEAT_NO_STATUS;
        return true;
    }
    if (bytes_to_u64(kind, &status) && status <= 255) {
        ret->status = (int)status;
        return true;
    }
    return err_set(
        e,
        "'%.40s' says nothing here: nothing, `start`, `fail` or an exit status "
        "from 0 to 255 may follow the name",
        message->kind);
}

static void keep_words(struct session *s, struct heartbeat_memory *m,
                       const struct heartbeat_ping *ping, struct bytes body)
{
    struct arena *arena = arena_create(0);
    if (ping->kind == HEARTBEAT_END && s->frame->secrets) {
        const char *text = arena_strndup(arena, body.ptr ? body.ptr : "", body.len);
        heartbeat_keep_words(m,
                             bytes_of(secrets_redacted(s->frame->secrets, arena, text)));
    } else if (ping->kind == HEARTBEAT_END) {
        heartbeat_keep_words(m, body);
    }
    arena_destroy(arena);
}

enum receipt heartbeat_receive(struct session *s, const void *conf,
                               const struct message *message, struct err *e)
{
    const struct heartbeat_conf *c = conf;
    struct heartbeat_ping ping;
    const bool has_token =
        c->token.value[0] && secret_matches(c->token.value, message->token);
    if (!message->is_trusted && !has_token) {
        err_set(e, c->token.value[0]
                       ? "the token is not this heartbeat's: send `?token=…`, or "
                         "`Authorization: Bearer …`"
                       : "this heartbeat has no `token`, so that only listeners that may "
                         "act take its pings: give it one, or use the Unix socket");
        return RECEIPT_FORBIDDEN;
    }
    if (!ping_read(message, &ping, e))
        return RECEIPT_INVALID;
    struct heartbeat_memory *m = heartbeat_recall(s, c, message->at);
    heartbeat_note(m, &ping);
    keep_words(s, m, &ping, message->body);
    keep(s);
    session_wake(s, WAKE_PUSHED);
    return RECEIPT_TAKEN;
}
