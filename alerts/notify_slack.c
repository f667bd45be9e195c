/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slack, by an incoming webhook or by a bot's token. With a token the first message of a lane is kept up to date, and
 * each change is a reply in its thread, because an edit alone tells nobody: two requests, of which the lane remembers
 * the first (channel, ts, and for which notice the message is edited already).
 */
#include "alerts/notify_slack.h"

#include <string.h>

#include "alerts/notify_payload.h"
#include "lib/base/attr.h"
#include "lib/core/json.h"

enum { BODY_MAX_BYTES = 1 << 20, ANSWER_MAX_BYTES = 64 << 10, REMOTE_MAX_BYTES = 1000 };

struct slack_conf {
    struct secret webhook_url, bot_token;
    const char *channel, *api_url, *proxy_url;
    bool updates;
    struct tls_conf tls;
};

static bool slack_validate(const void *conf, struct arena *arena, struct err *e)
{
    const struct slack_conf *c = conf;
    const bool has_bot = *c->bot_token.value != '\0';
    if (has_bot == (*c->webhook_url.value != '\0'))
        return err_set(e, has_bot
                              ? "'webhook_url' and 'bot_token' are two ways; keep one"
                              : "it needs 'webhook_url', or 'bot_token' and 'channel'");
    if (has_bot && !*c->channel)
        return err_set(e, "'bot_token' needs 'channel': its name (#alerts) or id");
    return notifier_url_validate(has_bot ? c->api_url : c->webhook_url.value, arena, e);
}

/* ---- what the lane remembers ---- */

struct memory {
    const char *channel, *ts; /* NULL: nothing was posted */
    bool is_edited;           /* for this notice already */
};

static struct memory memory_of(const struct slack_conf *c, const struct notice *n,
                               const struct attempt *a, struct arena *arena)
{
    struct memory m = {0};
    struct err ignored;
    if (!*c->bot_token.value || !c->updates || !a->remote || !*a->remote)
        return m;
    const json_t *root =
        json_read(arena, bytes_of(a->remote), REMOTE_MAX_BYTES, &ignored);
    const char *edited = json_string_value(json_object_get(root, "edited"));
    m.channel = json_string_value(json_object_get(root, "channel"));
    m.ts = json_string_value(json_object_get(root, "ts"));
    if (!m.channel || !m.ts)
        return (struct memory){0};
    m.is_edited =
        edited && !strcmp(edited, arena_printf(arena, "%llu", (unsigned long long)n->id));
    return m;
}

/* edited: the notice for which the message is edited; 0: none. */
static const char *memory_text(const char *channel, const char *ts, uint64_t edited,
                               struct arena *arena)
{
    struct buf out = BUF_MAX(REMOTE_MAX_BYTES);
    buf_add_byte(&out, '{');
    payload_text(&out, "channel", channel);
    payload_text(&out, "ts", ts);
    if (edited)
        payload_text(&out, "edited",
                     arena_printf(arena, "%llu", (unsigned long long)edited));
    buf_add_byte(&out, '}');
    const char *text = out.overflow ? "" : arena_strdup(arena, buf_text(&out));
    buf_finish(&out);
    return text;
}

/* ---- request ---- */

/* Replies that others in the channel should see: something new fires, or still does. */
static bool is_broadcast(const struct notice *n)
{
    return n->kind == NOTICE_TRIGGER || n->kind == NOTICE_UPDATE ||
           n->kind == NOTICE_REMINDER;
}

static const char *method_of(const struct memory *m)
{
    return m->ts && !m->is_edited ? "chat.update" : "chat.postMessage";
}

