/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PagerDuty's Events API v2: trigger, acknowledge and resolve by a key of ours, so that a try again opens nothing twice;
 * deployments as change events. The whole payload goes with a resolve too: event rules read it.
 */
#include <string.h>

#include "alerts/notify_facts.h"
#include "alerts/notify_payload.h"
#include "alerts/severity.h"
#include "lib/base/attr.h"
#include "lib/core/json.h"

enum {
    EVENT_MAX_BYTES = 500000, /* the vendor's limit is 512 KB */
    SUMMARY_MAX_CHARS = 1024,
    KEY_MAX_BYTES = 255,
    FIELD_MAX_BYTES = 1000,
    ROUTING_KEY_LEN = 32,
    ALERTS_SHOWN_MAX = 20,
    ERRORS_SHOWN_MAX = 3
};

struct pagerduty_conf {
    struct secret routing_key;
    const char *url, *proxy_url;
    struct tls_conf tls;
};

static bool pagerduty_validate(const void *conf, struct arena *arena, struct err *e)
{
    const struct pagerduty_conf *c = conf;
    const size_t len = strlen(c->routing_key.value);
    if (len != ROUTING_KEY_LEN)
        return err_set(
            e, "'routing_key' has %zu characters; PagerDuty's integration keys have %d",
            len, ROUTING_KEY_LEN);
    return notifier_url_validate(c->url, arena, e);
}

/* ---- an event ---- */

static const char *action_of(const struct notice *n)
{
    switch (n->kind) {
    case NOTICE_TRIGGER:
    case NOTICE_UPDATE:
    case NOTICE_REMINDER:
    case NOTICE_TEST:
    case NOTICE_DEPLOY:
        return "trigger";
    case NOTICE_RESOLVE:
        return "resolve";
    case NOTICE_ACK:
        return "acknowledge";
    }
    return "trigger";
}

/* The vendor refuses every other word. */
static const char *severity_of(const struct notice *n)
{
    if (n->kind == NOTICE_TEST)
        return "info";
    if (!n->severity || !*n->severity)
        return "error"; /* whoever sends it to a pager wants a page */
    return severity_rank(n->severity) == RANK_NONE ? "info" : severity_level(n->severity);
}

static const char *label_of(const struct notice *n, const char *name)
{
    const char *value = labels_get(n->common_labels, name);
    if (!value && n->alert_count)
        value = labels_get(n->alerts[0].labels, name);
    return value && *value ? value : NULL;
}

static const char *source_of(const struct notice *n)
{
    static const char *const names[] = {"instance", "host", "probe"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (label_of(n, names[i]))
            return label_of(n, names[i]);
    }
    return n->site && *n->site ? n->site : "healthd";
}

static const char *summary_of(const struct notice *n, struct arena *arena)
{
    const char *headline =
        n->alert_count == 1 ? alert_headline(&n->alerts[0], arena) : "";
    const char *title = notice_title_line(n, arena), *gist = notice_gist(n, arena);
    const size_t firing = notice_firing_count(n);
    struct buf out = BUF_MAX(8000);
    buf_printf(&out, "%s%s%s", n->is_drill ? "[DRILL] " : "",
               n->kind == NOTICE_TEST ? "[TEST] " : "", title);
    if (firing > 1)
        buf_printf(&out, " (%zu firing)", firing);
    if (*headline && strcmp(headline, title))
        buf_printf(&out, ": %s", headline);
    if (*gist && strcmp(gist, headline))
        buf_printf(&out, ": %s", gist);
    const char *summary =
        arena_strdup(arena, text_chars(text_line(buf_text(&out), 8000, arena),
                                       SUMMARY_MAX_CHARS, arena));
    buf_finish(&out);
    return summary;
}

static void add_field(struct buf *out, const char *name, const char *value,
                      struct arena *arena)
{
    if (value)
        payload_text(out, name, text_line(value, FIELD_MAX_BYTES, arena));
}

