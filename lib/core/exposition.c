/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of metrics, line by line, and the families that their comments declare. Called by whoever reads such a page: the
 * scrape probe, the host's textfile collector. The inside of a sample's line is exposition_line.c's.
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "lib/base/map.h"
#include "lib/core/exposition_impl.h"

#define DEFAULT_LINE ((size_t)64 << 10)
#define DEFAULT_NAME 512u
#define DEFAULT_VALUE ((size_t)16 << 10)
#define DEFAULT_LABELS 64u
#define DEFAULT_SAMPLES 200000u
#define DEFAULT_FAMILIES 20000u

struct exposition {
    struct arena *arena;
    enum exposition_format format;
    struct exposition_caps caps;
    struct exposition_reader reader;
    struct map *families;
    struct exposition_family *current; /* the next sample is likely to be its own */
    struct buf rest;                   /* of a line that has not ended */
    struct exposition_row row;
    size_t lines, samples;
    bool has_eof;
};

/* ---- types ---- */

static const struct {
    const char *name, *text_name;
    const char *const *suffixes; /* of its samples; ended by NULL */
} types[] = {
    [EXPOSITION_UNKNOWN] = {"unknown", "untyped", (const char *const[]){"", NULL}},
    [EXPOSITION_GAUGE] = {"gauge", "gauge", (const char *const[]){"", NULL}},
    [EXPOSITION_COUNTER] = {"counter", "counter",
                            (const char *const[]){"", "_total", "_created", NULL}},
    [EXPOSITION_HISTOGRAM] = {"histogram", "histogram",
                              (const char *const[]){"_bucket", "_sum", "_count",
                                                    "_created", NULL}},
    [EXPOSITION_GAUGE_HISTOGRAM] = {"gaugehistogram", "gaugehistogram",
                                    (const char *const[]){"_bucket", "_gsum", "_gcount",
                                                          NULL}},
    [EXPOSITION_SUMMARY] = {"summary", "summary",
                            (const char *const[]){"", "_sum", "_count", "_created",
                                                  NULL}},
    [EXPOSITION_INFO] = {"info", "info", (const char *const[]){"_info", NULL}},
    [EXPOSITION_STATESET] = {"stateset", "stateset", (const char *const[]){"", NULL}},
};

const char *exposition_type_name(enum exposition_type type)
{
    return types[type].name;
}

static bool type_of(struct bytes word, enum exposition_type *ret_type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (bytes_is(word, types[i].name) || bytes_is(word, types[i].text_name)) {
            *ret_type = (enum exposition_type)i;
            return true;
        }
    }
    return false;
}

enum exposition_format exposition_format_of(const char *content_type)
{
    static const char openmetrics[] = "application/openmetrics-text";
    return content_type &&
                   !strncasecmp(content_type, openmetrics, sizeof(openmetrics) - 1)
               ? EXPOSITION_OPENMETRICS
               : EXPOSITION_TEXT;
}

enum metric_kind exposition_kind(const struct exposition_sample *sample,
                                 struct bytes *ret_family)
{
    *ret_family = sample->name;
    const bool is_part = !bytes_is(sample->suffix, "_created");
    switch (sample->family->type) {
    case EXPOSITION_GAUGE:
    case EXPOSITION_INFO:
    case EXPOSITION_STATESET:
        return METRIC_GAUGE;
    case EXPOSITION_COUNTER:
        return is_part ? METRIC_COUNTER : METRIC_GAUGE;
    case EXPOSITION_HISTOGRAM:
    case EXPOSITION_SUMMARY:
        if (!is_part)
            return METRIC_GAUGE;
        *ret_family = bytes_slice(sample->name, 0, sample->name.len - sample->suffix.len);
        return sample->family->type == EXPOSITION_SUMMARY ? METRIC_SUMMARY
                                                          : METRIC_HISTOGRAM;
    case EXPOSITION_UNKNOWN:
    case EXPOSITION_GAUGE_HISTOGRAM:
        return METRIC_UNTYPED;
    }
    assert(0);
    return METRIC_UNTYPED;
}

static bool over_cap(struct exposition *x, struct err *e, size_t cap, const char *what)
{
    x->row.is_over_cap = true;
    return err_set(e, "more than %zu %s", cap, what);
}

/* ---- families ---- */

static bool owns(const struct exposition_family *f, struct bytes name,
                 struct bytes *ret_suffix)
{
    const size_t len = strlen(f->name);
    if (name.len < len || memcmp(name.ptr, f->name, len) != 0)
        return false;
    const struct bytes suffix = bytes_slice(name, len, name.len);
    for (const char *const *s = types[f->type].suffixes; *s; s++) {
        if (bytes_is(suffix, *s)) {
            *ret_suffix = suffix;
            return true;
        }
    }
    return false;
}

