/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notice as JSON and back, and as a copy: what the outbox keeps. Both ways read one table of members. Too long a text
 * is cut, too many members are counted instead, so that what is written can always be read. Called by dispatch, the
 * outbox and the courier.
 */
#include "alerts/notice.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/notice_members.h"
#include "lib/base/attr.h"
#include "lib/core/json.h"

enum {
    ALERT_MAX_BYTES = 64 << 10,
    FRAME_MAX_BYTES = 512 << 10,
    LABELS_MAX = 256,
    HIDES_MAX = 100,
    SPARK_MAX = 60
};

/* How much of each text is written: the first that lets the whole fit. */
static const size_t text_limits[] = {16384, 1024, 128, 16};

/* ---- words ---- */

static const char *const kind_names[] = {
    [NOTICE_TRIGGER] = "trigger",   [NOTICE_UPDATE] = "update",
    [NOTICE_REMINDER] = "reminder", [NOTICE_RESOLVE] = "resolve",
    [NOTICE_ACK] = "ack",           [NOTICE_DEPLOY] = "deploy",
    [NOTICE_TEST] = "test",
};

const char *notice_kind_name(enum notice_kind kind)
{
    return kind_names[kind];
}

bool notice_kind_from(struct bytes name, enum notice_kind *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (bytes_is(name, kind_names[i])) {
            *ret = (enum notice_kind)i;
            return true;
        }
    }
    return false;
}

/* ---- out ---- */

static void add_text(const char *text, size_t text_max, struct buf *out)
{
    buf_add_json(out, bytes_cut(bytes_of(text), text_max));
}

static void add_labels(const struct labels *l, size_t text_max, struct buf *out)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < l->count && i < LABELS_MAX; i++) {
        buf_add_text(out, i ? "," : "");
        buf_add_json(out, bytes_of(l->items[i].name));
        buf_add_byte(out, ':');
        add_text(l->items[i].value, text_max, out);
    }
    buf_add_byte(out, '}');
}

static void add_spark(const double *values, size_t count, struct buf *out)
{
    buf_add_text(out, ",\"spark\":[");
    for (size_t i = 0; i < count && i < SPARK_MAX; i++) {
        buf_add_text(out, i ? "," : "");
        if (isfinite(values[i]))
            buf_add_double(out, values[i]);
        else
            buf_add_text(out, "null");
    }
    buf_add_byte(out, ']');
}

static void add_hides(const char *const *hides, size_t text_max, struct buf *out)
{
    buf_add_text(out, ",\"hides\":[");
    for (size_t i = 0; hides && hides[i] && i < HIDES_MAX; i++) {
        buf_add_text(out, i ? "," : "");
        add_text(hides[i], text_max, out);
    }
    buf_add_byte(out, ']');
}

static void add_member(const struct notice_member *m, const void *from, size_t text_max,
                       struct buf *out)
{
    const void *at = (const char *)from + m->offset;
    switch (m->type) {
    case MEMBER_TEXT:
        add_text(*(const char *const *)at, text_max, out);
        break;
    case MEMBER_LABELS:
        add_labels(at, text_max, out);
        break;
    case MEMBER_TIME:
        buf_printf(out, "%" PRId64, ((const struct wall *)at)->ns);
        break;
    case MEMBER_ID: /* as text: other readers' numbers are doubles */
        buf_printf(out, "\"%016" PRIx64 "\"", *(const uint64_t *)at);
        break;
    case MEMBER_COUNT:
        buf_add_u64(out, *(const size_t *)at);
        break;
    case MEMBER_FLAG:
        buf_add_text(out, *(const bool *)at ? "true" : "false");
        break;
    case MEMBER_NUMBER: /* as text: JSON has no NaN and no infinities */
        buf_add_byte(out, '"');
        buf_add_double(out, *(const double *)at);
        buf_add_byte(out, '"');
        break;
    }
}