static void slack_render(const void *conf, const struct notice *n,
                         const struct attempt *a, struct arena *arena,
                         struct request *ret)
{
    static const struct pair json = {"Content-Type", "application/json; charset=utf-8"};
    const struct slack_conf *c = conf;
    const bool has_bot = *c->bot_token.value != '\0';
    const struct memory m = memory_of(c, n, a, arena);
    struct buf out = BUF_MAX(BODY_MAX_BYTES);
    buf_add_byte(&out, '{');
    if (has_bot)
        payload_text(&out, "channel", m.ts ? m.channel : c->channel);
    if (m.is_edited) {
        payload_text(&out, "thread_ts", m.ts);
        slack_reply(&out, n, a, arena);
        if (is_broadcast(n))
            buf_add_text(&out, ",\"reply_broadcast\":true");
    } else {
        if (m.ts)
            payload_text(&out, "ts", m.ts);
        slack_message(&out, n, a, arena);
    }
    buf_add_byte(&out, '}');
    *ret = (struct request){
        .method = "POST",
        .url = has_bot ? arena_printf(arena, "%s/%s", c->api_url, method_of(&m))
                       : c->webhook_url.value,
        .headers = {&json, 1},
        .body = payload_bytes(&out, arena),
        .bearer = c->bot_token,
        .tls = c->tls,
        .proxy = c->proxy_url,
    };
}

/* ---- answers ---- */

/* Slack's errors are words such as channel_not_found; anything else is not repeated. */
static bool is_error_word(struct bytes text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr(letters, text.ptr[i], sizeof(letters) - 1))
            return false;
    }
    return text.len > 0 && text.len <= 60;
}

static void judge_webhook(const struct reply *reply, struct arena *arena,
                          struct judgement *ret)
{
    const struct bytes body = bytes_trim(reply->body);
    if (ret->outcome == OUTCOME_OK && !bytes_is(body, "ok")) {
        ret->outcome = OUTCOME_RETRY;
        ret->why = arena_printf(
            arena, "HTTP %d, but its body is not Slack's 'ok': is this a Slack webhook?",
            reply->status);
    } else if (ret->outcome != OUTCOME_OK && is_error_word(body)) {
        ret->why = arena_printf(arena, "%s: %.*s", ret->why, (int)body.len, body.ptr);
    }
}

/* What `ok: false` can say; whatever else it says, somebody has to look. */
static enum outcome outcome_of_error(const char *error)
{
    static const struct {
        const char *error;
        enum outcome outcome;
    } known[] = {
        {"ratelimited", OUTCOME_RETRY},
        {"rate_limited", OUTCOME_RETRY},
        {"request_timeout", OUTCOME_RETRY},
        {"internal_error", OUTCOME_RETRY},
        {"fatal_error", OUTCOME_RETRY},
        {"service_unavailable", OUTCOME_RETRY},
        {"msg_too_long", OUTCOME_REJECT},
        {"msg_blocks_too_long", OUTCOME_REJECT},
        {"invalid_blocks", OUTCOME_REJECT},
        {"invalid_blocks_format", OUTCOME_REJECT},
        {"invalid_attachments", OUTCOME_REJECT},
        {"too_many_attachments", OUTCOME_REJECT},
        {"no_text", OUTCOME_REJECT},
        {"invalid_arguments", OUTCOME_REJECT},
        {"invalid_json", OUTCOME_REJECT},
        {"message_not_found", OUTCOME_ANEW},
        {"cant_update_message", OUTCOME_ANEW},
        {"edit_window_closed", OUTCOME_ANEW},
        {"thread_not_found", OUTCOME_ANEW},
        {"cannot_reply_to_message", OUTCOME_ANEW},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (!strcmp(error, known[i].error))
            return known[i].outcome;
    }
    return OUTCOME_CONFIG;
}

static void judge_refusal(const json_t *root, const struct memory *m, struct arena *arena,
                          struct judgement *ret)
{
    const char *error = json_string_value(json_object_get(root, "error"));
    if (!error || !is_error_word(bytes_of(error)))
        error = "an error without a name";
    ret->outcome = outcome_of_error(error);
    if (ret->outcome == OUTCOME_ANEW && !m->ts)
        ret->outcome = OUTCOME_CONFIG; /* there was nothing to forget */
    if (ret->outcome == OUTCOME_ANEW)
        ret->remote = "";
    ret->why = arena_printf(arena, "Slack says %s", error);
}