/* Finds or makes; NULL (and e) when there are too many. */
static struct exposition_family *family_of(struct exposition *x, struct bytes name,
                                           struct err *e)
{
    struct exposition_family *f = map_get(x->families, name);
    if (f)
        return f;
    if (map_count(x->families) >= x->caps.families) {
        over_cap(x, e, x->caps.families, "metrics");
        return NULL;
    }
    f = arena_alloc(x->arena, sizeof(*f));
    *f = (struct exposition_family){
        .name = arena_strndup(x->arena, name.ptr, name.len), .help = "", .unit = ""};
    map_put(x->families, name, f);
    return f;
}

/* Whose sample this is: what was declared last, else what was declared earlier, else a family of its own. */
static struct exposition_family *family_of_sample(struct exposition *x, struct bytes name,
                                                  struct bytes *ret_suffix, struct err *e)
{
    static const char *const suffixes[] = {"_total", "_created", "_bucket", "_sum",
                                           "_count", "_info",    "_gsum",   "_gcount"};
    if (x->current && owns(x->current, name, ret_suffix))
        return x->current;
    struct exposition_family *f = map_get(x->families, name);
    if (f && owns(f, name, ret_suffix))
        return f;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (!bytes_ends(name, suffixes[i]))
            continue;
        struct exposition_family *base =
            map_get(x->families, bytes_slice(name, 0, name.len - strlen(suffixes[i])));
        if (base && owns(base, name, ret_suffix))
            return base;
    }
    *ret_suffix = (struct bytes){0};
    if (!f)
        return family_of(x, name, e);
    /* "x" beside a histogram x: nothing is known of it. */
    struct exposition_family *odd = arena_alloc(x->arena, sizeof(*odd));
    *odd = (struct exposition_family){.name = f->name, .help = "", .unit = ""};
    return odd;
}

static const char *help_copy(struct arena *arena, struct bytes text)
{
    text = bytes_cut(text, EXPOSITION_MAX_HELP);
    char *copy = arena_alloc(arena, text.len + 1);
    copy[exposition_unescape(text, copy)] = '\0';
    return copy;
}

static bool declare_type(struct exposition *x, struct exposition_family *f,
                         struct bytes word, struct err *e)
{
    enum exposition_type type;
    if (!type_of(bytes_trim(word), &type))
        return err_set(e, "'%.*s' is no type of metric", (int)bytes_cut(word, 40).len,
                       word.ptr);
    if (f->has_samples && f->type != type)
        return x->format == EXPOSITION_TEXT ||
               err_set(e, "the type of %s comes behind its samples", f->name);
    f->type = type;
    return true;
}

/* "# TYPE name type", "# HELP name text", "# UNIT name unit"; any other comment is passed over. */
static bool read_comment(struct exposition *x, struct bytes line, struct err *e)
{
    struct bytes word, name;
    line = bytes_slice(line, 1, line.len);
    if (x->format == EXPOSITION_OPENMETRICS && bytes_is(line, " EOF")) {
        x->has_eof = true;
        return true;
    }
    while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        line = bytes_slice(line, 1, line.len);
    if (!bytes_token(&line, ' ', &word) ||
        !(bytes_is(word, "TYPE") || bytes_is(word, "HELP") || bytes_is(word, "UNIT")))
        return true;
    if (!bytes_token(&line, ' ', &name) || !exposition_name_valid(name) ||
        name.len > x->caps.name_bytes)
        return err_set(e, "expected a metric's name behind # %.*s", (int)word.len,
                       word.ptr);
    struct exposition_family *f = family_of(x, name, e);
    if (!f)
        return false;
    x->current = f;
    if (bytes_is(word, "TYPE"))
        return declare_type(x, f, line, e);
    if (bytes_is(word, "HELP"))
        f->help = help_copy(x->arena, line);
    else
        f->unit = help_copy(x->arena, bytes_trim(line));
    return true;
}

/* ---- lines ---- */

static bool read_sample(struct exposition *x, struct bytes line, struct err *e)
{
    struct exposition_row *row = &x->row;
    if (!exposition_row_read(row, line, x->format, &x->caps, e))
        return false;
    if (++x->samples > x->caps.samples)
        return over_cap(x, e, x->caps.samples, "samples");
    struct exposition_sample sample = {.name = row->name,
                                       .labels = row->labels,
                                       .label_count = row->label_count,
                                       .value = row->value,
                                       .has_time = row->has_time,
                                       .time = row->time,
                                       .line = x->lines};
    sample.family = family_of_sample(x, row->name, &sample.suffix, e);
    if (!sample.family)
        return false;
    sample.family->has_samples = true;
    x->current = sample.family;
    return x->reader.sample(x->reader.ctx, &sample, e);
}