static void add_members(const struct notice_member *members, const void *from,
                        size_t text_max, struct buf *out)
{
    for (const struct notice_member *m = members; m->name; m++) {
        buf_printf(out, "%s\"%s\":", m == members ? "" : ",", m->name);
        add_member(m, from, text_max, out);
    }
}

/* Shortens the texts until it fits; false when it cannot. */
static bool alert_write(const struct notice_alert *a, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(text_limits); i++) {
        buf_clear(out);
        buf_add_byte(out, '{');
        add_members(notice_alert_members, a, text_limits[i], out);
        add_spark(a->spark, a->spark_count, out);
        add_hides(a->hides, text_limits[i], out);
        buf_add_byte(out, '}');
        if (!out->overflow)
            return true;
    }
    return false;
}

static void frame_write(const struct notice *n, struct buf *out)
{
    struct notice bare = *n;
    for (size_t i = 0; i < ARRAY_LEN(text_limits); i++) {
        buf_clear(out);
        add_members(notice_members, n, text_limits[i], out);
        if (!out->overflow)
            return;
    }
    bare.group_labels = bare.common_labels = bare.common_annotations = (struct labels){0};
    buf_clear(out);
    add_members(notice_members, &bare, text_limits[ARRAY_LEN(text_limits) - 1], out);
}

void notice_to_json(const struct notice *n, struct buf *out)
{
    struct notice frame = *n;
    struct buf one = BUF_MAX(ALERT_MAX_BYTES), alerts = BUF_MAX(NOTICE_MAX_BYTES),
               members = BUF_MAX(FRAME_MAX_BYTES);
    for (size_t i = 0; i < n->alert_count; i++) {
        if (i >= NOTICE_MAX_ALERTS || !alert_write(&n->alerts[i], &one)) {
            frame.truncated++;
            continue;
        }
        buf_add_text(&alerts, alerts.len ? "," : "");
        buf_add_bytes(&alerts, buf_bytes(&one));
    }
    frame_write(&frame, &members);
    buf_printf(out, "{\"kind\":\"%s\",%s,\"alerts\":[", notice_kind_name(n->kind),
               buf_text(&members));
    buf_add_bytes(out, buf_bytes(&alerts));
    buf_add_text(out, "]}");
    buf_finish(&one);
    buf_finish(&alerts);
    buf_finish(&members);
}

/* ---- back ---- */

static const char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);
    return text ? text : "";
}

static struct labels labels_of(json_t *object, struct arena *arena)
{
    const char *key;
    json_t *value;
    size_t count = 0;
    const size_t size = json_object_size(object);
    struct label *items = arena_alloc(arena, (size + 1) * sizeof(*items));
    json_object_foreach (object, key, value) {
        if (*text_of(value) && count < LABELS_MAX)
            items[count++] = (struct label){key, text_of(value)};
    }
    labels_sort(items, count);
    return (struct labels){items, count};
}

static double number_of(const json_t *value)
{
    double number;
    if (json_is_number(value))
        return json_number_value(value);
    return bytes_to_double(bytes_of(text_of(value)), &number) ? number : NAN;
}

static void read_member(const struct notice_member *m, json_t *value, struct arena *arena,
                        void *into)
{
    void *at = (char *)into + m->offset;
    const json_int_t number = json_integer_value(value);
    switch (m->type) {
    case MEMBER_TEXT:
        *(const char **)at = text_of(value);
        break;
    case MEMBER_LABELS:
        *(struct labels *)at = labels_of(value, arena);
        break;
    case MEMBER_TIME:
        ((struct wall *)at)->ns = number;
        break;
    case MEMBER_ID:
        *(uint64_t *)at = strtoull(text_of(value), NULL, 16);
        break;
    case MEMBER_COUNT:
        *(size_t *)at = number > 0 ? (size_t)number : 0;
        break;
    case MEMBER_FLAG:
        *(bool *)at = json_is_true(value);
        break;
    case MEMBER_NUMBER:
        *(double *)at = number_of(value);
        break;
    }
}

