/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer for people: headings, aligned fields and tables that fit the terminal, colour only where
 * it is wanted. Called through writer.h only. Whatever came from outside passes text_plain.
 */
#include <string.h>

#include "healthctl/waterfall.h"
#include "healthctl/writer_impl.h"
#include "lib/base/units.h"

enum { GAP = 2, LEAST_ELASTIC = 16, BAR_COLUMNS = 48, LEAST_BAR = 12 };

static const char *const tone_codes[] = {
    [TONE_PLAIN] = "",        [TONE_STRONG] = "\033[1m", [TONE_FAINT] = "\033[2m",
    [TONE_GOOD] = "\033[32m", [TONE_WARN] = "\033[33m",  [TONE_BAD] = "\033[1;31m",
};

static void add_toned(struct writer *w, enum tone tone, const char *text)
{
    const bool is_coloured = w->screen->has_colour && tone != TONE_PLAIN && *text;
    if (is_coloured)
        buf_add_text(&w->text, tone_codes[tone]);
    buf_add_text(&w->text, text);
    if (is_coloured)
        buf_add_text(&w->text, "\033[0m");
}

static void add_blanks(struct writer *w, size_t count)
{
    while (count--)
        buf_add_byte(&w->text, ' ');
}

static size_t room_left(const struct writer *w, size_t used)
{
    if (!w->screen->columns)
        return 0;
    return w->screen->columns > used + LEAST_ELASTIC ? w->screen->columns - used
                                                     : LEAST_ELASTIC;
}

/* ---- fields ---- */

static void flush_fields(struct writer *w)
{
    size_t widest = 0;
    for (size_t i = 0; i < w->pending_count; i++) {
        const size_t width = text_width(bytes_of(w->pending[i].label));
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < w->pending_count; i++) {
        const struct pending *p = &w->pending[i];
        const size_t indent = GAP + widest + GAP;
        const struct texts lines =
            text_wrap(w->arena, cell_shown(w, p->value), room_left(w, indent));
        add_blanks(w, GAP);
        add_toned(w, TONE_FAINT, p->label);
        add_blanks(w, indent - GAP - text_width(bytes_of(p->label)));
        for (size_t line = 0; line < lines.count; line++) {
            if (line > 0)
                add_blanks(w, indent);
            add_toned(w, p->value.tone, lines.items[line]);
            buf_add_byte(&w->text, '\n');
        }
    }
    w->pending_count = 0;
}

static void text_field(struct writer *w, const char *key, const char *label,
                       struct cell value)
{
    if (!label || value.kind == CELL_NONE)
        return;
    if (w->pending_count == WRITER_MAX_PENDING)
        flush_fields(w);
    w->pending[w->pending_count++] = (struct pending){label, value};
}

/* ---- parts and sentences ---- */

static void text_begin(struct writer *w, const char *key, const char *title)
{
    flush_fields(w);
    w->depth++;
    if (!title)
        return;
    if (w->text.len)
        buf_add_byte(&w->text, '\n');
    add_toned(w, TONE_STRONG, text_plain(w->arena, title));
    buf_add_byte(&w->text, '\n');
}

static void text_list(struct writer *w, const char *key)
{
    flush_fields(w);
    w->depth++;
}

static void text_end(struct writer *w)
{
    flush_fields(w);
    w->depth--;
}

static void text_say(struct writer *w, enum tone tone, const char *text)
{
    flush_fields(w);
    const struct texts lines =
        text_wrap(w->arena, text_plain(w->arena, text), room_left(w, 0));
    for (size_t i = 0; i < lines.count; i++) {
        add_toned(w, tone, lines.items[i]);
        buf_add_byte(&w->text, '\n');
    }
}

/* ---- tables ---- */

struct grid { /* a table being laid out; widths of hidden columns are 0 */
    const struct table *table;
    const char **shown; /* as cells */
    size_t *widths;
};

static size_t widest_line(struct arena *arena, const char *text)
{
    const struct texts lines = text_wrap(arena, text, 0);
    size_t widest = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const size_t width = text_width(bytes_of(lines.items[i]));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static struct grid grid_measure(struct writer *w, const struct table *t)
{
    const size_t cells = t->row_count * t->column_count;
    struct grid g = {
        .table = t,
        .shown = arena_alloc(w->arena, (cells + 1) * sizeof(*g.shown)),
        .widths = arena_alloc(w->arena, t->column_count * sizeof(*g.widths)),
    };
    for (size_t i = 0; i < t->column_count; i++)
        g.widths[i] = t->columns[i].title ? text_width(bytes_of(t->columns[i].title)) : 0;
    for (size_t i = 0; i < cells; i++) {
        const size_t column = i % t->column_count;
        if (!t->columns[column].title)
            continue;
        g.shown[i] = cell_shown(w, t->cells[i]);
        const size_t width = widest_line(w->arena, g.shown[i]);
        if (width > g.widths[column])
            g.widths[column] = width;
    }
    return g;
}

/* Elastic columns share what the others leave of the terminal, the narrow ones first. */
static void grid_fit(struct grid *g, size_t columns)
{
    const struct table *t = g->table;
    size_t fixed = GAP, elastic = 0, wanted = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        if (!t->columns[i].title)
            continue;
        fixed += GAP + (t->columns[i].is_elastic ? 0 : g->widths[i]);
        elastic += t->columns[i].is_elastic;
        wanted += t->columns[i].is_elastic ? g->widths[i] : 0;
    }
    size_t room = columns > fixed ? columns - fixed : 0;
    if (!columns || wanted <= room)
        return;
    for (size_t i = 0; i < t->column_count; i++) {
        if (!t->columns[i].title || !t->columns[i].is_elastic)
            continue;
        const size_t share =
            room / elastic > LEAST_ELASTIC ? room / elastic : LEAST_ELASTIC;
        if (g->widths[i] > share)
            g->widths[i] = share;
        room -= g->widths[i] < room ? g->widths[i] : room;
        elastic--;
    }
}

