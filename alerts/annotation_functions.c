/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What templates may call, with the results that Prometheus' functions of the same names give. Called by
 * annotation.c. What cannot be turned into a number is shown as it came; nothing fails.
 */
#include <string.h>

#include "alerts/annotation_tree.h"
#include "alerts/humanize.h"

enum { TEXT_MAX = ANNOTATION_MAX_RENDERED };

struct worth worth_of_text(const char *text)
{
    return (struct worth){.kind = WORTH_TEXT, .text = text};
}

static void print_map(struct labels l, struct buf *out)
{
    buf_add_text(out, "map[");
    for (size_t i = 0; i < l.count; i++)
        buf_printf(out, "%s%s:%s", i ? " " : "", l.items[i].name, l.items[i].value);
    buf_add_byte(out, ']');
}

void worth_print(const struct worth *w, struct buf *out)
{
    switch (w->kind) {
    case WORTH_TEXT:
        buf_add_text(out, w->text);
        break;
    case WORTH_NUMBER:
        buf_add_double(out, w->number);
        break;
    case WORTH_LABELS:
        print_map(w->labels, out);
        break;
    }
}

bool worth_to_number(const struct worth *w, double *ret_number)
{
    if (w->kind == WORTH_TEXT)
        return bytes_to_double(bytes_of(w->text), ret_number);
    if (w->kind == WORTH_NUMBER)
        *ret_number = w->number;
    return w->kind == WORTH_NUMBER;
}

static struct worth take(struct buf *text, struct arena *arena)
{
    const struct worth w = worth_of_text(arena_strndup(arena, buf_text(text), text->len));
    buf_finish(text);
    return w;
}

static struct worth shown(const struct worth *w, struct arena *arena)
{
    struct buf text = BUF_MAX(TEXT_MAX);
    worth_print(w, &text);
    return take(&text, arena);
}

static const char *text_of(const struct worth *w, struct arena *arena)
{
    return w->kind == WORTH_TEXT ? w->text : shown(w, arena).text;
}

/* ---- numbers for people ---- */

static struct worth with_number(const struct worth *w,
                                void (*print)(double v, struct buf *out),
                                struct arena *arena)
{
    struct buf text = BUF_MAX(TEXT_MAX);
    double number;
    if (!worth_to_number(w, &number))
        return shown(w, arena);
    print(number, &text);
    return take(&text, arena);
}

static struct worth call_humanize(const struct worth *args, size_t count,
                                  struct arena *arena)
{
    return with_number(&args[0], humanize, arena);
}

static struct worth call_humanize1024(const struct worth *args, size_t count,
                                      struct arena *arena)
{
    return with_number(&args[0], humanize1024, arena);
}

static struct worth call_percentage(const struct worth *args, size_t count,
                                    struct arena *arena)
{
    return with_number(&args[0], humanize_percentage, arena);
}

static struct worth call_duration(const struct worth *args, size_t count,
                                  struct arena *arena)
{
    return with_number(&args[0], humanize_duration, arena);
}

static struct worth call_timestamp(const struct worth *args, size_t count,
                                   struct arena *arena)
{
    return with_number(&args[0], humanize_timestamp, arena);
}

/* ---- texts ---- */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static struct worth call_upper(const struct worth *args, size_t count,
                               struct arena *arena)
{
    char *text = arena_strdup(arena, text_of(&args[0], arena));
    for (char *c = text; *c; c++)
        *c = upper(*c);
    return worth_of_text(text);
}

static struct worth call_lower(const struct worth *args, size_t count,
                               struct arena *arena)
{
    char *text = arena_strdup(arena, text_of(&args[0], arena));
    for (char *c = text; *c; c++)
        *c = lower(*c);
    return worth_of_text(text);
}

static bool goes_on(char c)
{
    return lower(c) != upper(c) || (c >= '0' && c <= '9') || c == '_' || c == '\'' ||
           (unsigned char)c >= 0x80;
}

static struct worth call_title(const struct worth *args, size_t count,
                               struct arena *arena)
{
    char *text = arena_strdup(arena, text_of(&args[0], arena));
    bool is_start = true;
    for (char *c = text; *c; c++) {
        *c = is_start ? upper(*c) : *c;
        is_start = !goes_on(*c);
    }
    return worth_of_text(text);
}