static void read_members(const struct notice_member *members, const json_t *object,
                         struct arena *arena, void *into)
{
    for (const struct notice_member *m = members; m->name; m++)
        read_member(m, json_object_get(object, m->name), arena, into);
}

static void read_lists(const json_t *object, struct arena *arena, struct notice_alert *a)
{
    const json_t *spark = json_object_get(object, "spark");
    const json_t *hides = json_object_get(object, "hides");
    size_t count = json_array_size(spark);
    count = count < SPARK_MAX ? count : SPARK_MAX;
    double *values = arena_alloc(arena, (count + 1) * sizeof(*values));
    for (size_t i = 0; i < count; i++)
        values[i] = number_of(json_array_get(spark, i));
    a->spark = values;
    a->spark_count = count;
    count = json_array_size(hides);
    count = count < HIDES_MAX ? count : HIDES_MAX;
    if (count == 0)
        return;
    const char **names = arena_alloc(arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = text_of(json_array_get(hides, i));
    a->hides = names;
}

static void read_alerts(const json_t *list, struct arena *arena, struct notice *n)
{
    const size_t size = json_array_size(list);
    const size_t count = size < NOTICE_MAX_ALERTS ? size : NOTICE_MAX_ALERTS;
    struct notice_alert *alerts = arena_alloc(arena, (count + 1) * sizeof(*alerts));
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        read_members(notice_alert_members, one, arena, &alerts[i]);
        read_lists(one, arena, &alerts[i]);
    }
    n->alerts = alerts;
    n->alert_count = count;
    n->truncated += size - count;
}

bool notice_from_json(struct arena *arena, struct bytes json, struct notice *ret,
                      struct err *e)
{
    struct notice n = {0};
    const json_t *root = json_read(arena, json, NOTICE_MAX_BYTES, e);
    if (!root)
        return err_wrap(e, "a notice");
    if (!json_is_object(root))
        return err_set(e, "a notice is an object, not %s", json_brief(root, arena, 40));
    const char *kind = text_of(json_object_get(root, "kind"));
    if (!notice_kind_from(bytes_of(kind), &n.kind))
        return err_set(e, "there is no notice of the kind '%.40s'", kind);
    read_members(notice_members, root, arena, &n);
    read_alerts(json_object_get(root, "alerts"), arena, &n);
    *ret = n;
    return true;
}

/* ---- copy ---- */

static void copy_members(const struct notice_member *members, struct arena *arena,
                         void *into)
{
    for (const struct notice_member *m = members; m->name; m++) {
        void *at = (char *)into + m->offset;
        if (m->type == MEMBER_TEXT) {
            const char *text = *(const char **)at;
            *(const char **)at = text ? arena_strdup(arena, text) : "";
        } else if (m->type == MEMBER_LABELS) {
            *(struct labels *)at = labels_copy(arena, *(struct labels *)at);
        }
    }
}

static void copy_lists(struct arena *arena, struct notice_alert *a)
{
    size_t count = 0;
    a->spark = a->spark_count
                   ? arena_memdup(arena, a->spark, a->spark_count * sizeof(*a->spark))
                   : NULL;
    if (!a->hides)
        return;
    while (a->hides[count])
        count++;
    const char **names = arena_alloc(arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = arena_strdup(arena, a->hides[i]);
    a->hides = names;
}

struct notice *notice_copy(struct arena *arena, const struct notice *n)
{
    struct notice *copy = arena_memdup(arena, n, sizeof(*n));
    struct notice_alert *alerts =
        arena_alloc(arena, (n->alert_count + 1) * sizeof(*alerts));
    copy_members(notice_members, arena, copy);
    for (size_t i = 0; i < n->alert_count; i++) {
        alerts[i] = n->alerts[i];
        copy_members(notice_alert_members, arena, &alerts[i]);
        copy_lists(arena, &alerts[i]);
    }
    copy->alerts = alerts;
    return copy;
}
