/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notice as Slack's blocks, within the limits that Slack states and the one that it does not (about 13,000 characters
 * of blocks). Called by notify_slack.c. Never fails.
 */
#include <string.h>

#include "alerts/notify_facts.h"
#include "alerts/notify_payload.h"
#include "alerts/notify_slack.h"
#include "alerts/severity.h"
#include "lib/base/attr.h"

enum {
    MESSAGE_MAX_BYTES = 10000,
    SECTION_MAX_BYTES = 2900,
    TEXT_MAX_BYTES = 1500,
    LOG_MAX_BYTES = 700,
    DEGRADED_MAX_BYTES = 1800,
    ALERTS_SHOWN_MAX = 10
};

/* ---- text ---- */

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    default:
        return NULL;
    }
}

const char *slack_escape(const char *text, size_t max, struct arena *arena)
{
    static const char ellipsis[] = "…";
    struct buf out = BUF_MAX(max);
    struct bytes left = bytes_of(text);
    while (left.len) {
        const char *entity = entity_of(*left.ptr);
        const size_t own = bytes_utf8(left) ? bytes_utf8(left) : 1;
        const size_t len = entity ? strlen(entity) : own;
        const size_t reserve = left.len > own ? strlen(ellipsis) : 0;
        if (out.len + len + reserve > max && out.len + left.len > max) {
            buf_add_text(&out, ellipsis);
            break;
        }
        buf_add(&out, entity ? entity : left.ptr, len);
        left = bytes_slice(left, own, left.len);
    }
    return arena_keep(arena, &out);
}

static const char *color_of(const struct notice *n)
{
    if (n->kind == NOTICE_RESOLVE)
        return "#2eb886";
    if (n->kind == NOTICE_ACK || n->kind == NOTICE_TEST)
        return "#439fe0";
    return severity_is_critical(n->severity) ? "#d00000" : "#daa038";
}

/* ---- blocks ---- */

static void add_section(struct buf *out, const char *mrkdwn)
{
    payload_open(out, NULL, '{');
    payload_text(out, "type", "section");
    payload_open(out, "text", '{');
    payload_text(out, "type", "mrkdwn");
    payload_text(out, "text", mrkdwn);
    buf_add_text(out, "}}");
}

static void add_context(struct buf *out, const char *mrkdwn)
{
    payload_open(out, NULL, '{');
    payload_text(out, "type", "context");
    payload_open(out, "elements", '[');
    payload_open(out, NULL, '{');
    payload_text(out, "type", "mrkdwn");
    payload_text(out, "text", mrkdwn);
    buf_add_text(out, "}]}");
}

/* As many of the last lines as fit: chat is for a glance. */
static const char *last_lines(const char *text, size_t max)
{
    const size_t len = strlen(text);
    const char *from = len > max ? strchr(text + len - max, '\n') : text;
    return from && len > max ? from + 1 : text;
}

static void add_facts(struct buf *text, struct facts facts, struct arena *arena)
{
    for (size_t i = 0; i < facts.count; i++) {
        const bool is_printed = !strcmp(facts.items[i].name, FACT_LAST_LOG);
        const char *shown = is_printed ? last_lines(facts.items[i].text, LOG_MAX_BYTES)
                                       : facts.items[i].text;
        const char *escaped = slack_escape(shown, TEXT_MAX_BYTES, arena);
        const bool is_log = strchr(escaped, '\n') != NULL;
        buf_printf(text, is_log ? "\n%s:\n```%s```" : "\n%s: %s", facts.items[i].name,
                   escaped);
    }
}

static const char *status_text(const struct notice *n, const struct attempt *a,
                               struct arena *arena)
{
    struct buf text = BUF_MAX(SECTION_MAX_BYTES);
    for (const char *const *r = notice_remarks(n, a, arena); *r; r++)
        buf_printf(&text, "_%s_\n", slack_escape(*r, 500, arena));
    buf_printf(&text, "*%s*", slack_escape(notice_status_line(n, a, arena), 600, arena));
    return arena_keep(arena, &text);
}

/* Facts that do not fit are left out whole. */
static const char *alert_text(const struct notice *n, const struct notice_alert *alert,
                              const struct attempt *a, struct arena *arena)
{
    struct buf text = BUF_MAX(SECTION_MAX_BYTES);
    buf_printf(&text, "%s*%s*", alert->is_firing ? "" : ":white_check_mark: ",
               slack_escape(alert_headline(alert, arena), 600, arena));
    add_facts(&text, alert_facts(n, alert, a, arena), arena);
    return arena_keep(arena, &text);
}

static const char *tail_text(const struct notice *n, struct arena *arena)
{
    struct buf text = BUF_MAX(SECTION_MAX_BYTES);
    const struct facts links = notice_links(n, arena);
    add_facts(&text, notice_facts(n, arena), arena);
    for (size_t i = 0; i < links.count; i++)
        buf_printf(&text, "%s<%s|%s>", i ? " · " : "\n",
                   slack_escape(links.items[i].text, 1000, arena), links.items[i].name);
    const char *copy = arena_keep(arena, &text);
    return *copy == '\n' ? copy + 1 : copy;
}

static void add_blocks(struct buf *out, const struct notice *n, const struct attempt *a,
                       struct arena *arena)
{
    const char *status = status_text(n, a, arena), *tail = tail_text(n, arena);
    size_t left = MESSAGE_MAX_BYTES - strlen(status) - strlen(tail) - 200, shown = 0;
    add_section(out, status);
    for (; shown < n->alert_count && shown < ALERTS_SHOWN_MAX; shown++) {
        const char *text = alert_text(n, &n->alerts[shown], a, arena);
        if (strlen(text) > left)
            break;
        left -= strlen(text);
        add_section(out, text);
    }
    if (shown < n->alert_count)
        add_section(out, arena_printf(arena, "… and %zu more", n->alert_count - shown));
    if (*tail)
        add_section(out, tail);
    add_context(out,
                arena_printf(arena, "healthd · notice %llu%s", (unsigned long long)n->id,
                             a->is_in_doubt ? " (re-sent)" : ""));
}

/* ---- messages ---- */

void slack_message(struct buf *out, const struct notice *n, const struct attempt *a,
                   struct arena *arena)
{
    if (a->is_degraded) {
        payload_text(out, "text",
                     slack_escape(notice_body_text(n, a, arena, DEGRADED_MAX_BYTES),
                                  DEGRADED_MAX_BYTES, arena));
        return;
    }
    payload_text(out, "text", slack_escape(notice_subject(n, arena, 500), 600, arena));
    payload_open(out, "attachments", '[');
    payload_open(out, NULL, '{');
    payload_text(out, "color", color_of(n));
    payload_open(out, "blocks", '[');
    add_blocks(out, n, a, arena);
    buf_add_text(out, "]}]");
}

void slack_reply(struct buf *out, const struct notice *n, const struct attempt *a,
                 struct arena *arena)
{
    struct buf text = BUF_MAX(SECTION_MAX_BYTES);
    buf_printf(&text, "%s\n%s", slack_escape(notice_subject(n, arena, 500), 600, arena),
               slack_escape(notice_status_line(n, a, arena), 600, arena));
    if (n->reason && *n->reason)
        buf_printf(&text, "\n%s",
                   slack_escape(text_line(n->reason, 200, arena), 300, arena));
    payload_text(out, "text", buf_text(&text));
    buf_finish(&text);
}
