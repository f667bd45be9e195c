/* SPDX-License-Identifier: Apache-2.0 */
/* See series_notation.h. The notation is that of https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
#include "lib/query/series_notation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/query/matcher.h"

/* ---- labels ---- */

static bool is_metric(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool is_letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
        if (!is_letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

static bool sort_distinct(struct label *items, size_t count, struct err *e)
{
    labels_sort(items, count);
    for (size_t i = 1; i < count; i++) {
        if (!strcmp(items[i - 1].name, items[i].name))
            return err_set(e, "the label '%s' is given twice", items[i].name);
    }
    return true;
}

bool series_notation_labels(struct arena *arena, const char *text, struct labels *ret,
                            struct err *e)
{
    const struct bytes all = bytes_trim(bytes_of(text));
    const ptrdiff_t brace = bytes_find_byte(all, '{');
    const struct bytes name =
        bytes_trim(brace < 0 ? all : bytes_slice(all, 0, (size_t)brace));
    struct matchers m = {0};
    size_t count = 0;
    if (!is_metric(name))
        return err_set(e, "'%.*s' is no metric's name", (int)name.len, name.ptr);
    if (brace >= 0 &&
        !matchers_parse(
            arena, arena_strndup(arena, all.ptr + brace, all.len - (size_t)brace), &m, e))
        return false;
    struct label *items = arena_alloc(arena, (m.count + 2) * sizeof(*items));
    if (name.len)
        items[count++] =
            (struct label){"__name__", arena_strndup(arena, name.ptr, name.len)};
    for (size_t i = 0; i < m.count; i++) {
        if (m.items[i].op != MATCH_EQUAL)
            return err_set(e, "a series' labels are given with '=': %s", text);
        if (*m.items[i].value)
            items[count++] = (struct label){m.items[i].name, m.items[i].value};
    }
    *ret = (struct labels){items, count};
    return sort_distinct(items, count, e);
}

/* ---- samples ---- */

struct item { /* one word: start, step, how many more */
    bool is_gap, is_stale;
    double value, delta;
    uint64_t more;
};

/* Consumes a number; signs within it only after an exponent's e. */
static bool take_number(struct bytes *in, double *ret)
{
    const struct bytes word = *in;
    size_t len = word.len && (word.ptr[0] == '+' || word.ptr[0] == '-');
    for (; len < word.len; len++) {
        const char c = word.ptr[len];
        const bool is_exponent_sign =
            (c == '+' || c == '-') && len > 1 && (word.ptr[len - 1] | 32) == 'e' &&
            (byte_is_digit(word.ptr[len - 2]) || word.ptr[len - 2] == '.');
        if (c == 'x' || ((c == '+' || c == '-') && !is_exponent_sign))
            break;
    }
    *in = bytes_slice(word, len, word.len);
    return bytes_to_double(bytes_slice(word, 0, len), ret);
}

static bool take_times(struct bytes *in, uint64_t *ret)
{
    if (!in->len)
        return true;
    if (in->ptr[0] != 'x' || !bytes_to_u64(bytes_slice(*in, 1, in->len), ret))
        return false;
    *in = (struct bytes){0};
    return true;
}

static bool read_item(struct bytes word, struct item *ret)
{
    struct item x = {0};
    if (bytes_is(word, "stale")) {
        *ret = (struct item){.is_stale = true};
        return true;
    }
    if (word.ptr[0] == '_') {
        word = bytes_slice(word, 1, word.len);
        x.is_gap = true;
        x.more = 1;
        const bool ok = take_times(&word, &x.more);
        *ret = x;
        return ok;
    }
    if (!take_number(&word, &x.value))
        return false;
    if (word.len && word.ptr[0] != 'x' && !take_number(&word, &x.delta))
        return false;
    if (x.delta != 0 && !word.len)
        return false;
    const bool ok = take_times(&word, &x.more);
    *ret = x;
    return ok;
}

struct writer {
    struct point *items; /* NULL: only counted */
    size_t count;
    int64_t at, step;
};

static void write_point(struct writer *w, double value)
{
    if (w->items)
        w->items[w->count] = (struct point){w->at, value};
    w->count++;
    w->at += w->step;
}

static void write_item(struct writer *w, const struct item *x)
{
    double value = x->value;
    if (x->is_gap) {
        w->at += (int64_t)x->more * w->step;
        return;
    }
    write_point(w, x->is_stale ? stale_marker() : value);
    for (uint64_t i = 0; i < x->more; i++) {
        value += x->delta;
        write_point(w, value);
    }
}

static bool write_all(struct writer *w, struct bytes text, struct err *e)
{
    struct bytes word;
    while (bytes_token(&text, ' ', &word)) {
        struct item x;
        word = bytes_trim(word);
        if (!word.len)
            continue;
        if (bytes_starts(word, "{{"))
            return err_set(e, "native histograms are not supported: %.*s",
                           (int)(word.len < 40 ? word.len : 40), word.ptr);
        if (!read_item(word, &x))
            return err_set(e,
                           "'%.*s' is no sample: expected 1, 1x4, 1+2x3, _, _x3 or stale",
                           (int)(word.len < 40 ? word.len : 40), word.ptr);
        if (x.more > SERIES_NOTATION_MAX_POINTS ||
            w->count + x.more > SERIES_NOTATION_MAX_POINTS)
            return err_set(e, "more than %d samples", SERIES_NOTATION_MAX_POINTS);
        write_item(w, &x);
    }
    return true;
}

bool series_notation_points(struct arena *arena, const char *text, int64_t start,
                            int64_t step, struct points *ret, struct err *e)
{
    char *flat = arena_strdup(arena, text);
    for (char *c = flat; *c; c++)
        *c = *c == '\n' || *c == '\t' || *c == '\r' ? ' ' : *c;
    struct writer counting = {.at = start, .step = step};
    if (!write_all(&counting, bytes_of(flat), e))
        return false;
    struct writer w = {.at = start, .step = step};
    w.items = arena_alloc(arena, (counting.count + 1) * sizeof(*w.items));
    (void)write_all(&w, bytes_of(flat), e);
    *ret = (struct points){w.items, w.count};
    return true;
}
