/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page and what it reads that nobody else does: its files, the overview, the stream of changes, and what this
 * caller may do. Its files tell nothing of the installation and are open to anyone; everything they ask for is not.
 */
#include <string.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "collector/overview.h"
#include "collector/page_file.h"
#include "collector/stream.h"
#include "lib/core/verdict_json.h"

/* Nothing but what comes from here runs, is loaded or is asked; and no text becomes markup. */
#define POLICY                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "         \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " \
    "require-trusted-types-for 'script'; trusted-types 'none'"

static const struct page_file *find_file(const char *name)
{
    const struct page_file *f = page_files;
    while (f->name && strcmp(f->name, name) != 0)
        f++;
    return f->name ? f : NULL;
}

static void nothing_to_release(void *owner)
{
}

static void reply_file(struct exchange *x, const struct page_file *f)
{
    /* Only who names codings and not this one cannot read it (RFC 9110 §12.5.3). */
    if (exchange_header(x, "Accept-Encoding") && !exchange_accepts_gzip(x)) {
        exchange_error(x, 406, "The status page comes in gzip encoding only.");
        return;
    }
    exchange_add_header(x, "Content-Encoding", "gzip");
    exchange_add_header(x, "Vary", "Accept, Accept-Encoding");
    exchange_reply_shared(x, 200, f->type, f->gzip, nothing_to_release, NULL);
}

static void get_file(struct exchange *x, struct daemon *d)
{
    const struct page_file *f = find_file(exchange_segment(x, "file"));
    if (!f || strcmp(exchange_segment(x, "hash"), page_files_hash) != 0) {
        exchange_error(x, 404,
                       "The status page has no such file, or is a newer one: "
                       "load / again.");
        return;
    }
    exchange_add_header(x, "Cache-Control", "public, max-age=31536000, immutable");
    reply_file(x, f);
}

static void add_words(struct buf *out, const struct daemon *d)
{
    for (size_t i = 0; i < schedule_count(d->schedule); i++) {
        const struct tracked *t = schedule_at(d->schedule, i);
        const struct verdict *last = t->recent.last;
        buf_printf(out, "%-9s%s (%s)", health_name(t->state.confirmed), t->probe->name,
                   t->probe->type->name);
        buf_printf(out, last && *last->detail ? ": %s\n" : "%s\n",
                   last ? last->detail : "");
    }
    buf_add_text(out, "\nEvery path: /api/openapi.json. In a browser this is the status "
                      "page.\n");
}

static void reply_words(struct exchange *x, struct daemon *d)
{
    struct buf text = BUF_MAX(8 << 20);
    buf_printf(&text, "healthd %s", HEALTHD_VERSION);
    if (d->generation->site && *d->generation->site)
        buf_printf(&text, ", %s", d->generation->site);
    buf_add_text(&text, "\n\n");
    add_words(&text, d);
    exchange_add_header(x, "Vary", "Accept, Accept-Encoding");
    exchange_reply_buf(x, 200, "text/plain; charset=utf-8", &text);
}

/* A browser names text/html; curl and the like take anything, and get words. */
static void get_page(struct exchange *x, struct daemon *d)
{
    const char *accept = exchange_header(x, "Accept");
    if (!accept || !strstr(accept, "text/html")) {
        if (exchange_may_read(x))
            reply_words(x, d);
        return;
    }
    const char *tag = arena_printf(exchange_arena(x), "\"%s\"", page_files_hash);
    const char *known = exchange_header(x, "If-None-Match");
    exchange_add_header(x, "ETag", tag);
    exchange_add_header(x, "Cache-Control", "no-cache");
    exchange_add_header(x, "Content-Security-Policy", POLICY);
    exchange_add_header(x, "Referrer-Policy", "no-referrer");
    if (known && strstr(known, tag))
        exchange_reply(x, 304, "text/html; charset=utf-8", (struct bytes){0});
    else
        reply_file(x, find_file("index.html"));
}

static void get_overview(struct exchange *x, struct daemon *d)
{
    overview_answer(d->overview, x);
}

static void get_stream(struct exchange *x, struct daemon *d)
{
    stream_answer(d->stream, x);
}

static void get_me(struct exchange *x, struct daemon *d)
{
    exchange_add_header(x, "Cache-Control", "no-store");
    exchange_reply_value(x, 200,
                         json_pack("{s:s, s:b, s:b}", "who", exchange_who(x), "may_act",
                                   exchange_may_act(x), "token_would_help",
                                   web_has_act_token(d->web)));
}

#define FILE_TYPES "text/html text/javascript text/css image/svg+xml"

static const struct endpoint_param file_segments[] = {
    {"hash", "Of all files, as `/` names it.", true},
    {"file", "A script, style or picture of the status page.", true},
    {0}};
static const struct endpoint_field me_fields[] = {
    {"who", "string", "By token, user, address or uid.", true},
    {"may_act", "boolean", "Here, as things are.", true},
    {"token_would_help", "boolean", "There is a token that lets one act.", true},
    {0}};

const struct endpoint page_endpoints[] = {
    {"GET", "/", RIGHT_OWN, NULL, "The status page; for who asks for no HTML, in words.",
     get_page, .types = "text/html text/plain", .statuses = "304 401 406"},
    {"GET", "/page/{hash}/{file}", RIGHT_OWN, file_segments, "Its files.", get_file,
     .types = FILE_TYPES, .statuses = "404 406"},
    {"GET", "/api/overview", RIGHT_READ, NULL,
     "What the status page shows first: every probe with its last hour's latency and its "
     "availability, and what fires.",
     get_overview},
    {"GET", "/api/stream", RIGHT_READ, NULL,
     "What changes of that, as Server-Sent Events, at most once a second.", get_stream,
     .types = "text/event-stream", .statuses = "503"},
    {"GET", "/api/me", RIGHT_READ, NULL,
     "Who asks, and whether that caller may act here.", get_me, .answer = me_fields},
    {0}};
