/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of faults and how it is shown. Called by all that reads configuration; copies what it is
 * told, so that a rejected configuration may be gone when its faults are printed. Never decides what
 * is a fault, and writes nowhere but into the caller's buffer.
 */
#include "lib/core/diag.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const char *file;
    struct bytes text;
    size_t number; /* in order of reading, from 1 */
    struct source *next;
};

struct diag {
    struct arena *arena;
    struct diagnosis *first, *last;
    struct source *sources;
    size_t count, errors, warnings;
};

enum {
    ERRORS_SHOWN = 20,
    LINE_WIDTH = 100, /* of a source line that is shown, in characters */
    LINE_BEFORE =
        60, /* of it, at most this much before the caret when the line is longer */
};

struct diag *diag_create(struct arena *arena)
{
    struct diag *d = arena_alloc(arena, sizeof(*d));
    d->arena = arena;
    return d;
}

static struct source *source_find(const struct diag *d, const char *file)
{
    for (struct source *s = d->sources; s; s = s->next) {
        if (!strcmp(s->file, file))
            return s;
    }
    return NULL;
}

void diag_source(struct diag *d, const char *file, struct bytes text)
{
    struct source *s = source_find(d, file);
    if (!s) {
        s = arena_alloc(d->arena, sizeof(*s));
        s->file = arena_strdup(d->arena, file);
        s->next = d->sources;
        s->number = d->sources ? d->sources->number + 1 : 1;
        d->sources = s;
    }
    s->text = (struct bytes){arena_memdup(d->arena, text.ptr, text.len), text.len};
}

struct bytes diag_source_text(const struct diag *d, const char *file)
{
    const struct source *s = file ? source_find(d, file) : NULL;
    return s ? s->text : (struct bytes){0};
}

/* Places of one file share its name. */
static const char *file_name(struct diag *d, const char *file)
{
    if (!file)
        return NULL;
    const struct source *s = source_find(d, file);
    if (s)
        return s->file;
    if (d->last && d->last->at.file && !strcmp(d->last->at.file, file))
        return d->last->at.file;
    return arena_strdup(d->arena, file);
}

static void diag_add(struct diag *d, enum severity severity, struct place at,
                     const char *fmt, va_list args) PRINTF_LIKE(4, 0);
static void diag_add(struct diag *d, enum severity severity, struct place at,
                     const char *fmt, va_list args)
{
    struct diagnosis *x = arena_alloc(d->arena, sizeof(*x));
    x->severity = severity;
    x->at = (struct place){file_name(d, at.file), at.line, at.column};
    x->text = arena_vprintf(d->arena, fmt, args);
    if (d->last)
        d->last->next = x;
    else
        d->first = x;
    d->last = x;
    d->count++;
    d->errors += severity == SEVERITY_ERROR;
    d->warnings += severity == SEVERITY_WARNING;
}

bool diag_error(struct diag *d, struct place at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    diag_add(d, SEVERITY_ERROR, at, fmt, args);
    va_end(args);
    return false;
}

void diag_warning(struct diag *d, struct place at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    diag_add(d, SEVERITY_WARNING, at, fmt, args);
    va_end(args);
}

void diag_note(struct diag *d, struct place at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    diag_add(d, SEVERITY_NOTE, at, fmt, args);
    va_end(args);
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
    if (!d->last)
        return;
    va_list args;
    va_start(args, fmt);
    d->last->hint = arena_vprintf(d->arena, fmt, args);
    va_end(args);
}

size_t diag_error_count(const struct diag *d)
{
    return d->errors;
}

size_t diag_warning_count(const struct diag *d)
{
    return d->warnings;
}

const struct diagnosis *diag_first(const struct diag *d)
{
    return d->first;
}

/* ---- order ---- */

struct place_order { /* where a diagnosis goes: a note goes with what it explains */
    struct diagnosis *diagnosis;
    struct place at;
    size_t file, number; /* of the file, and of the report */
};

