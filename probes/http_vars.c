/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations may name of an HTTP answer. Called by expressions, after the answer is there. Parses the body as
 * JSON once, when somebody asks.
 */
#include <string.h>

#include "lib/core/header_map.h"
#include "probes/http.h"

struct http_walk *http_walk_of(struct run *run)
{
    struct http_state *state = run_state(run);
    const struct item *item = run_current_item(run);
    struct http_walk *decides = NULL;
    for (size_t i = 0; state && i < state->count; i++) {
        struct http_walk *w = &state->walks[i];
        if (item && w->key && !strcmp(item->key, w->key))
            return w;
        if (!decides || w->finding.health > decides->finding.health)
            decides = w;
    }
    return decides;
}

static const struct reply *answer_of(struct run *run, struct err *why)
{
    const struct http_walk *w = http_walk_of(run);
    if (w && w->reply && w->reply->status)
        return w->reply;
    err_set(why, "there was no answer");
    return NULL;
}

const json_t *http_walk_json(struct http_walk *w, const char **ret_why)
{
    struct arena *arena = run_arena(w->run);
    struct err e = {0};
    if (!w->json_was_tried) {
        w->json_was_tried = true;
        w->json = json_read(arena, w->reply->body, HTTP_MAX_JSON, &e);
        if (!w->json)
            w->json_why = arena_printf(arena, "the body is no JSON: %s", e.text);
    }
    *ret_why = w->json_why;
    return w->json;
}

static bool get_status(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct reply *reply = answer_of(run, why);
    if (reply)
        *ret_value = value_number(reply->status);
    return reply != NULL;
}

static bool get_version(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct reply *reply = answer_of(run, why);
    if (reply)
        *ret_value = value_text(bytes_of(reply->version == 20   ? "2"
                                         : reply->version == 10 ? "1.0"
                                                                : "1.1"));
    return reply != NULL;
}

static bool get_headers(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct reply *reply = answer_of(run, why);
    if (reply)
        *ret_value = header_map(&reply->headers);
    return reply != NULL;
}

static bool get_body(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct reply *reply = answer_of(run, why);
    if (reply)
        *ret_value = value_text(reply->body);
    return reply != NULL;
}

static bool get_json(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const char *reason = "";
    if (!answer_of(run, why))
        return false;
    const json_t *json = http_walk_json(http_walk_of(run), &reason);
    if (!json)
        return err_set(why, "%s", reason);
    *ret_value = value_json(json);
    return true;
}

static bool get_redirects(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    if (!answer_of(run, why))
        return false;
    *ret_value = value_number(http_walk_of(run)->redirects);
    return true;
}

static bool get_url(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    if (!answer_of(run, why))
        return false;
    *ret_value = value_text(bytes_of(http_walk_of(run)->at.text));
    return true;
}

static struct value value_size(uint64_t bytes)
{
    return (struct value){.type = VALUE_SIZE, .number = (double)bytes};
}

static bool get_content_length(struct run *run, struct arena *arena,
                               struct value *ret_value, struct err *why)
{
    const struct reply *reply = answer_of(run, why);
    if (!reply)
        return false;
    if (reply->content_length < 0)
        return err_set(why, "the answer did not say how long it is");
    *ret_value = value_size((uint64_t)reply->content_length);
    return true;
}

static bool get_body_size(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    const struct reply *reply = answer_of(run, why);
    if (reply)
        *ret_value = value_size(reply->body_bytes);
    return reply != NULL;
}

const struct var http_vars[] = {
    {"status", VALUE_NUMBER, "The final answer's status.", get_status},
    {"version", VALUE_TEXT, "Its HTTP version: 1.0, 1.1 or 2.", get_version},
    {"headers", VALUE_MAP,
     "Its headers, by name in any case; repeated ones are joined by commas.",
     get_headers},
    {"body", VALUE_TEXT, "Its body.", get_body},
    {"json", VALUE_JSON, "Its body as JSON, up to 256 KiB.", get_json},
    {"redirects", VALUE_NUMBER, "Redirects that were followed.", get_redirects},
    {"url", VALUE_TEXT, "The URL that answered last.", get_url},
    {"content_length", VALUE_SIZE, "The length that the answer announced.",
     get_content_length},
    {"body_size", VALUE_SIZE, "Bytes of the body, decoded.", get_body_size},
    {0}};

const struct var http_cel_vars[] = {
    {"body", VALUE_JSON, "The answer's body as JSON.", get_json}, {0}};
