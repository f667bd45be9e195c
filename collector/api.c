/* SPDX-License-Identifier: Apache-2.0 */
/* The list of endpoint tables, and what can be said from them alone: the index and the OpenAPI document. */
#include "collector/api.h"

#include "collector/daemon.h"
#include "lib/core/json.h"
#include "lib/core/verdict_json.h"

extern const struct endpoint health_endpoints[], metrics_endpoints[], probe_endpoints[],
    probes_endpoints[], alerts_endpoints[], silences_endpoints[], deploys_endpoints[],
    outbox_endpoints[], query_endpoints[], series_endpoints[], rules_endpoints[],
    index_endpoints[];

const struct endpoint *const api_endpoints[] = {
    metrics_endpoints,
    probe_endpoints,
    health_endpoints,
    probes_endpoints,
    alerts_endpoints,
    silences_endpoints,
    deploys_endpoints,
    outbox_endpoints,
    query_endpoints,
    series_endpoints,
    rules_endpoints,
    index_endpoints,
    NULL,
};

static const char *operation_name(const char *method)
{
    if (!strcmp(method, "GET"))
        return "get";
    return !strcmp(method, "DELETE") ? "delete" : "post";
}

static void add_parameters(json_t *operation, const struct endpoint *endpoint)
{
    json_t *list = json_array();
    for (const struct endpoint_param *p = endpoint->params; p && p->name; p++) {
        const bool is_segment =
            strstr(endpoint->path, p->name) && strchr(endpoint->path, '{');
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:b, s:{s:s}}", "name", p->name, "in",
                            is_segment ? "path" : "query", "description", p->doc,
                            "required", p->is_required, "schema", "type", "string"));
    }
    json_object_set_new(operation, "parameters", list);
}

static void get_openapi(struct exchange *x, struct daemon *d)
{
    json_t *paths = json_object();
    for (const struct endpoint *const *table = api_endpoints; *table; table++) {
        for (const struct endpoint *endpoint = *table; endpoint->path; endpoint++) {
            json_t *path = json_object_get(paths, endpoint->path);
            if (!path) {
                path = json_object();
                json_object_set_new(paths, endpoint->path, path);
            }
            json_t *operation =
                json_pack("{s:s, s:{s:{s:s}}}", "summary", endpoint->doc, "responses",
                          "200", "description", "The answer.");
            add_parameters(operation, endpoint);
            json_object_set_new(path, operation_name(endpoint->method), operation);
        }
    }
    exchange_reply_value(x, 200,
                         json_pack("{s:s, s:{s:s, s:s}, s:o}", "openapi", "3.0.3", "info",
                                   "title", "healthd", "version", HEALTHD_VERSION,
                                   "paths", paths));
}

static void add_html(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            buf_add_text(out, "&lt;");
            break;
        case '>':
            buf_add_text(out, "&gt;");
            break;
        case '&':
            buf_add_text(out, "&amp;");
            break;
        case '"':
            buf_add_text(out, "&quot;");
            break;
        default:
            buf_add_byte(out, *text);
        }
    }
}

static void add_probe_rows(struct buf *out, const struct daemon *d)
{
    for (size_t i = 0; i < schedule_count(d->schedule); i++) {
        const struct tracked *t = schedule_at(d->schedule, i);
        const char *health = health_name(t->state.confirmed);
        buf_printf(out, "<tr class=%s><td>%s<td>", health, health);
        add_html(out, t->probe->name);
        buf_printf(out, "<td>%s<td>", t->probe->type->name);
        if (t->recent.last)
            add_html(out, t->recent.last->detail);
    }
}

static void add_endpoint_rows(struct buf *out)
{
    for (const struct endpoint *const *table = api_endpoints; *table; table++) {
        for (const struct endpoint *endpoint = *table; endpoint->path; endpoint++) {
            const bool is_link =
                !strcmp(endpoint->method, "GET") && !strchr(endpoint->path, '{');
            buf_printf(out,
                       is_link ? "<tr><td>%s<td><a href=\"%s\">"
                               : "<tr><td>%s<td><span title=\"%s\">",
                       endpoint->method, endpoint->path);
            add_html(out, endpoint->path);
            buf_add_text(out, is_link ? "</a><td>" : "</span><td>");
            add_html(out, endpoint->doc);
        }
    }
}

static void get_index(struct exchange *x, struct daemon *d)
{
    static const char head[] =
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width\">"
        "<title>healthd</title><style>"
        "body{font:16px/1.5 system-ui,sans-serif;margin:2rem "
        "auto;max-width:60rem;padding:0 1rem;color:#222;background:#fff}"
        "table{border-collapse:collapse;width:100%;margin:1rem 0}td{padding:.3rem .8rem "
        ".3rem 0;vertical-align:top;"
        "border-top:1px solid #ddd}.up td:first-child{color:#17692f}.down "
        "td:first-child{color:#b3151f;font-weight:600}"
        ".degraded td:first-child{color:#8a5a00;font-weight:600}a{color:#0b57a4}"
        "@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}td{border-"
        "color:#333}a{color:#7db8ff}"
        ".up td:first-child{color:#6ed38b}.down td:first-child{color:#ff8a8f}.degraded "
        "td:first-child{color:#ffc766}}"
        "</style><h1>healthd</h1>";
    struct buf body = BUF_MAX(8 << 20);
    buf_add_text(&body, head);
    buf_add_text(&body, "<table>");
    add_probe_rows(&body, d);
    buf_add_text(&body, "</table><h2>Paths</h2><table>");
    add_endpoint_rows(&body);
    buf_add_text(&body, "</table>\n");
    exchange_add_header(x, "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'");
    exchange_reply_buf(x, 200, "text/html; charset=utf-8", &body);
}

const struct endpoint index_endpoints[] = {
    {"GET", "/", RIGHT_READ, NULL, "This page.", get_index},
    {"GET", "/api/openapi.json", RIGHT_READ, NULL,
     "The paths as an OpenAPI 3.0 document.", get_openapi},
    {0}};
