/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smoke runs as GitHub's workflow commands: an annotation at the step's line for each failure
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). See report.h.
 */
#include "healthctl/report.h"

/* Of a message; properties need ':' and ',' hidden, too. */
static void add_escaped(struct buf *out, const char *text, bool is_property)
{
    for (; *text; text++) {
        const bool is_hidden = *text == '%' || *text == '\r' || *text == '\n' ||
                               (is_property && (*text == ':' || *text == ','));
        if (is_hidden)
            buf_printf(out, "%%%02X", (unsigned char)*text);
        else
            buf_add_byte(out, *text);
    }
}

static void add_annotation(struct buf *out, const struct smoke *smoke,
                           const struct flow_result *flow,
                           const struct flow_step_result *s)
{
    struct arena *arena = smoke->plan->in->arena;
    const struct step_words w = report_words(smoke, flow, s, arena);
    buf_add_text(out, s->state == STEP_DEGRADED ? "::warning file=" : "::error file=");
    add_escaped(out, s->step->at.file ? s->step->at.file : "", true);
    buf_printf(out, ",line=%d,title=", s->step->at.line);
    add_escaped(out, arena_printf(arena, "%s: %s", flow->flow->name, s->step->name),
                true);
    buf_add_text(out, "::");
    add_escaped(out, s->why, false);
    if (s->state != STEP_DEGRADED)
        add_escaped(out, arena_printf(arena, "\nagain: %s", w.again), false);
    buf_add_byte(out, '\n');
}

static void add_compared(void *ctx, const struct smoke *smoke,
                         const struct compared_words *w)
{
    struct buf *out = ctx;
    struct arena *arena = smoke->plan->in->arena;
    if (w->verdict < COMPARED_SLOWER)
        return;
    buf_add_text(out, w->is_failure ? "::error title=" : "::warning title=");
    add_escaped(
        out,
        arena_printf(arena, "%s: %s is %s", w->flow, w->name, compared_name(w->verdict)),
        true);
    buf_add_text(out, "::");
    add_escaped(out, w->words, false);
    buf_add_byte(out, '\n');
}

void report_github(const struct smoke *smoke, struct buf *out)
{
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        const struct smoke_counts c = smoke_count(r);
        for (size_t k = 0; k < r->count; k++) {
            const struct flow_step_result *s = &r->steps[k];
            if (report_is_shown(s) &&
                (s->state == STEP_FAILED || s->state == STEP_UNKNOWN ||
                 s->state == STEP_DEGRADED))
                add_annotation(out, smoke, r, s);
        }
        buf_printf(out, "%s: %zu passed, %zu failed, %zu skipped in %.3f s\n",
                   r->flow->name, c.passed + c.degraded, c.failed + c.unknown, c.skipped,
                   nsec_to_sec(r->duration));
    }
    report_against_each(smoke, add_compared, out);
    if (smoke->comparison)
        buf_printf(out, "beside %s: %s\n", smoke->comparison->path,
                   compared_name(smoke->comparison->verdict));
}
