/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any URL: the payload of Alertmanager's webhooks (version 4), which much is written for, or a body of the user's own
 * with ${names} in it (notify_body.c). Signed when there is a key.
 */
#include <string.h>

#include "alerts/notify_body.h"
#include "alerts/notify_facts.h"
#include "alerts/notify_payload.h"
#include "lib/core/digest.h"
#include "lib/core/headers.h"
#include "lib/core/url.h"

#define PAYLOAD_MAX_BYTES ((size_t)16 << 20)
#define DEGRADED_ALERTS_MAX 5

struct webhook_conf {
    struct secret url, bearer_token, password, signature_key;
    const char *username, *body, *content_type, *proxy_url;
    struct pairs headers;
    struct tls_conf tls;
};

static bool webhook_validate(const void *conf, struct arena *arena, struct err *e)
{
    const struct webhook_conf *c = conf;
    if (*c->bearer_token.value && *c->username)
        return err_set(e, "'bearer_token' and 'username' cannot both be sent");
    return notifier_url_validate(c->url.value, arena, e) && body_validate(c->body, e);
}

/* ---- the payload, version 4 ---- */

static const char *status_word(const struct notice *n)
{
    return n->kind == NOTICE_RESOLVE ? "resolved" : "firing";
}

static void add_alert(struct buf *out, const struct notice *n,
                      const struct notice_alert *alert)
{
    char fingerprint[17];
    snprintf(fingerprint, sizeof(fingerprint), "%016llx",
             (unsigned long long)alert->fingerprint);
    payload_open(out, NULL, '{');
    payload_text(out, "status", alert->is_firing ? "firing" : "resolved");
    payload_alert(out, n, alert, alert->is_firing ? (struct wall){0} : alert->ended);
    payload_text(out, "fingerprint", fingerprint);
    buf_add_byte(out, '}');
}

static struct bytes payload(const struct notice *n, const struct attempt *a,
                            struct arena *arena)
{
    struct buf out = BUF_MAX(PAYLOAD_MAX_BYTES);
    const bool is_cut = a->is_degraded && n->alert_count > DEGRADED_ALERTS_MAX;
    const size_t count = is_cut ? DEGRADED_ALERTS_MAX : n->alert_count;
    buf_add_byte(&out, '{');
    payload_text(&out, "version", "4");
    payload_text(&out, "groupKey", n->group_key);
    payload_count(&out, "truncatedAlerts", n->truncated + n->alert_count - count);
    payload_text(&out, "status", status_word(n));
    payload_text(&out, "receiver", n->receiver);
    payload_labels(&out, "groupLabels", n->group_labels);
    payload_labels(&out, "commonLabels", n->common_labels);
    payload_labels(&out, "commonAnnotations", n->common_annotations);
    payload_labels(&out, "routeLabels", (struct labels){0});
    payload_text(&out, "externalURL", n->external_url);
    payload_text(&out, "notification_reason", n->reason);
    payload_open(&out, "alerts", '[');
    for (size_t i = 0; i < count; i++)
        add_alert(&out, n, &n->alerts[i]);
    buf_add_text(&out, "]}");
    return payload_bytes(&out, arena);
}

/* ---- request and answer ---- */

/* The outbox's number alone would come again after its file was lost. */
static const char *idempotency_key(const struct notice *n, struct arena *arena)
{
    return arena_printf(arena, "%llu-%lld-%s", (unsigned long long)n->id,
                        (long long)(n->made.ns / NSEC_PER_MSEC),
                        text_line(n->dedup_key, 200, arena));
}

static void webhook_render(const void *conf, const struct notice *n,
                           const struct attempt *a, struct arena *arena,
                           struct request *ret)
{
    const struct webhook_conf *c = conf;
    const struct bytes standard = payload(n, a, arena);
    const struct bytes body =
        *c->body ? body_fill(c->body, c->content_type, n, a, standard, arena) : standard;
    struct headers headers = headers_in(arena);
    headers_add_all(&headers, &c->headers);
    headers_put(&headers, "Content-Type", c->content_type);
    headers_put(&headers, "Idempotency-Key", idempotency_key(n, arena));
    if (*c->signature_key.value) {
        char digits[DIGEST_TEXT_SIZE];
        digest_hmac(bytes_of(c->signature_key.value), body, digits);
        headers_put(&headers, "X-Healthd-Signature",
                    arena_printf(arena, "sha256=%s", digits));
    }
    *ret = (struct request){
        .method = "POST",
        .url = c->url.value,
        .headers = headers_pairs(&headers),
        .body = body,
        .username = *c->username ? c->username : NULL,
        .password = c->password,
        .bearer = c->bearer_token,
        .tls = c->tls,
        .proxy = c->proxy_url,
    };
}

static void webhook_judge(const void *conf, const struct notice *n UNUSED,
                          const struct attempt *a, const struct reply *reply,
                          struct arena *arena, struct judgement *ret)
{
    const struct webhook_conf *c = conf;
    const char *const never[] = {c->url.value, c->bearer_token.value, c->password.value,
                                 c->signature_key.value, NULL};
    judge_http_words(reply, never, a->now, arena, ret);
}

static struct far_end webhook_host(const void *conf, struct arena *arena)
{
    const struct webhook_conf *c = conf;
    return far_end_of(c->url.value, c->proxy_url, arena);
}

#define OPT_STRUCT struct webhook_conf
const struct notifier_type notifier_webhook = {
    .name = "webhook",
    .summary = "Any URL, by POST: Alertmanager's webhook payload, or a body of your own.",
    .example = "webhook: {url: \"https://hooks.example.com/alerts\", signature_key: "
               "\"${env:HOOK_KEY:-not-so-secret}\"}",
    .opts =
        (const struct opt[]){
            OPT_ROW_SECRET("url", url, NULL, "Where to post; treated as a secret.",
                           .flags = OPT_SHORTHAND),
            OPT_ROW_TEXT(
                "body", body, "",
                "The body, with `${title}`, `${text}`, `${status}`, `${severity}`, "
                "`${label.NAME}` and so on. When it is not written: Alertmanager's "
                "payload, version 4.",
                .flags = OPT_LATE),
            OPT_ROW_TEXT("content_type", content_type, "application/json",
                         "The body's type. In a JSON body, what is filled in is escaped "
                         "for a JSON string."),
            OPT_ROW_SECRET_PAIRS("headers", headers, OPT_NONE, "Further headers."),
            OPT_ROW_SECRET("bearer_token", bearer_token, "",
                           "Sent as Authorization: Bearer."),
            OPT_ROW_TEXT("username", username, "", "User name for HTTP Basic."),
            OPT_ROW_SECRET("password", password, "", "The password that goes with it."),
            OPT_ROW_SECRET("signature_key", signature_key, "",
                           "Key of an HMAC-SHA-256 over the body, sent as "
                           "X-Healthd-Signature: sha256=<hex>."),
            OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                            "How TLS is spoken and trusted."),
            OPT_ROW_TEXT("proxy_url", proxy_url, "", "A proxy to go through."),
            {0}},
    .conf_size = sizeof(struct webhook_conf),
    .backlog = BACKLOG_REPLAY,
    .rate = 5,
    .burst = 20,
    .timeout = 15 * NSEC_PER_SEC,
    .validate = webhook_validate,
    .render = webhook_render,
    .judge = webhook_judge,
    .host = webhook_host,
};
