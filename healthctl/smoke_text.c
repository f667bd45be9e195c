/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line of a step while it runs, its row, and a block for each failure. Called while a run goes on and at its end.
 * Decides nothing: states come from lib/flows.
 */
#include "healthctl/smoke_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "healthctl/layout.h"
#include "healthctl/report.h"
#include "lib/base/units.h"

struct look { /* of a step's state */
    const char *mark, *plain;
    enum tone tone;
};

static struct look look_of(enum step_state state)
{
    static const struct look looks[] = {
        [STEP_WAITING] = {"·", ".", TONE_FAINT},
        [STEP_RUNNING] = {"…", "..", TONE_PLAIN},
        [STEP_PASSED] = {"✓", "ok", TONE_GOOD},
        [STEP_DEGRADED] = {"!", "slow", TONE_WARN},
        [STEP_FAILED] = {"✗", "FAIL", TONE_BAD},
        [STEP_UNKNOWN] = {"?", "??", TONE_WARN},
        [STEP_SKIPPED] = {"–", "skip", TONE_FAINT},
    };
    return looks[state];
}

static const char *mark_of(const struct invocation *in, enum step_state state)
{
    const struct look look = look_of(state);
    return in->screen->has_utf8 ? look.mark : look.plain;
}

/* ---- while it runs ---- */

struct smoke_progress smoke_progress_start(const struct invocation *in)
{
    return (struct smoke_progress){.in = in, .is_shown = isatty(STDERR_FILENO) == 1};
}

static const char *progress_line(const struct smoke_progress *p,
                                 const struct flow_step_result *s, struct arena *arena)
{
    const char *mark = mark_of(p->in, s->state);
    const char *name = report_step_name(s, arena);
    if (s->state == STEP_RUNNING && s->tries > 1)
        return arena_printf(arena, "  %s %s  try %zu: %s", mark, name, s->tries, s->why);
    if (s->state == STEP_RUNNING)
        return arena_printf(arena, "  %s %s", mark, name);
    return arena_printf(
        arena, "  %s %s  %s%s%s", mark, name,
        s->state == STEP_SKIPPED ? "" : duration_text_short(arena, s->duration),
        *s->why ? "  " : "", s->why);
}

/* One open line at a time: steps in parallel settle below each other. */
void smoke_progress_step(void *progress, const struct flow_result *result,
                         const struct flow_step_result *s)
{
    struct smoke_progress *p = progress;
    const size_t most = p->in->screen->columns ? p->in->screen->columns : 100;
    if (!p->is_shown || !report_is_shown(s))
        return;
    struct arena *arena = arena_create(0);
    const char *text = text_plain(arena, progress_line(p, s, arena));
    const struct texts lines = text_wrap(arena, text, most);
    fprintf(stderr, "\r\033[K%s", lines.items[0]);
    if (s->state != STEP_RUNNING)
        fputc('\n', stderr);
    fflush(stderr);
    arena_destroy(arena);
}

/* ---- afterwards ---- */

static const char *subject_of(const struct flow_step_result *s, struct arena *arena)
{
    struct buf text = BUF_MAX(400);
    for (size_t i = 0; i < s->step->probe_count; i++) {
        const struct probe *p = s->step->probes[i];
        const char *address = s->findings ? s->findings[i].address : NULL;
        buf_printf(&text, "%s%s", i ? ", " : "", p->type->name);
        if (address && *address)
            buf_printf(&text, " %s", address);
    }
    return arena_keep(arena, &text);
}

static const struct column step_columns[] = {{.title = ""},
                                             {.title = ""},
                                             {.title = "", .is_right = true},
                                             {.title = "", .is_elastic = true}};
enum { STEP_COLUMNS = ARRAY_LEN(step_columns) };

static void fill_row(const struct smoke *smoke, const struct flow_step_result *s,
                     struct cell *cells)
{
    const struct invocation *in = smoke->plan->in;
    const enum tone tone = look_of(s->state).tone;
    cells[0] = cell_toned(tone, arena_printf(in->arena, "  %s", mark_of(in, s->state)));
    cells[1] = cell_text(arena_printf(in->arena, "%s%s", report_step_name(s, in->arena),
                                      s->is_finally ? "  (finally)" : ""));
    cells[2] =
        s->state == STEP_SKIPPED || !s->tries ? cell_none() : cell_duration(s->duration);
    cells[3] = *s->why ? cell_toned(s->state == STEP_SKIPPED ? TONE_FAINT : tone, s->why)
                       : cell_toned(TONE_FAINT, subject_of(s, in->arena));
}

