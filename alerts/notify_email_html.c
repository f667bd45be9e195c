/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notice as HTML for mail. Colours are those that can be read on white and on black, backgrounds are left to the
 * client; styles are inline, because clients drop the rest. Called by notify_email.c. Never fails.
 */
#include <string.h>

#include "alerts/notify_email.h"
#include "alerts/notify_facts.h"
#include "alerts/severity.h"

enum { ALERTS_SHOWN_MAX = 20, HTML_MAX_BYTES = 512 << 10 };

static void add_element(struct buf *out, const char *tag, const char *style,
                        const char *text)
{
    buf_printf(out, "<%s style=\"%s\">", tag, style);
    buf_add_html(out, text);
    buf_printf(out, "</%s>\n", tag);
}

static const char *color_of(const struct notice *n)
{
    if (n->kind == NOTICE_RESOLVE)
        return "#2e9e5b";
    if (n->kind == NOTICE_ACK || n->kind == NOTICE_TEST)
        return "#3b82c4";
    return severity_is_critical(n->severity) ? "#d9363e" : "#c77700";
}

static void add_facts(struct buf *out, struct facts facts)
{
    if (facts.count == 0)
        return;
    buf_add_text(out,
                 "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\">\n");
    for (size_t i = 0; i < facts.count; i++) {
        const bool is_block = strchr(facts.items[i].text, '\n') != NULL;
        buf_add_text(out, "<tr>");
        add_element(out, "td",
                    "padding:2px 12px 2px 0;vertical-align:top;color:#808080;"
                    "white-space:nowrap",
                    facts.items[i].name);
        add_element(out, "td",
                    is_block ? "padding:2px 0;font-family:monospace;white-space:pre-wrap"
                             : "padding:2px 0",
                    facts.items[i].text);
        buf_add_text(out, "</tr>\n");
    }
    buf_add_text(out, "</table>\n");
}

static void add_alert(struct buf *out, const struct notice *n,
                      const struct notice_alert *alert, const struct attempt *a,
                      struct arena *arena)
{
    const bool says_state = !alert->is_firing && n->kind != NOTICE_RESOLVE;
    buf_printf(out,
               "<div style=\"margin:16px 0;padding-left:12px;border-left:3px solid "
               "%s\">\n",
               alert->is_firing ? color_of(n) : "#2e9e5b");
    add_element(out, "p", "margin:0 0 6px;font-weight:bold",
                arena_printf(arena, "%s%s", says_state ? "resolved: " : "",
                             alert_headline(alert, arena)));
    add_facts(out, alert_facts(n, alert, a, arena));
    buf_add_text(out, "</div>\n");
}

static void add_links(struct buf *out, const struct notice *n, struct arena *arena)
{
    const struct facts links = notice_links(n, arena);
    for (size_t i = 0; i < links.count; i++) {
        buf_add_text(out, i ? " · " : "<p style=\"margin:16px 0\">");
        buf_add_text(out, "<a style=\"color:#3b82c4\" href=\"");
        buf_add_html(out, links.items[i].text);
        buf_printf(out, "\">%s</a>", links.items[i].name);
    }
    if (links.count)
        buf_add_text(out, "</p>\n");
}

static void add_page(struct buf *out, const struct notice *n, const struct attempt *a,
                     struct arena *arena)
{
    const size_t shown =
        n->alert_count < ALERTS_SHOWN_MAX ? n->alert_count : ALERTS_SHOWN_MAX;
    buf_add_text(out, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"
                      "<meta name=\"color-scheme\" content=\"light dark\">"
                      "<meta name=\"supported-color-schemes\" content=\"light dark\">"
                      "</head>\n<body style=\"font-family:sans-serif;font-size:14px;"
                      "line-height:1.4\">\n");
    for (const char *const *r = notice_remarks(n, a, arena); *r; r++)
        add_element(out, "p", "margin:0 0 8px;font-style:italic", *r);
    add_element(
        out, "h2",
        arena_printf(arena, "margin:0 0 4px;font-size:18px;color:%s", color_of(n)),
        notice_title_line(n, arena));
    add_element(out, "p", "margin:0", notice_status_line(n, a, arena));
    for (size_t i = 0; i < shown; i++)
        add_alert(out, n, &n->alerts[i], a, arena);
    if (shown < n->alert_count)
        add_element(out, "p", "margin:16px 0",
                    arena_printf(arena, "… and %zu more", n->alert_count - shown));
    add_facts(out, notice_facts(n, arena));
    add_links(out, n, arena);
    buf_add_text(out, "</body></html>\n");
}

const char *email_html(const struct notice *n, const struct attempt *a,
                       struct arena *arena)
{
    struct buf out = BUF_MAX(HTML_MAX_BYTES);
    add_page(&out, n, a, arena);
    const char *html = out.overflow ? "" : arena_strdup(arena, buf_text(&out));
    buf_finish(&out);
    return html;
}
