/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a verdict, its phases, items and trace, by jansson. Called by the API and healthctl. What is in it is
 * documented in docs/healthctl.md: add to it, and rename nothing.
 */
#include "lib/core/verdict_json.h"

json_t *wall_to_json(struct wall at)
{
    char text[WALL_TEXT_SIZE];
    return at.ns ? json_string(wall_format(at, text)) : json_null();
}

json_t *labels_to_json(struct labels l)
{
    json_t *object = json_object();
    for (size_t i = 0; i < l.count; i++)
        json_object_set_new(object, l.items[i].name, json_string(l.items[i].value));
    return object;
}

static json_t *phases_to_json(const struct verdict *v)
{
    json_t *object = json_object();
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        if (v->phases[i] > 0)
            json_object_set_new(object, phase_name((enum phase)i),
                                json_real(nsec_to_sec(v->phases[i])));
    }
    return object;
}

/* A list of its lines, which reads better than one text with breaks in it. */
static json_t *lines_to_json(const char *text)
{
    json_t *list = json_array();
    struct bytes left = bytes_of(text), line;
    while (bytes_token(&left, '\n', &line))
        json_array_append_new(list, json_stringn(line.ptr, line.len));
    return list;
}

static json_t *item_to_json(const struct item *item)
{
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:s, s:s}", "key", item->key, "labels",
        labels_to_json(item->labels), "health", health_name(item->health), "reason",
        reason_word(item->reason), "detail", item->detail ? item->detail : "");
    if (item->last_log && item->last_log[0])
        json_object_set_new(object, "last_log", lines_to_json(item->last_log));
    return object;
}

static json_t *items_to_json(const struct verdict *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->item_count; i++)
        json_array_append_new(list, item_to_json(&v->items[i]));
    return list;
}

static json_t *trace_to_json(const struct verdict *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->trace_count; i++) {
        const struct trace_line *line = &v->trace[i];
        /* A peer's bytes need not be UTF-8; such a line is left out rather than the whole answer. */
        json_t *text = json_string(line->text);
        if (text)
            json_array_append_new(list, json_pack("{s:f, s:s, s:o}", "at_seconds",
                                                  nsec_to_sec(line->at), "key", line->key,
                                                  "text", text));
    }
    return list;
}

json_t *verdict_to_json(const struct verdict *v)
{
    json_t *detail = json_string(v->detail ? v->detail : "");
    json_t *object = json_pack("{s:s, s:s, s:o, s:s, s:s, s:I}", "health",
                               health_name(v->health), "reason", reason_word(v->reason),
                               "detail", detail ? detail : json_string(""), "address",
                               v->address ? v->address : "", "origin",
                               origin_name(v->origin), "seq", (json_int_t)v->seq);
    json_object_set_new(object, "due", wall_to_json(v->due));
    json_object_set_new(object, "started", wall_to_json(v->started));
    json_object_set_new(object, "duration_seconds", json_real(nsec_to_sec(v->duration)));
    json_object_set_new(object, "phases_seconds", phases_to_json(v));
    json_object_set_new(object, "items", items_to_json(v));
    if (v->last_log && v->last_log[0])
        json_object_set_new(object, "last_log", lines_to_json(v->last_log));
    json_object_set_new(object, "trace", trace_to_json(v));
    return object;
}