static void write_steps(const struct smoke *smoke, const struct flow_result *r)
{
    struct cell *cells = arena_alloc(smoke->plan->in->arena,
                                     (r->count * STEP_COLUMNS + 1) * sizeof(*cells));
    size_t rows = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (report_is_shown(&r->steps[i]))
            fill_row(smoke, &r->steps[i], &cells[rows++ * STEP_COLUMNS]);
    }
    write_table(smoke->plan->in->out,
                &(struct table){NULL, step_columns, STEP_COLUMNS, cells, rows});
}

static void write_phases(const struct invocation *in, const struct flow_step_result *s)
{
    for (size_t i = 0; s->findings && i < s->step->probe_count; i++) {
        const struct flow_finding *f = &s->findings[i];
        struct waterfall w = {.total = f->duration};
        if (!f->is_done || f->health == HEALTH_UP)
            continue;
        memcpy(w.phases, f->phases, sizeof(w.phases));
        write_waterfall(in->out, NULL, &w);
    }
}

static void write_failure(const struct smoke *smoke, const struct flow_result *r,
                          const struct flow_step_result *s)
{
    const struct invocation *in = smoke->plan->in;
    struct writer *w = in->out;
    const struct step_words words = report_words(smoke, r, s, in->arena);
    write_begin(w, NULL,
                arena_printf(in->arena, "%s %s", mark_of(in, s->state),
                             report_step_name(s, in->arena)));
    if (*words.expected)
        write_field(w, NULL, "expected", cell_text(words.expected));
    write_field(w, NULL, *words.expected ? "came" : "failed", cell_text(words.came));
    if (s->failing_since.ns)
        write_field(w, NULL, "since", cell_time(s->failing_since));
    write_phases(in, s);
    write_field(w, NULL, "again", cell_text(words.again));
    write_end(w);
}

static const char *verdict_line(const struct flow_result *r, struct arena *arena)
{
    const struct smoke_counts c = smoke_count(r);
    const size_t total = c.passed + c.degraded + c.failed + c.unknown + c.skipped;
    struct buf text = BUF_MAX(400);
    buf_printf(&text, "%zu of %zu steps passed", c.passed + c.degraded, total);
    const struct {
        size_t count;
        const char *word;
    } rest[] = {{c.degraded, "slower or weaker than wanted"},
                {c.failed, "failed"},
                {c.unknown, "could not be asked"},
                {c.skipped, "skipped"}};
    for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
        if (rest[i].count)
            buf_printf(&text, ", %zu %s", rest[i].count, rest[i].word);
    }
    buf_printf(&text, ", in %s", duration_text_short(arena, r->duration));
    return arena_keep(arena, &text);
}

static void write_flow(const struct smoke *smoke, const struct flow_result *r)
{
    const struct invocation *in = smoke->plan->in;
    const int code = smoke_code(r);
    write_say(in->out, TONE_STRONG, "%s", r->flow->name);
    write_steps(smoke, r);
    for (size_t i = 0; i < r->count; i++) {
        const struct flow_step_result *s = &r->steps[i];
        if (report_is_shown(s) && (s->state == STEP_FAILED || s->state == STEP_UNKNOWN))
            write_failure(smoke, r, s);
    }
    if (r->is_stopped)
        write_say(in->out, TONE_WARN, "stopped by hand");
    write_say(in->out, TONE_PLAIN, "%s", "");
    write_say(in->out,
              code == CODE_PASS ? r->is_degraded ? TONE_WARN : TONE_GOOD : TONE_BAD,
              "%s: %s",
              code == CODE_PASS        ? "passed"
              : code == CODE_TEARDOWN  ? "passed, but not cleaned up"
              : code == CODE_NOT_READY ? "not ready"
                                       : "failed",
              verdict_line(r, in->arena));
}

void smoke_write(const struct smoke *smoke)
{
    for (size_t i = 0; i < smoke->count; i++)
        write_flow(smoke, smoke->results[i]);
    if (smoke->comparison)
        report_against_text(smoke);
}