/* What comes next: after an edit its reply; after the last word the lane starts afresh. */
static void judge_accepted(const json_t *root, const struct notice *n,
                           const struct memory *m, bool updates, struct arena *arena,
                           struct judgement *ret)
{
    const char *channel = json_string_value(json_object_get(root, "channel"));
    const char *ts = json_string_value(json_object_get(root, "ts"));
    if (!updates)
        return;
    if (m->ts && !m->is_edited) {
        ret->outcome = OUTCOME_ANEW;
        ret->remote = memory_text(m->channel, m->ts, n->id, arena);
        ret->why = "the message is edited; the reply comes next";
    } else if (n->kind == NOTICE_RESOLVE) {
        ret->remote = "";
    } else if (m->is_edited) {
        ret->remote = memory_text(m->channel, m->ts, 0, arena);
    } else if (channel && ts) {
        ret->remote = memory_text(channel, ts, 0, arena);
    } else {
        ret->warning = "Slack did not name the message, so it cannot be updated";
    }
}

static void judge_api(const struct slack_conf *c, const struct notice *n,
                      const struct attempt *a, const struct reply *reply,
                      struct arena *arena, struct judgement *ret)
{
    struct err ignored;
    const struct memory m = memory_of(c, n, a, arena);
    const json_t *root = json_read(arena, reply->body, ANSWER_MAX_BYTES, &ignored);
    const json_t *ok = json_object_get(root, "ok");
    if (json_is_true(ok)) {
        judge_accepted(root, n, &m, c->updates, arena, ret);
    } else if (json_is_false(ok)) {
        judge_refusal(root, &m, arena, ret);
    } else {
        ret->outcome = OUTCOME_RETRY;
        ret->why = arena_printf(arena, "HTTP %d, but not with an answer of Slack's API",
                                reply->status);
    }
}

static void slack_judge(const void *conf, const struct notice *n, const struct attempt *a,
                        const struct reply *reply, struct arena *arena,
                        struct judgement *ret)
{
    const struct slack_conf *c = conf;
    judge_http(reply, a->now, arena, ret);
    if (reply->trouble.reason != REASON_NONE && ret->outcome != OUTCOME_OK)
        return;
    if (!*c->bot_token.value)
        judge_webhook(reply, arena, ret);
    else if (ret->outcome == OUTCOME_OK)
        judge_api(c, n, a, reply, arena, ret);
}

static struct far_end slack_host(const void *conf, struct arena *arena)
{
    const struct slack_conf *c = conf;
    return far_end_of(*c->bot_token.value ? c->api_url : c->webhook_url.value,
                      c->proxy_url, arena);
}

#define OPT_STRUCT struct slack_conf
const struct notifier_type notifier_slack = {
    .name = "slack",
    .summary = "Slack, by an incoming webhook, or by a bot that keeps one message up to "
               "date and replies in its thread.",
    .example = "slack: {bot_token: \"${env:SLACK_BOT_TOKEN:-xoxb-none}\", channel: "
               "\"#alerts\"}",
    .opts =
        (const struct opt[]){
            OPT_ROW_SECRET("webhook_url", webhook_url, "",
                           "URL of an incoming webhook; it is a secret.",
                           .flags = OPT_SHORTHAND),
            OPT_ROW_SECRET("bot_token", bot_token, "",
                           "Token of a bot with the right chat:write, in place of a "
                           "webhook."),
            OPT_ROW_TEXT("channel", channel, "",
                         "The bot's channel: its name (#alerts) or id."),
            OPT_ROW_BOOL("update", updates, "true",
                         "Whether a bot keeps one message for what belongs together up "
                         "to date, and replies in its thread; else each notice is a "
                         "message."),
            OPT_ROW_TEXT("api_url", api_url, "https://slack.com/api",
                         "Address of Slack's Web API."),
            OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                            "How TLS is spoken and trusted."),
            OPT_ROW_TEXT("proxy_url", proxy_url, "", "A proxy to go through."),
            {0}},
    .conf_size = sizeof(struct slack_conf),
    .backlog = BACKLOG_COALESCE,
    .rate = 1,
    .burst = 3,
    .timeout = 15 * NSEC_PER_SEC,
    .validate = slack_validate,
    .render = slack_render,
    .judge = slack_judge,
    .host = slack_host,
};
