/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notice as a subject line and as plain text: what mail, chat's fallback and pagers show. Called by notifiers. Never
 * fails; what is too long is cut, and the tail says so.
 */
#include <string.h>

#include "alerts/notify_facts.h"

#define ALERTS_SHOWN_MAX 20
#define TEXT_MAX_BYTES ((size_t)1 << 20)

const char *notice_subject(const struct notice *n, struct arena *arena, size_t max)
{
    const char *tag = "";
    const size_t firing = notice_firing_count(n);
    switch (n->kind) {
    case NOTICE_TRIGGER:
    case NOTICE_UPDATE:
    case NOTICE_REMINDER:
        tag = firing > 1 ? arena_printf(arena, "[FIRING:%zu] ", firing) : "[FIRING] ";
        break;
    case NOTICE_RESOLVE:
        tag = "[RESOLVED] ";
        break;
    case NOTICE_ACK:
        tag = "[ACKNOWLEDGED] ";
        break;
    case NOTICE_DEPLOY:
        tag = "[DEPLOY] ";
        break;
    case NOTICE_TEST:
        tag = "[TEST] ";
        break;
    }
    const char *gist = notice_gist(n, arena);
    return text_line(arena_printf(arena, "%s%s%s%s%s", n->is_drill ? "[DRILL] " : "", tag,
                                  notice_title_line(n, arena), *gist ? ": " : "", gist),
                     max, arena);
}

static void add_facts(struct facts facts, const char *indent, struct buf *out)
{
    for (size_t i = 0; i < facts.count; i++) {
        buf_printf(out, "%s%s:", indent, facts.items[i].name);
        if (!strchr(facts.items[i].text, '\n')) {
            buf_printf(out, " %s\n", facts.items[i].text);
            continue;
        }
        buf_add_byte(out, '\n');
        struct bytes left = bytes_of(facts.items[i].text), line;
        while (bytes_token(&left, '\n', &line))
            buf_printf(out, "%s  %.*s\n", indent, (int)line.len, line.ptr);
    }
}

static void add_alert(const struct notice *n, const struct notice_alert *alert,
                      const struct attempt *a, struct arena *arena, struct buf *out)
{
    const bool says_state = !alert->is_firing && n->kind != NOTICE_RESOLVE;
    buf_printf(out, "\n%s%s\n", says_state ? "resolved: " : "",
               alert_headline(alert, arena));
    add_facts(alert_facts(n, alert, a, arena), "  ", out);
}

static void add_head(const struct notice *n, const struct attempt *a, struct arena *arena,
                     struct buf *out)
{
    const size_t shown_max = a->is_degraded ? 1 : ALERTS_SHOWN_MAX;
    const size_t shown = n->alert_count < shown_max ? n->alert_count : shown_max;
    for (const char *const *r = notice_remarks(n, a, arena); *r; r++)
        buf_printf(out, "%s\n", *r);
    buf_printf(out, "%s%s\n%s\n", out->len ? "\n" : "", notice_title_line(n, arena),
               notice_status_line(n, a, arena));
    for (size_t i = 0; i < shown; i++)
        add_alert(n, &n->alerts[i], a, arena, out);
    if (shown < n->alert_count)
        buf_printf(out, "\n… and %zu more\n", n->alert_count - shown);
}

/* The head is cut before the tail: how to go on is worth more than the tenth alert's labels. */
const char *notice_body_text(const struct notice *n, const struct attempt *a,
                             struct arena *arena, size_t max)
{
    struct buf head = BUF_MAX(TEXT_MAX_BYTES), tail = BUF_MAX(TEXT_MAX_BYTES);
    add_head(n, a, arena, &head);
    add_facts(notice_facts(n, arena), "", &tail);
    add_facts(notice_links(n, arena), "", &tail);
    const char *end = tail.len ? arena_printf(arena, "\n\n%s", buf_text(&tail)) : "";
    const size_t end_len = strlen(end) < max / 2 ? strlen(end) : max / 2;
    const char *text = arena_printf(
        arena, "%s%s", text_block(buf_text(&head), max - end_len, arena), end);
    buf_finish(&head);
    buf_finish(&tail);
    return text_block(text, max, arena);
}
