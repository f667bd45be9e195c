/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of requests that several notifiers write. Called by their render. Never fails: a buffer that is full says so. */
#include "alerts/notify_payload.h"

#include <math.h>
#include <string.h>

static void member_begin(struct buf *out, const char *name)
{
    const char last = out->len ? out->ptr[out->len - 1] : '{';
    if (last != '{' && last != '[')
        buf_add_byte(out, ',');
    if (!name)
        return;
    buf_add_json(out, bytes_of(name));
    buf_add_byte(out, ':');
}

void payload_text(struct buf *out, const char *name, const char *text)
{
    member_begin(out, name);
    buf_add_json(out, bytes_of(text));
}

void payload_number(struct buf *out, const char *name, double value)
{
    member_begin(out, name);
    if (isfinite(value))
        buf_add_double(out, value);
    else
        buf_add_text(out, "null");
}

void payload_count(struct buf *out, const char *name, uint64_t value)
{
    member_begin(out, name);
    buf_add_u64(out, value);
}

void payload_labels(struct buf *out, const char *name, struct labels labels)
{
    payload_open(out, name, '{');
    for (size_t i = 0; i < labels.count; i++)
        payload_text(out, labels.items[i].name, labels.items[i].value);
    buf_add_byte(out, '}');
}

void payload_open(struct buf *out, const char *name, char bracket)
{
    member_begin(out, name);
    buf_add_byte(out, bracket);
}

/* Go's zero time where there is none. */
static const char *time_text(struct wall at, char *ret_text)
{
    return at.ns > 0 ? wall_format(at, ret_text) : "0001-01-01T00:00:00Z";
}

void payload_alert(struct buf *out, const struct notice *n,
                   const struct notice_alert *alert, struct wall ends_at)
{
    char text[WALL_TEXT_SIZE];
    payload_labels(out, "labels", alert->labels);
    payload_labels(out, "annotations", alert->annotations);
    payload_text(out, "startsAt", time_text(alert->since, text));
    payload_text(out, "endsAt", time_text(ends_at, text));
    payload_text(out, "generatorURL", n->external_url);
}

struct bytes payload_bytes(struct buf *out, struct arena *arena)
{
    const struct bytes all = {arena_strndup(arena, buf_text(out), out->len), out->len};
    buf_finish(out);
    return all;
}
