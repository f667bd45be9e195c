/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comma where one is needed, a name, a value: straight into a buffer. Called by lists and by the overview. Checks no
 * structure: braces are the caller's.
 */
#include "collector/json_print.h"

void json_print_name(struct buf *out, const char *name)
{
    const struct bytes before = buf_bytes(out);
    if (before.len && before.ptr[before.len - 1] != '{')
        buf_add_byte(out, ',');
    buf_add_byte(out, '"');
    buf_add_text(out, name);
    buf_add_text(out, "\":");
}

void json_print_text(struct buf *out, const char *name, const char *text)
{
    json_print_name(out, name);
    buf_add_json(out, bytes_of(text ? text : ""));
}

void json_print_time(struct buf *out, const char *name, struct wall at)
{
    char text[WALL_TEXT_SIZE];
    if (at.ns) {
        json_print_text(out, name, wall_format(at, text));
        return;
    }
    json_print_name(out, name);
    buf_add_text(out, "null");
}

void json_print_flag(struct buf *out, const char *name, bool flag)
{
    json_print_name(out, name);
    buf_add_text(out, flag ? "true" : "false");
}

void json_print_labels(struct buf *out, const char *name, struct labels labels)
{
    json_print_name(out, name);
    buf_add_byte(out, '{');
    for (size_t i = 0; i < labels.count; i++) {
        if (i)
            buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(labels.items[i].name));
        buf_add_byte(out, ':');
        buf_add_json(out, bytes_of(labels.items[i].value));
    }
    buf_add_byte(out, '}');
}