/* host:port taken apart; an address without a port is all host. */
static bool split_port(struct bytes address, struct bytes *ret_host,
                       struct bytes *ret_port)
{
    size_t colon = address.len;
    while (colon > 0 && address.ptr[colon - 1] != ':')
        colon--;
    const bool has_port =
        colon > 0 && bytes_find_byte(bytes_slice(address, colon, address.len), ']') < 0;
    const struct bytes host = has_port ? bytes_slice(address, 0, colon - 1) : address;
    if (!has_port || (bytes_find_byte(host, ':') >= 0 && !bytes_ends(host, "]")))
        return false;
    *ret_host = bytes_starts(host, "[") ? bytes_slice(host, 1, host.len - 1) : host;
    *ret_port = bytes_slice(address, colon - 1, address.len);
    return true;
}

static struct worth call_strip_port(const struct worth *args, size_t count,
                                    struct arena *arena)
{
    const char *text = text_of(&args[0], arena);
    struct bytes host, port;
    if (!split_port(bytes_of(text), &host, &port))
        return worth_of_text(text);
    return worth_of_text(arena_strndup(arena, host.ptr, host.len));
}

static bool is_address(struct bytes host)
{
    for (size_t i = 0; i < host.len; i++) {
        const char c = host.ptr[i];
        if (c == ':')
            return true;
        if (c != '.' && (c < '0' || c > '9'))
            return false;
    }
    return true;
}

static struct worth call_strip_domain(const struct worth *args, size_t count,
                                      struct arena *arena)
{
    const char *text = text_of(&args[0], arena);
    struct bytes host = bytes_of(text), port = {0};
    (void)split_port(bytes_of(text), &host, &port);
    const ptrdiff_t point = bytes_find_byte(host, '.');
    if (point < 0 || is_address(host))
        return worth_of_text(text);
    return worth_of_text(arena_printf(arena, "%.*s%.*s", (int)point, host.ptr,
                                      (int)port.len, port.ptr ? port.ptr : ""));
}

static struct worth call_print(const struct worth *args, size_t count,
                               struct arena *arena)
{
    struct buf text = BUF_MAX(TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        /* As Go's Sprint: a space between two operands when neither is a text. */
        if (i && args[i].kind != WORTH_TEXT && args[i - 1].kind != WORTH_TEXT)
            buf_add_byte(&text, ' ');
        worth_print(&args[i], &text);
    }
    return take(&text, arena);
}

static struct worth call_urlquery(const struct worth *args, size_t count,
                                  struct arena *arena)
{
    struct buf text = BUF_MAX(TEXT_MAX);
    for (const char *c = text_of(&args[0], arena); *c; c++) {
        const bool is_safe =
            lower(*c) != upper(*c) || (*c >= '0' && *c <= '9') || strchr("-_.~", *c);
        if (is_safe)
            buf_add_byte(&text, *c);
        else if (*c == ' ')
            buf_add_byte(&text, '+');
        else
            buf_printf(&text, "%%%02X", (unsigned)(unsigned char)*c);
    }
    return take(&text, arena);
}

static struct worth call_index(const struct worth *args, size_t count,
                               struct arena *arena)
{
    if (args[0].kind != WORTH_LABELS)
        return worth_of_text("");
    const char *value = labels_get(args[0].labels, text_of(&args[1], arena));
    return worth_of_text(value ? value : "");
}

static const char *refuse_index(const struct term *const *args, size_t count)
{
    const bool is_map =
        args[0]->kind == TERM_LABELS || args[0]->kind == TERM_EXTERNAL_LABELS;
    return is_map ? NULL : "index works on $labels and $externalLabels";
}

/* ---- the table ---- */

static const struct annotation_function functions[] = {
    {"humanize", 1, 1, call_humanize, NULL},
    {"humanize1024", 1, 1, call_humanize1024, NULL},
    {"humanizeDuration", 1, 1, call_duration, NULL},
    {"humanizePercentage", 1, 1, call_percentage, NULL},
    {"humanizeTimestamp", 1, 1, call_timestamp, NULL},
    {"index", 2, 2, call_index, refuse_index},
    {"print", 0, TERM_MAX_ARGS, call_print, NULL},
    {"stripDomain", 1, 1, call_strip_domain, NULL},
    {"stripPort", 1, 1, call_strip_port, NULL},
    {"title", 1, 1, call_title, NULL},
    {"toLower", 1, 1, call_lower, NULL},
    {"toUpper", 1, 1, call_upper, NULL},
    {"urlquery", 1, 1, call_urlquery, NULL},
};

const struct annotation_function *annotation_function_find(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        if (bytes_is(name, functions[i].name))
            return &functions[i];
    }
    return bytes_is(name, annotation_printf.name) ? &annotation_printf : NULL;
}
