/* SPDX-License-Identifier: Apache-2.0 */
/* The runbooks of bundled rules, as pages: where the link of a notice leads. */
#include "alerts/notice.h"
#include "alerts/runbook.h"
#include "collector/api.h"
#include "collector/html.h"

enum { PAGE_MAX_BYTES = 256 << 10 };

static void get_runbooks(struct exchange *x, struct daemon *d)
{
    struct buf body = BUF_MAX(PAGE_MAX_BYTES);
    html_head(&body, "Runbooks");
    buf_add_text(&body, "<h1>Runbooks</h1><ul>");
    for (const struct runbook *r = runbooks; r->name; r++)
        buf_printf(&body, "<li><a href=\"" RUNBOOK_PATH "%s\">%s</a>\n", r->name,
                   r->name);
    buf_add_text(&body, "</ul>\n");
    html_reply(x, &body);
}

static void get_runbook(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "name");
    const struct runbook *r = runbook_find(name);
    if (!r) {
        exchange_error(x, 404, "There is no runbook '%.100s'; /runbooks lists them.",
                       name);
        return;
    }
    struct buf body = BUF_MAX(PAGE_MAX_BYTES);
    html_head(&body, r->name);
    buf_add_bytes(&body, r->html);
    buf_add_text(&body, "\n<p><a href=\"/runbooks\">All runbooks</a>\n");
    html_reply(x, &body);
}

static const struct endpoint_param name_segment[] = {
    {"name", "A bundled alert's name, as in ProbeDown.", true}, {0}};

const struct endpoint runbooks_endpoints[] = {
    {"GET", "/runbooks", RIGHT_READ, NULL, "The runbooks of the bundled rules.",
     get_runbooks, .types = "text/html"},
    {"GET", "/runbooks/{name}", RIGHT_READ, name_segment,
     "What an alert means, how to look and what to do.", get_runbook,
     .types = "text/html", .statuses = "404"},
    {0}};