static void add_facts(struct buf *out, struct facts facts)
{
    for (size_t i = 0; i < facts.count; i++)
        payload_text(out, facts.items[i].name, facts.items[i].text);
}

static void add_remarks(struct buf *out, const struct notice *n, const struct attempt *a,
                        struct arena *arena)
{
    const char *const *remarks = notice_remarks(n, a, arena);
    if (!*remarks)
        return;
    payload_open(out, "remarks", '[');
    for (; *remarks; remarks++)
        payload_text(out, NULL, *remarks);
    buf_add_byte(out, ']');
}

static void add_details(struct buf *out, const struct notice *n, const struct attempt *a,
                        struct arena *arena)
{
    payload_open(out, "custom_details", '{');
    payload_text(out, "status", notice_status_line(n, a, arena));
    add_remarks(out, n, a, arena);
    add_facts(out, notice_facts(n, arena));
    payload_labels(out, "labels", n->common_labels);
    payload_count(out, "firing", notice_firing_count(n));
    payload_count(out, "outbox_id", n->id);
    payload_open(out, "alerts", '[');
    for (size_t i = 0; i < n->alert_count && i < ALERTS_SHOWN_MAX; i++) {
        const struct notice_alert *alert = &n->alerts[i];
        payload_open(out, NULL, '{');
        payload_text(out, "state", alert->is_firing ? "firing" : "resolved");
        payload_text(out, "summary", alert_headline(alert, arena));
        add_facts(out, alert_facts(n, alert, a, arena));
        buf_add_byte(out, '}');
    }
    buf_add_text(out, "]}");
}

static void add_payload(struct buf *out, const struct notice *n, const struct attempt *a,
                        bool has_details, struct arena *arena)
{
    char at[WALL_TEXT_SIZE];
    const struct wall since = n->first_since.ns > 0 ? n->first_since : n->made;
    const bool is_change = n->kind == NOTICE_DEPLOY;
    payload_open(out, "payload", '{');
    payload_text(out, "summary", summary_of(n, arena));
    add_field(out, "source", source_of(n), arena);
    payload_text(out, "timestamp", wall_format(since, at));
    if (!is_change) {
        payload_text(out, "severity", severity_of(n));
        add_field(out, "component", label_of(n, "component"), arena);
        add_field(out, "group", label_of(n, "environment"), arena);
        add_field(out, "class", label_of(n, "alertname"), arena);
    }
    if (has_details)
        add_details(out, n, a, arena);
    buf_add_byte(out, '}');
}

