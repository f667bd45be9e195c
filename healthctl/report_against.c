/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comparison with a baseline, in each format of reports: a table for people, an object for programs, a test suite of its
 * own for JUnit, so that the flows' suites count what they counted. See report.h.
 */
#include <string.h>

#include "healthctl/report.h"
#include "healthctl/writer.h"

/* ---- text ---- */

static const struct column columns[] = {
    {.title = "STEP"},
    {.title = ""},
    {.title = "P95", .is_right = true},
    {.title = "WAS", .is_right = true},
    {.title = "WHAT DIFFERS", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static enum tone tone_of(enum compared verdict)
{
    static const enum tone tones[] = {
        [COMPARED_NOT] = TONE_FAINT,   [COMPARED_SAME] = TONE_GOOD,
        [COMPARED_SLOWER] = TONE_WARN, [COMPARED_CHANGED] = TONE_BAD,
        [COMPARED_BROKEN] = TONE_BAD,
    };
    return tones[verdict];
}

static struct cell seconds_cell(double seconds)
{
    return seconds > 0 ? cell_duration((nsec)(seconds * 1e9)) : cell_none();
}

/* "step" or "step (probe)" where a step asks several. */
static const char *name_of(const struct compared_step *s, struct arena *arena)
{
    const char *slash = strrchr(s->step, '/');
    return !strcmp(slash ? slash + 1 : s->step, s->probe)
               ? s->step
               : arena_printf(arena, "%s (%s)", s->step, s->probe);
}

static const char *words_of(const struct compared_step *s, struct arena *arena)
{
    return *s->why && *s->note ? arena_printf(arena, "%s; %s", s->why, s->note)
           : *s->why           ? s->why
                               : s->note;
}

static const char *heading(const struct comparison *c, struct arena *arena)
{
    char at[WALL_TEXT_SIZE];
    const char *release = c->baseline->release;
    return arena_printf(arena, "against %s, recorded %s%s%s: %s", c->path,
                        wall_format(c->baseline->recorded, at), *release ? " of " : "",
                        release, compared_name(c->verdict));
}

void report_against_text(const struct smoke *smoke)
{
    const struct comparison *c = smoke->comparison;
    struct writer *w = smoke->plan->in->out;
    struct arena *arena = smoke->plan->in->arena;
    struct cell *cells = arena_alloc(arena, (c->count * COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < c->count; i++) {
        const struct compared_step *s = &c->steps[i];
        struct cell *row = &cells[i * COLUMNS];
        row[0] = cell_text(name_of(s, arena));
        row[1] = cell_toned(tone_of(s->verdict), compared_name(s->verdict));
        row[2] = seconds_cell(s->is);
        row[3] = seconds_cell(s->was);
        row[4] = cell_text(words_of(s, arena));
    }
    write_say(w, TONE_PLAIN, "%s", "");
    write_say(w, tone_of(c->verdict), "%s", heading(c, arena));
    write_table(w, &(struct table){NULL, columns, COLUMNS, cells, c->count});
}

/* ---- JSON ---- */

static json_t *step_json(const struct compared_step *s)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "flow", s->flow, "step",
                          s->step, "probe", s->probe, "verdict",
                          compared_name(s->verdict), "recorded_samples",
                          (json_int_t)s->recorded, "fresh_samples", (json_int_t)s->fresh);
    if (*s->why)
        json_object_set_new(o, "why", json_string(s->why));
    if (*s->note)
        json_object_set_new(o, "note", json_string(s->note));
    if (s->is > 0)
        json_object_set_new(o, "p95_seconds", json_real(s->is));
    if (s->was > 0)
        json_object_set_new(o, "recorded_p95_seconds", json_real(s->was));
    return o;
}

json_t *report_against_json(const struct comparison *c)
{
    char at[WALL_TEXT_SIZE];
    json_t *steps = json_array();
    for (size_t i = 0; i < c->count; i++)
        json_array_append_new(steps, step_json(&c->steps[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "baseline", c->path, "recorded",
                     wall_format(c->baseline->recorded, at), "release",
                     c->baseline->release, "verdict", compared_name(c->verdict), "steps",
                     steps);
}

/* ---- for CI ---- */

bool report_against_is_failure(const struct smoke *smoke, enum compared verdict)
{
    return verdict >= COMPARED_CHANGED ||
           (verdict == COMPARED_SLOWER && smoke->is_slower_failure);
}

void report_against_each(const struct smoke *smoke,
                         void (*fn)(void *ctx, const struct smoke *smoke,
                                    const struct compared_words *w),
                         void *ctx)
{
    const struct comparison *c = smoke->comparison;
    struct arena *arena = smoke->plan->in->arena;
    for (size_t i = 0; c && i < c->count; i++) {
        const struct compared_step *s = &c->steps[i];
        const struct compared_words w = {.flow = s->flow,
                                         .name = name_of(s, arena),
                                         .verdict = s->verdict,
                                         .is_failure =
                                             report_against_is_failure(smoke, s->verdict),
                                         .words = words_of(s, arena)};
        fn(ctx, smoke, &w);
    }
}