static bool read_line_inside(struct exposition *x, struct bytes line, struct err *e)
{
    if (line.len > x->caps.line_bytes)
        return over_cap(x, e, x->caps.line_bytes, "bytes in one line");
    if (x->has_eof)
        return err_set(e, "something comes behind # EOF");
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (memchr(line.ptr ? line.ptr : "", '\0', line.len))
        return err_set(e, "a NUL byte: this is no text");
    while (x->format == EXPOSITION_TEXT && line.len &&
           (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        line = bytes_slice(line, 1, line.len);
    if (!line.len)
        return x->format == EXPOSITION_TEXT || err_set(e, "an empty line");
    return line.ptr[0] == '#' ? read_comment(x, line, e) : read_sample(x, line, e);
}

static bool read_line(struct exposition *x, struct bytes line, struct err *e)
{
    x->lines++;
    return read_line_inside(x, line, e) || err_wrap(e, "line %zu", x->lines);
}

/* The part of a line that more is to come of. */
static bool keep_rest(struct exposition *x, struct bytes part, struct err *e)
{
    buf_add_bytes(&x->rest, part);
    if (!x->rest.overflow && x->rest.len <= x->caps.line_bytes)
        return true;
    over_cap(x, e, x->caps.line_bytes, "bytes in one line");
    return err_wrap(e, "line %zu", x->lines + 1);
}

bool exposition_feed(struct exposition *x, struct bytes piece, struct err *e)
{
    while (piece.len) {
        const char *newline = memchr(piece.ptr, '\n', piece.len);
        if (!newline)
            return keep_rest(x, piece, e);
        const size_t len = (size_t)(newline - piece.ptr);
        struct bytes line = bytes_slice(piece, 0, len);
        if (x->rest.len) {
            if (!keep_rest(x, line, e))
                return false;
            line = buf_bytes(&x->rest);
        }
        if (!read_line(x, line, e))
            return false;
        buf_clear(&x->rest);
        piece = bytes_slice(piece, len + 1, piece.len);
    }
    return true;
}

bool exposition_end(struct exposition *x, struct err *e)
{
    if (x->rest.len && !read_line(x, buf_bytes(&x->rest), e))
        return false;
    buf_clear(&x->rest);
    return x->format == EXPOSITION_TEXT || x->has_eof ||
           err_set(e, "line %zu: the page does not end with # EOF: it was cut off",
                   x->lines);
}

/* ---- the reader ---- */

static size_t or_default(size_t cap, size_t by_default)
{
    return cap ? cap : by_default;
}

static void exposition_finish(void *ctx)
{
    struct exposition *x = ctx;
    map_destroy(x->families);
    buf_finish(&x->rest);
    buf_finish(&x->row.text);
}

struct exposition *exposition_create(struct arena *arena, enum exposition_format format,
                                     const struct exposition_caps *caps,
                                     struct exposition_reader reader)
{
    const struct exposition_caps said = caps ? *caps : (struct exposition_caps){0};
    struct exposition *x = arena_alloc(arena, sizeof(*x));
    const size_t labels = or_default(said.labels, DEFAULT_LABELS);
    x->arena = arena;
    x->format = format;
    x->caps = (struct exposition_caps){
        .line_bytes = or_default(said.line_bytes, DEFAULT_LINE),
        .name_bytes = or_default(said.name_bytes, DEFAULT_NAME),
        .value_bytes = or_default(said.value_bytes, DEFAULT_VALUE),
        .labels = labels < EXPOSITION_MAX_LABELS ? labels : EXPOSITION_MAX_LABELS,
        .samples = or_default(said.samples, DEFAULT_SAMPLES),
        .families = or_default(said.families, DEFAULT_FAMILIES)};
    x->reader = reader;
    x->families = map_create();
    x->rest = BUF_MAX(x->caps.line_bytes + 1);
    x->row.text = BUF_MAX(x->caps.line_bytes + 1);
    arena_cleanup(arena, exposition_finish, x);
    return x;
}

size_t exposition_samples(const struct exposition *x)
{
    return x->samples;
}

bool exposition_is_over_cap(const struct exposition *x)
{
    return x->row.is_over_cap;
}

size_t exposition_lines(const struct exposition *x)
{
    return x->lines;
}
