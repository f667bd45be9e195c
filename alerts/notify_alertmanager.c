/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another Alertmanager, by its API v2: it is told what fires as Prometheus tells it, again and again while it does, and
 * groups, silences and routes by itself. A state, not an event: what is pushed twice is one alert.
 */
#include <string.h>

#include "alerts/notify_facts.h"
#include "alerts/notify_payload.h"
#include "lib/base/attr.h"

#define RESEND_EVERY NSEC_PER_MINUTE
#define HOLDS_FOR \
    (4 * RESEND_EVERY) /* Prometheus' rule: it ends by itself when we are gone */
#define BODY_MAX_BYTES ((size_t)16 << 20)

struct alertmanager_conf {
    struct secret bearer_token, password;
    const char *url, *username, *proxy_url;
    struct tls_conf tls;
};

static bool alertmanager_validate(const void *conf, struct arena *arena, struct err *e)
{
    const struct alertmanager_conf *c = conf;
    if (*c->bearer_token.value && *c->username)
        return err_set(e, "'bearer_token' and 'username' cannot both be sent");
    return notifier_url_validate(c->url, arena, e);
}

static void add_alert(struct buf *out, const struct notice *n,
                      const struct notice_alert *alert, struct wall now)
{
    payload_open(out, NULL, '{');
    payload_alert(out, n, alert,
                  alert->is_firing ? wall_add(now, HOLDS_FOR) : alert->ended);
    buf_add_byte(out, '}');
}

/* A notice without alerts (a test) still has to have a name there. */
static struct notice_alert stand_in(const struct notice *n, struct arena *arena)
{
    struct label *name = arena_alloc(arena, sizeof(*name));
    *name = (struct label){"alertname", notice_title_line(n, arena)};
    return (struct notice_alert){.labels = {name, 1},
                                 .since = n->made,
                                 .ended = n->made,
                                 .is_firing = n->kind != NOTICE_RESOLVE};
}

static void alertmanager_render(const void *conf, const struct notice *n,
                                const struct attempt *a, struct arena *arena,
                                struct request *ret)
{
    static const struct pair json = {"Content-Type", "application/json"};
    const struct alertmanager_conf *c = conf;
    const struct notice_alert alone = stand_in(n, arena);
    const size_t len = strlen(c->url);
    struct buf out = BUF_MAX(BODY_MAX_BYTES);
    buf_add_byte(&out, '[');
    for (size_t i = 0; i < n->alert_count; i++)
        add_alert(&out, n, &n->alerts[i], a->now);
    if (n->alert_count == 0)
        add_alert(&out, n, &alone, a->now);
    buf_add_byte(&out, ']');
    *ret = (struct request){
        .method = "POST",
        .url = arena_printf(arena, "%.*s/api/v2/alerts",
                            (int)(len - (len > 0 && c->url[len - 1] == '/')), c->url),
        .headers = {&json, 1},
        .body = payload_bytes(&out, arena),
        .username = *c->username ? c->username : NULL,
        .password = c->password,
        .bearer = c->bearer_token,
        .tls = c->tls,
        .proxy = c->proxy_url,
    };
}

/* On 400 it has stored those alerts that it could read: what it says names the others. */
static void alertmanager_judge(const void *conf, const struct notice *n UNUSED,
                               const struct attempt *a, const struct reply *reply,
                               struct arena *arena, struct judgement *ret)
{
    const struct alertmanager_conf *c = conf;
    const char *const never[] = {c->bearer_token.value, c->password.value, NULL};
    judge_http_words(reply, never, a->now, arena, ret);
}

static struct far_end alertmanager_host(const void *conf, struct arena *arena)
{
    const struct alertmanager_conf *c = conf;
    return far_end_of(c->url, c->proxy_url, arena);
}

#define OPT_STRUCT struct alertmanager_conf
const struct notifier_type notifier_alertmanager = {
    .name = "alertmanager",
    .summary = "Another Alertmanager, by its API v2: it groups, silences and tells.",
    .example = "alertmanager: {url: \"http://alertmanager:9093\"}",
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("url", url, NULL,
                         "Its address, with its path prefix when it has one; "
                         "/api/v2/alerts is put behind it.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_SECRET("bearer_token", bearer_token, "",
                           "Sent as Authorization: Bearer."),
            OPT_ROW_TEXT("username", username, "", "User name for HTTP Basic."),
            OPT_ROW_SECRET("password", password, "", "The password that goes with it."),
            OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                            "How TLS is spoken and trusted."),
            OPT_ROW_TEXT("proxy_url", proxy_url, "", "A proxy to go through."),
            {0}},
    .conf_size = sizeof(struct alertmanager_conf),
    .is_state_sync = true,
    .resend_every = RESEND_EVERY,
    .backlog = BACKLOG_COALESCE,
    .rate = 10,
    .burst = 50,
    .timeout = 15 * NSEC_PER_SEC,
    .validate = alertmanager_validate,
    .render = alertmanager_render,
    .judge = alertmanager_judge,
    .host = alertmanager_host,
};