static void add_links(struct buf *out, const struct notice *n, struct arena *arena)
{
    const struct facts links = notice_links(n, arena);
    if (links.count == 0)
        return;
    payload_open(out, "links", '[');
    for (size_t i = 0; i < links.count; i++) {
        payload_open(out, NULL, '{');
        payload_text(out, "href", links.items[i].text);
        payload_text(out, "text", links.items[i].name);
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
}

static void add_event(struct buf *out, const struct pagerduty_conf *c,
                      const struct notice *n, const struct attempt *a, bool has_details,
                      struct arena *arena)
{
    buf_add_byte(out, '{');
    payload_text(out, "routing_key", c->routing_key.value);
    if (n->kind != NOTICE_DEPLOY) {
        payload_text(out, "event_action", action_of(n));
        if (n->dedup_key && *n->dedup_key)
            payload_text(out, "dedup_key", text_line(n->dedup_key, KEY_MAX_BYTES, arena));
        payload_text(out, "client", "healthd");
        if (n->external_url && *n->external_url)
            payload_text(out, "client_url", n->external_url);
    }
    add_payload(out, n, a, has_details, arena);
    if (has_details)
        add_links(out, n, arena);
    buf_add_byte(out, '}');
}

/* ---- request and answer ---- */

static void pagerduty_render(const void *conf, const struct notice *n,
                             const struct attempt *a, struct arena *arena,
                             struct request *ret)
{
    static const struct pair json = {"Content-Type", "application/json"};
    const struct pagerduty_conf *c = conf;
    struct buf body = BUF_MAX(EVENT_MAX_BYTES);
    add_event(&body, c, n, a, !a->is_degraded, arena);
    if (body.overflow) { /* the vendor's limit: better without details than not at all */
        buf_clear(&body);
        add_event(&body, c, n, a, false, arena);
    }
    const size_t host_len = strcspn(c->url, "?#");
    const bool has_slash = host_len > 0 && c->url[host_len - 1] == '/';
    *ret = (struct request){
        .method = "POST",
        .url =
            arena_printf(arena, "%.*s%s", (int)(host_len - has_slash), c->url,
                         n->kind == NOTICE_DEPLOY ? "/v2/change/enqueue" : "/v2/enqueue"),
        .headers = {&json, 1},
        .body = payload_bytes(&body, arena),
        .tls = c->tls,
        .proxy = c->proxy_url,
    };
}

/* "Length of 'routing_key' is incorrect …": the vendor's own words for what it refuses. */
static const char *errors_of(const struct reply *reply, struct arena *arena)
{
    struct err ignored;
    const json_t *root = json_read(arena, reply->body, 64 << 10, &ignored);
    const json_t *errors = json_object_get(root, "errors");
    struct buf out = BUF_MAX(400);
    for (size_t i = 0; i < json_array_size(errors) && i < ERRORS_SHOWN_MAX; i++) {
        const char *text = json_string_value(json_array_get(errors, i));
        if (text)
            buf_printf(&out, "%s%s", out.len ? "; " : "", text_line(text, 120, arena));
    }
    return arena_keep(arena, &out);
}

/* A key that is not accepted is the operator's to mend: nothing is dropped for it. */
static void pagerduty_judge(const void *conf, const struct notice *n UNUSED,
                            const struct attempt *a, const struct reply *reply,
                            struct arena *arena, struct judgement *ret)
{
    const struct pagerduty_conf *c = conf;
    judge_http(reply, a->now, arena, ret);
    if (ret->outcome != OUTCOME_REJECT)
        return;
    const char *words = errors_of(reply, arena);
    if (!*words || strstr(words, c->routing_key.value))
        return;
    ret->why = arena_printf(arena, "%s: %s", ret->why, words);
    if (strstr(words, "routing_key"))
        ret->outcome = OUTCOME_CONFIG;
}

static struct far_end pagerduty_host(const void *conf, struct arena *arena)
{
    const struct pagerduty_conf *c = conf;
    return far_end_of(c->url, c->proxy_url, arena);
}

#define OPT_STRUCT struct pagerduty_conf
const struct notifier_type notifier_pagerduty = {
    .name = "pagerduty",
    .summary = "PagerDuty, by its Events API v2: it triggers, acknowledges and resolves "
               "alerts there; deployments become change events.",
    .example = "pagerduty: {routing_key: "
               "\"${env:PD_ROUTING_KEY:-0123456789abcdef0123456789abcdef}\"}",
    .opts =
        (const struct opt[]){
            OPT_ROW_SECRET("routing_key", routing_key, NULL,
                           "The integration key of an Events API v2 integration: 32 "
                           "characters.",
                           .flags = OPT_SHORTHAND),
            OPT_ROW_TEXT("url", url, "https://events.pagerduty.com",
                         "PagerDuty's address; https://events.eu.pagerduty.com for its "
                         "European region."),
            OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                            "How TLS is spoken and trusted."),
            OPT_ROW_TEXT("proxy_url", proxy_url, "", "A proxy to go through."),
            {0}},
    .conf_size = sizeof(struct pagerduty_conf),
    .is_paging = true,
    .sends_deploys = true,
    .backlog = BACKLOG_REPLAY,
    .rate = 2,
    .burst = 10,
    .timeout = 15 * NSEC_PER_SEC,
    .validate = pagerduty_validate,
    .render = pagerduty_render,
    .judge = pagerduty_judge,
    .host = pagerduty_host,
};
