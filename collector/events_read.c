/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as they come over the wire, one fault an event: the good ones of a request are taken. Pure; runs on a pool thread
 * when there is much of it.
 */
#include <math.h>
#include <string.h>

#include "collector/events.h"
#include "lib/core/json.h"

#define TEXT_MAX (1u << 20)
#define MESSAGE_MAX 2000

struct reading {
    struct arena *arena;
    struct event_batch *batch;
    size_t line; /* of what is being read */
};

static void fault(struct reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void fault(struct reading *r, const char *fmt, ...)
{
    struct event_batch *b = r->batch;
    b->rejected++;
    if (b->fault_count == EVENTS_MAX_FAULTS)
        return;
    va_list args;
    va_start(args, fmt);
    b->faults[b->fault_count++] =
        (struct event_fault){r->line, arena_vprintf(r->arena, fmt, args)};
    va_end(args);
}

/* A text, or a number as one; "" when it is absent or null. False after reporting. */
static bool name_read(struct reading *r, const json_t *object, const char *key,
                      const char **ret)
{
    const json_t *value = json_object_get(object, key);
    *ret = "";
    if (!value || json_is_null(value))
        return true;
    if (json_is_integer(value)) {
        *ret = arena_printf(r->arena, "%lld", (long long)json_integer_value(value));
        return true;
    }
    if (!json_is_string(value)) {
        fault(r, "'%s' has to be a text", key);
        return false;
    }
    if (json_string_length(value) > EVENTS_MAX_NAME) {
        fault(r, "'%s' is longer than %d bytes", key, EVENTS_MAX_NAME);
        return false;
    }
    *ret = arena_strdup(r->arena, json_string_value(value));
    return true;
}

static bool duration_read(struct reading *r, const json_t *object, struct event *ret)
{
    const json_t *value = json_object_get(object, "duration_ms");
    if (!value || json_is_null(value))
        return true;
    const double ms = json_number_value(value);
    if (!json_is_number(value) || ms < 0 || !isfinite(ms)) {
        fault(r, "'duration_ms' has to be a number of milliseconds, 0 or more");
        return false;
    }
    ret->has_duration = true;
    ret->duration_ms = ms;
    return true;
}

static bool time_read(struct reading *r, const json_t *object, struct wall *ret)
{
    const json_t *value = json_object_get(object, "ts");
    if (!value || json_is_null(value))
        return true;
    if (json_is_string(value) && wall_parse(bytes_of(json_string_value(value)), ret))
        return true;
    fault(r, "'ts' has to be a time such as 2026-11-27T03:04:05Z");
    return false;
}

static const char *message_of(struct reading *r, const json_t *object)
{
    const char *text = json_string_value(json_object_get(object, "message"));
    if (!text)
        text = json_string_value(json_object_get(object, "error"));
    const struct bytes cut = bytes_cut(bytes_of(text), MESSAGE_MAX);
    return cut.len ? arena_strndup(r->arena, cut.ptr, cut.len) : "";
}

static void event_read(struct reading *r, const json_t *object)
{
    struct event_batch *b = r->batch;
    struct event x = {.message = ""};
    if (!json_is_object(object)) {
        fault(r, "an event has to be a JSON object");
        return;
    }
    if (b->count == EVENTS_MAX_BATCH) {
        fault(r, "a request has at most %d events: send the rest in another",
              EVENTS_MAX_BATCH);
        return;
    }
    if (!name_read(r, object, "workflow_id", &x.workflow_id) ||
        !name_read(r, object, "node_id", &x.node_id) ||
        !name_read(r, object, "task_id", &x.task_id) ||
        !name_read(r, object, "status", &x.status) ||
        !name_read(r, object, "component", &x.component) ||
        !name_read(r, object, "environment", &x.environment) ||
        !duration_read(r, object, &x) || !time_read(r, object, &x.at))
        return;
    if (!*x.workflow_id || !*x.status) {
        fault(r, "'%s' is missing", *x.workflow_id ? "status" : "workflow_id");
        return;
    }
    x.message = message_of(r, object);
    b->items[b->count++] = x;
}

static void lines_read(struct reading *r, struct bytes text)
{
    struct bytes line;
    while (bytes_token(&text, '\n', &line)) {
        struct err e = {0};
        r->line++;
        line = bytes_trim(line);
        if (!line.len)
            continue;
        const json_t *object = json_read(r->arena, line, TEXT_MAX, &e);
        if (object)
            event_read(r, object);
        else
            fault(r, "the line is no JSON: %s", e.text);
    }
}

static void list_read(struct reading *r, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        r->line = i + 1;
        event_read(r, json_array_get(list, i));
    }
}

void events_read(struct bytes text, bool is_lines, struct arena *arena,
                 struct event_batch *ret)
{
    struct reading r = {.arena = arena, .batch = ret, .line = 0};
    struct err e = {0};
    *ret = (struct event_batch){
        .items = arena_alloc(arena, EVENTS_MAX_BATCH * sizeof(*ret->items))};
    text = bytes_trim(text);
    const json_t *whole = is_lines ? NULL : json_read(arena, text, TEXT_MAX, &e);
    if (json_is_array(whole)) {
        list_read(&r, whole);
    } else if (whole) {
        r.line = 1;
        event_read(&r, whole);
    } else if (is_lines || bytes_find_byte(text, '\n') >= 0) {
        lines_read(&r, text);
    } else {
        r.line = 1;
        fault(&r, "the body is no JSON: %s", e.text);
    }
}
