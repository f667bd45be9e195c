/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a page says about a family before its series, in the two formats. A function of the family alone, but for
 * one name that OpenMetrics may have to leave to somebody else.
 */
#include "lib/core/meta.h"

#include <assert.h>
#include <string.h>

#include "lib/core/series.h"

static bool is_plain(char c, enum page_format format)
{
    const bool is_quoted = c == '"' && format == PAGE_OPENMETRICS;
    return (unsigned char)c < 0x80 && c != '\n' && c != '\\' && !is_quoted;
}

bool meta_help_is_plain(const char *help)
{
    while (*help && is_plain(*help, PAGE_OPENMETRICS))
        help++;
    return !*help;
}

/* https://prometheus.io/docs/instrumenting/exposition_formats/; OpenMetrics also escapes quotes. */
static void help_print(struct buf *out, const char *help, enum page_format format)
{
    struct bytes text = bytes_of(help);
    while (text.len) {
        size_t len = 0;
        while (len < text.len && is_plain(text.ptr[len], format))
            len++;
        if (len) {
            buf_add(out, text.ptr, len);
        } else if ((unsigned char)text.ptr[0] < 0x80) {
            len = 1;
            buf_add_byte(out, '\\');
            buf_add_byte(out, text.ptr[0] == '\n' ? 'n' : text.ptr[0]);
        } else {
            len = bytes_utf8(text);
            buf_add(out, len ? text.ptr : "\xEF\xBF\xBD", len ? len : 3);
            len = len ? len : 1;
        }
        text = bytes_slice(text, len, text.len);
    }
}

/* start: "# HELP ". */
static void meta_line(struct buf *out, const char *start, struct bytes name)
{
    buf_add_text(out, start);
    buf_add_bytes(out, name);
    buf_add_byte(out, ' ');
}

static void help_line(struct buf *out, const struct meta *meta, struct bytes name,
                      enum page_format format)
{
    if (!meta->help || !meta->help[0])
        return;
    meta_line(out, "# HELP ", name);
    if (meta->is_help_plain)
        buf_add_text(out, meta->help);
    else
        help_print(out, meta->help, format);
    buf_add_byte(out, '\n');
}

static void type_line(struct buf *out, struct bytes name, const char *type)
{
    meta_line(out, "# TYPE ", name);
    buf_add_text(out, type);
    buf_add_byte(out, '\n');
}

/* "x" of a counter "x_total" that OpenMetrics can call a counter; else the whole name. */
static struct bytes counter_name(const struct meta *meta, const struct registry *r)
{
    const struct bytes whole = bytes_of(meta->name);
    char name[256];
    if (!bytes_ends(whole, "_total"))
        return whole;

    const size_t len = whole.len - strlen("_total");
    if (!len || len >= sizeof(name))
        return whole;
    memcpy(name, whole.ptr, len);
    name[len] = '\0';
    return family_find(r, name) ? whole : bytes_slice(whole, 0, len);
}

static bool name_has_unit(struct bytes name, const char *unit)
{
    return unit && unit[0] && name.len > strlen(unit) && bytes_ends(name, unit) &&
           name.ptr[name.len - strlen(unit) - 1] == '_';
}

static const char *openmetrics_type(enum metric_kind kind, bool is_short)
{
    switch (kind) {
    case METRIC_GAUGE:
    case METRIC_HISTOGRAM:
    case METRIC_SUMMARY:
        return metric_kind_name(kind);
    case METRIC_COUNTER:
        return is_short ? "counter" : "unknown";
    case METRIC_UNTYPED:
        return "unknown";
    }
    assert(0);
    return "unknown";
}

/* Text 0.0.4 with nothing to escape, which is nearly always: in one piece. */
static void plain_print(struct buf *out, const struct meta *meta)
{
    const char *type = metric_kind_name(meta->kind);
    const size_t name_len = strlen(meta->name), help_len = strlen(meta->help);
    const size_t len =
        strlen("# HELP  \n# TYPE  \n") + 2 * name_len + help_len + strlen(type);
    char *to = buf_room(out, len);
    if (!to)
        return;
    to = mempcpy(stpcpy(to, "# HELP "), meta->name, name_len);
    *to++ = ' ';
    to = mempcpy(to, meta->help, help_len);
    to = mempcpy(stpcpy(to, "\n# TYPE "), meta->name, name_len);
    *to++ = ' ';
    stpcpy(stpcpy(to, type), "\n");
    buf_grew(out, len);
}

void meta_print(struct buf *out, enum page_format format, const struct meta *meta,
                const struct registry *r)
{
    if (format == PAGE_TEXT && meta->is_help_plain && meta->help[0]) {
        plain_print(out, meta);
        return;
    }
    struct bytes name = bytes_of(meta->name);
    if (format == PAGE_TEXT) {
        help_line(out, meta, name, format);
        type_line(out, name, metric_kind_name(meta->kind));
        return;
    }

    if (meta->kind == METRIC_COUNTER)
        name = counter_name(meta, r);
    type_line(out, name, openmetrics_type(meta->kind, name.len < strlen(meta->name)));
    if (name_has_unit(name, meta->unit)) {
        meta_line(out, "# UNIT ", name);
        buf_add_text(out, meta->unit);
        buf_add_byte(out, '\n');
    }
    help_line(out, meta, name, format);
}
