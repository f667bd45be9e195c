/* SPDX-License-Identifier: Apache-2.0 */
/* See writer.h. What both formats have in common: cells, dispatch. */
#include "healthctl/writer.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "healthctl/writer_impl.h"
#include "lib/base/units.h"

const struct writer_type *writer_type_find(const char *name)
{
    if (!strcmp(name, "text"))
        return &writer_text;
    return !strcmp(name, "json") ? &writer_json : &writer_page;
}

static void release(void *ctx)
{
    struct writer *w = ctx;
    buf_finish(&w->text);
    json_decref(w->stack[0]);
}

struct writer *writer_create(struct arena *arena, const struct writer_type *type,
                             const struct screen *screen, struct wall now)
{
    struct writer *w = arena_alloc(arena, sizeof(*w));
    *w = (struct writer){
        .type = type,
        .screen = screen,
        .arena = arena,
        .now = now,
        .text = BUF_MAX(WRITER_MAX_BYTES),
    };
    w->stack[0] = json_object();
    assert(w->stack[0]);
    arena_cleanup(arena, release, w);
    return w;
}

void writer_set_now(struct writer *w, struct wall now)
{
    w->now = now;
}

/* ---- cells ---- */

struct cell cell_none(void)
{
    return (struct cell){.kind = CELL_NONE};
}

struct cell cell_toned(enum tone tone, const char *text)
{
    return (struct cell){
        .kind = text ? CELL_TEXT : CELL_NONE, .tone = tone, .text = text};
}

struct cell cell_text(const char *text)
{
    return cell_toned(TONE_PLAIN, text);
}

struct cell cell_count(int64_t count)
{
    return (struct cell){.kind = CELL_COUNT, .number = count};
}

struct cell cell_bool(bool truth)
{
    return (struct cell){.kind = CELL_BOOL, .number = truth};
}

struct cell cell_duration(nsec d)
{
    return (struct cell){.kind = CELL_DURATION, .number = d};
}

struct cell cell_time(struct wall at)
{
    return (struct cell){.kind = at.ns ? CELL_TIME : CELL_NONE, .number = at.ns};
}

struct cell cell_age(struct wall at)
{
    return (struct cell){.kind = at.ns ? CELL_AGE : CELL_NONE, .number = at.ns};
}

enum tone health_tone(enum health health)
{
    switch (health) {
    case HEALTH_UNKNOWN:
        return TONE_FAINT;
    case HEALTH_UP:
        return TONE_GOOD;
    case HEALTH_DEGRADED:
        return TONE_WARN;
    case HEALTH_DOWN:
        return TONE_BAD;
    }
    return TONE_PLAIN;
}

struct cell cell_health(enum health health)
{
    return cell_toned(health_tone(health), health_name(health));
}

/* People count whole seconds and more. */
static const char *span_shown(struct writer *w, nsec span)
{
    struct buf out = BUF_MAX(64);
    duration_format_short(
        &out, span < NSEC_PER_MINUTE ? span / NSEC_PER_SEC * NSEC_PER_SEC : span);
    return arena_keep(w->arena, &out);
}

static const char *age_shown(struct writer *w, int64_t at)
{
    const nsec age = w->now.ns - at;
    return age < NSEC_PER_SEC ? "now" : span_shown(w, age);
}

static const char *time_shown(struct writer *w, int64_t at)
{
    char text[WALL_TEXT_SIZE];
    const nsec age = w->now.ns - at;
    const char *relation = "now";
    wall_format((struct wall){at}, text);
    if (age >= NSEC_PER_SEC)
        relation = arena_printf(w->arena, "%s ago", span_shown(w, age));
    else if (age <= -NSEC_PER_SEC)
        relation = arena_printf(w->arena, "in %s", span_shown(w, -age));
    return arena_printf(w->arena, "%.10s %.8s UTC (%s)", text, text + 11, relation);
}

const char *cell_shown(struct writer *w, struct cell c)
{
    struct buf out = BUF_MAX(64);
    const char *text = "";
    switch (c.kind) {
    case CELL_NONE:
        break;
    case CELL_TEXT:
        return text_plain(w->arena, c.text);
    case CELL_COUNT:
        return arena_printf(w->arena, "%jd", (intmax_t)c.number);
    case CELL_BOOL:
        return c.number ? "yes" : "no";
    case CELL_DURATION:
        duration_format_short(&out, c.number);
        text = arena_keep(w->arena, &out);
        break;
    case CELL_TIME:
        return time_shown(w, c.number);
    case CELL_AGE:
        return age_shown(w, c.number);
    }
    return text;
}

/* ---- dispatch ---- */

void write_begin(struct writer *w, const char *key, const char *title)
{
    assert(w->depth + 1 < WRITER_MAX_DEPTH);
    w->type->begin(w, key, title);
}

void write_list(struct writer *w, const char *key)
{
    assert(w->depth + 1 < WRITER_MAX_DEPTH);
    w->type->list(w, key);
}

void write_end(struct writer *w)
{
    assert(w->depth > 0);
    w->type->end(w);
}

void write_field(struct writer *w, const char *key, const char *label, struct cell value)
{
    w->type->field(w, key, label, value);
}

void write_say(struct writer *w, enum tone tone, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = arena_vprintf(w->arena, fmt, args);
    va_end(args);
    w->type->say(w, tone, text);
}

void write_table(struct writer *w, const struct table *t)
{
    w->type->table(w, t);
}

void write_waterfall(struct writer *w, const char *key, const struct waterfall *f)
{
    w->type->waterfall(w, key, f);
}

void write_json(struct writer *w, const char *key, json_t *value)
{
    w->type->json(w, key, value);
}

void write_page(struct writer *w, const char *text)
{
    w->type->page(w, text);
}

bool writer_is_empty(const struct writer *w)
{
    return w->type->is_empty(w);
}

void writer_render(struct writer *w, struct buf *out)
{
    assert(w->depth == 0);
    w->type->render(w, out);
}
