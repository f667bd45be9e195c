/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one hop was like, for `explain` and debug=true: request, address, certificate, status, headers, the first
 * KiB of the body. Called by http.c after each hop; does nothing unless the run is traced.
 */
#include <string.h>

#include "lib/core/tls.h"
#include "probes/http.h"

#define MAX_TRACED_HEADERS 40
#define MAX_TRACED_BODY 1024

static void trace_headers(struct http_walk *w, const struct reply *reply)
{
    for (size_t i = 0; i < reply->headers.count && i < MAX_TRACED_HEADERS; i++) {
        const struct pair *h = &reply->headers.items[i];
        if (bytes_is_nocase(bytes_of(h->key), "set-cookie"))
            run_trace(w->run, "header", "%s: %.*s=…", h->key, (int)strcspn(h->value, "="),
                      h->value);
        else
            run_trace(w->run, "header", "%s: %.300s", h->key, h->value);
    }
}

static void trace_certificate(struct http_walk *w, const struct tls_peer *peer)
{
    char until[WALL_TEXT_SIZE];
    if (!peer || peer->chain_count == 0)
        return;
    const struct tls_cert *leaf = &peer->chain[0];
    run_trace(w->run, "certificate", "%.200s for %.200s, issued by %.200s, until %s, %s",
              leaf->subject, leaf->names && leaf->names[0] ? leaf->names : "no name",
              leaf->issuer, wall_format(leaf->not_after, until),
              peer->verified ? "verified" : "not verified");
    if (peer->version)
        run_trace(w->run, "tls", "%s, %s", peer->version,
                  peer->cipher ? peer->cipher : "no cipher");
}

static void trace_body(struct http_walk *w, struct bytes body)
{
    const size_t len = body.len < MAX_TRACED_BODY ? body.len : MAX_TRACED_BODY;
    if (!len)
        return;
    char *text = arena_strndup(run_arena(w->run), body.ptr, len);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
            text[i] = ' ';
    }
    run_trace(w->run, "body", "%s%s", text, body.len > len ? "…" : "");
}

void http_trace(struct http_walk *w, const struct reply *reply)
{
    if (!run_is_traced(w->run))
        return;
    run_trace(w->run, "request", "%s %s", w->method, w->at.text);
    if (reply->resolution && reply->resolution->detail[0])
        run_trace(w->run, "resolve", "%s", reply->resolution->detail);
    if (w->from)
        run_trace(w->run, "address", "%s", w->from);
    trace_certificate(w, reply->tls);
    if (reply->status)
        run_trace(w->run, "status", "%d, HTTP/%d.%d", reply->status, reply->version / 10,
                  reply->version % 10);
    trace_headers(w, reply);
    trace_body(w, reply->body);
    if (reply->trouble.reason != REASON_NONE)
        run_trace(w->run, "trouble", "%s", reply->trouble.detail);
}