static int compare(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int place_compare(const void *left, const void *right)
{
    const struct place_order *a = left, *b = right;
    int order = compare(a->file, b->file);
    if (!order && a->at.file && b->at.file)
        order = strcmp(a->at.file, b->at.file);
    if (!order)
        order = compare((size_t)a->at.line, (size_t)b->at.line);
    if (!order)
        order = compare((size_t)a->at.column, (size_t)b->at.column);
    return order ? order : compare(a->number, b->number);
}

static size_t file_number(const struct diag *d, const char *file)
{
    const struct source *s = file ? source_find(d, file) : NULL;
    return s ? s->number : file ? SIZE_MAX : 0;
}

static bool is_same(const struct diagnosis *a, const struct diagnosis *b)
{
    return a->severity == b->severity && a->at.file == b->at.file &&
           a->at.line == b->at.line && a->at.column == b->at.column &&
           !strcmp(a->text, b->text);
}

static void link_in_order(struct diag *d, const struct place_order *list, size_t count)
{
    struct diagnosis *last = NULL;
    d->first = NULL;
    d->count = d->errors = d->warnings = 0;
    for (size_t i = 0; i < count; i++) {
        struct diagnosis *x = list[i].diagnosis;
        if (last && is_same(last, x))
            continue;
        if (last)
            last->next = x;
        else
            d->first = x;
        last = x;
        d->count++;
        d->errors += x->severity == SEVERITY_ERROR;
        d->warnings += x->severity == SEVERITY_WARNING;
    }
    if (last)
        last->next = NULL;
    d->last = last;
}

void diag_sort(struct diag *d)
{
    struct place_order *list = arena_alloc(d->arena, (d->count + 1) * sizeof(*list));
    size_t count = 0;
    for (struct diagnosis *x = d->first; x; x = x->next) {
        const bool goes_along = x->severity == SEVERITY_NOTE && count > 0;
        const struct place at = goes_along ? list[count - 1].at : x->at;
        list[count] = (struct place_order){x, at, file_number(d, at.file), count};
        count++;
    }
    qsort(list, count, sizeof(*list), place_compare);
    link_in_order(d, list, count);
}

static const char *const severity_names[] = {
    [SEVERITY_ERROR] = "error",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_NOTE] = "note",
};

static const char *const severity_colours[] = {
    [SEVERITY_ERROR] = "\033[1;31m",
    [SEVERITY_WARNING] = "\033[1;33m",
    [SEVERITY_NOTE] = "\033[1;36m",
};

static bool source_line(const struct diag *d, struct place at, struct bytes *ret_line)
{
    const struct source *s = at.file && at.line > 0 ? source_find(d, at.file) : NULL;
    if (!s)
        return false;
    struct bytes rest = s->text, line = {0};
    for (int i = 0; i < at.line; i++) {
        if (!bytes_token(&rest, '\n', &line))
            return false;
    }
    if (bytes_ends(line, "\r"))
        line.len--;
    *ret_line = line;
    return line.len > 0;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The part of the line around a 1-based column; ret_column becomes its column in that part. */
static struct bytes line_window(struct bytes line, int *column)
{
    const int skip = *column > LINE_WIDTH ? *column - LINE_BEFORE : 0;
    int seen = 0;
    size_t from = 0, to = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (!is_continuation(line.ptr[i]))
            seen++;
        if (seen <= skip)
            from = i + 1;
        if (seen <= skip + LINE_WIDTH)
            to = i + 1;
    }
    *column -= skip;
    return bytes_slice(line, from, to);
}

static void add_shown_line(struct buf *out, struct bytes line)
{
    for (size_t i = 0; i < line.len; i++) {
        const unsigned char c = (unsigned char)line.ptr[i];
        /* A terminal must not obey what a configuration holds. */
        buf_add_byte(out, c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : (char)c);
    }
    buf_add_byte(out, '\n');
}

static void render_line(const struct diag *d, struct place at, struct buf *out,
                        bool colour)
{
    struct bytes line;
    if (!source_line(d, at, &line))
        return;
    int column = at.column;
    const struct bytes shown = line_window(line, &column);
    buf_printf(out, "%5d | ", at.line);
    add_shown_line(out, shown);
    if (column <= 0)
        return;
    buf_printf(out, "      | %*s%s^%s\n", column - 1, "", colour ? "\033[1;32m" : "",
               colour ? "\033[0m" : "");
}

static void render_one(const struct diag *d, const struct diagnosis *x, struct buf *out,
                       bool colour)
{
    if (x->at.file) {
        buf_add_text(out, x->at.file);
        if (x->at.line > 0)
            buf_printf(out, ":%d", x->at.line);
        if (x->at.line > 0 && x->at.column > 0)
            buf_printf(out, ":%d", x->at.column);
        buf_add_text(out, ": ");
    }
    buf_printf(out, "%s%s:%s %s\n", colour ? severity_colours[x->severity] : "",
               severity_names[x->severity], colour ? "\033[0m" : "", x->text);
    render_line(d, x->at, out, colour);
    if (x->hint)
        buf_printf(out, "  hint: %s\n", x->hint);
}

void diag_render(const struct diag *d, struct buf *out, bool colour)
{
    size_t shown = 0;
    for (const struct diagnosis *x = d->first; x; x = x->next) {
        if (x->severity == SEVERITY_ERROR && ++shown > ERRORS_SHOWN)
            break;
        render_one(d, x, out, colour);
    }
    if (d->errors > ERRORS_SHOWN)
        buf_printf(out, "and %zu more errors\n", d->errors - ERRORS_SHOWN);
}