static void add_padded(struct writer *w, const struct column *c, size_t width,
                       enum tone tone, const char *text, bool is_last)
{
    const size_t used = text_width(bytes_of(text));
    const size_t blanks = width > used ? width - used : 0;
    add_blanks(w, c->is_right ? blanks : 0);
    add_toned(w, tone, text);
    add_blanks(w, c->is_right || is_last ? 0 : blanks);
}

/* Blanks at the end of a line help nobody. */
static void end_line(struct writer *w)
{
    while (w->text.len && w->text.ptr[w->text.len - 1] == ' ')
        w->text.len--;
    buf_add_byte(&w->text, '\n');
}

static void add_row(struct writer *w, const struct grid *g, const struct cell *cells,
                    const char **shown)
{
    const struct table *t = g->table;
    struct texts *wrapped = arena_alloc(w->arena, t->column_count * sizeof(*wrapped));
    size_t lines = 1;
    for (size_t i = 0; i < t->column_count; i++) {
        if (!t->columns[i].title)
            continue;
        wrapped[i] =
            text_wrap(w->arena, shown[i], t->columns[i].is_elastic ? g->widths[i] : 0);
        lines = wrapped[i].count > lines ? wrapped[i].count : lines;
    }
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = 0; i < t->column_count; i++) {
            if (!t->columns[i].title)
                continue;
            add_blanks(w, GAP);
            add_padded(w, &t->columns[i], g->widths[i],
                       cells ? cells[i].tone : TONE_FAINT,
                       line < wrapped[i].count ? wrapped[i].items[line] : "", false);
        }
        end_line(w);
    }
}

static bool has_titles(const struct table *t)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].title && *t->columns[i].title)
            return true;
    }
    return false;
}

static void text_table(struct writer *w, const struct table *t)
{
    flush_fields(w);
    if (!t->row_count)
        return;
    struct grid g = grid_measure(w, t);
    grid_fit(&g, w->screen->columns);
    if (has_titles(t)) {
        const char **titles = arena_alloc(w->arena, t->column_count * sizeof(*titles));
        for (size_t i = 0; i < t->column_count; i++)
            titles[i] = t->columns[i].title;
        add_row(w, &g, NULL, titles);
    }
    for (size_t row = 0; row < t->row_count; row++)
        add_row(w, &g, t->cells + row * t->column_count, g.shown + row * t->column_count);
}

/* ---- phases ---- */

static void add_phase(struct writer *w, const struct waterfall *f, size_t phase,
                      nsec start)
{
    struct buf took = BUF_MAX(64), bar = BUF_MAX(1024);
    duration_format_short(&took, f->phases[phase]);
    add_blanks(w, GAP);
    text_pad(&w->text, phase_name((enum phase)phase), 10);
    add_blanks(w, took.len < 9 ? 9 - took.len : 0);
    buf_add_bytes(&w->text, buf_bytes(&took));
    if (w->screen->is_terminal) {
        size_t width =
            w->screen->columns > 24 + LEAST_BAR ? w->screen->columns - 24 : LEAST_BAR;
        width = width > BAR_COLUMNS ? BAR_COLUMNS : width;
        bar_draw(&bar, start, f->phases[phase], f->total, width, w->screen->has_utf8);
        add_blanks(w, GAP);
        add_toned(w, TONE_GOOD, buf_text(&bar));
    }
    buf_add_byte(&w->text, '\n');
    buf_finish(&took);
    buf_finish(&bar);
}

static void text_waterfall(struct writer *w, const char *key, const struct waterfall *f)
{
    flush_fields(w);
    nsec start = 0;
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        if (f->phases[i] > 0)
            add_phase(w, f, i, start);
        start += f->phases[i];
    }
}

static void text_json(struct writer *w, const char *key, json_t *value)
{
    json_decref(value);
}

static void text_page(struct writer *w, const char *text)
{
}

static bool text_is_empty(const struct writer *w)
{
    return !w->text.len && !w->pending_count;
}

static void text_render(struct writer *w, struct buf *out)
{
    flush_fields(w);
    buf_add_bytes(out, buf_bytes(&w->text));
}

const struct writer_type writer_text = {
    .name = "text",
    .begin = text_begin,
    .end = text_end,
    .list = text_list,
    .field = text_field,
    .say = text_say,
    .table = text_table,
    .waterfall = text_waterfall,
    .json = text_json,
    .page = text_page,
    .is_empty = text_is_empty,
    .render = text_render,
};
