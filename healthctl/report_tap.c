/* SPDX-License-Identifier: Apache-2.0 */
/* Smoke runs as TAP 13 (https://testanything.org/tap-version-13-specification.html). See report.h. */
#include <string.h>

#include "healthctl/report.h"
#include "lib/core/node.h"

/* One line, and no '#', which would begin a directive. */
static void add_words(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_add_byte(out, *text == '#' || (unsigned char)*text < 0x20 ? ' ' : *text);
}

static void add_field(struct buf *out, const char *key, const char *text)
{
    if (!*text)
        return;
    buf_printf(out, "  %s: ", key);
    node_print_text(text, out);
    buf_add_byte(out, '\n');
}

static void add_step(struct buf *out, const struct smoke *smoke,
                     const struct flow_result *flow, const struct flow_step_result *s,
                     size_t number)
{
    struct arena *arena = smoke->plan->in->arena;
    const bool is_bad = s->state == STEP_FAILED || s->state == STEP_UNKNOWN;
    buf_printf(out, "%s %zu - ", is_bad ? "not ok" : "ok", number);
    add_words(
        out, arena_printf(arena, "%s: %s", flow->flow->name, report_step_name(s, arena)));
    if (s->state == STEP_SKIPPED) {
        buf_add_text(out, " # SKIP ");
        add_words(out, s->why);
    }
    buf_add_byte(out, '\n');
    if (!is_bad)
        return;
    const struct step_words w = report_words(smoke, flow, s, arena);
    buf_add_text(out, "  ---\n");
    add_field(out, "message", s->why);
    add_field(out, "reason", reason_word(s->reason));
    add_field(out, "expected", w.expected);
    add_field(out, "again", w.again);
    buf_printf(out, "  duration_seconds: %.6f\n  ...\n", nsec_to_sec(s->duration));
}

struct comparing {
    struct buf *out;
    size_t number;
};

static void add_compared(void *ctx, const struct smoke *smoke,
                         const struct compared_words *w)
{
    struct comparing *c = ctx;
    struct arena *arena = smoke->plan->in->arena;
    buf_printf(c->out, "%s %zu - ", w->is_failure ? "not ok" : "ok", ++c->number);
    add_words(c->out, arena_printf(arena, "%s: %s beside the baseline: %s", w->flow,
                                   w->name, compared_name(w->verdict)));
    if (w->verdict == COMPARED_NOT)
        buf_add_text(c->out, " # SKIP");
    buf_add_byte(c->out, '\n');
    if (!w->is_failure)
        return;
    buf_add_text(c->out, "  ---\n");
    add_field(c->out, "message", w->words);
    buf_add_text(c->out, "  ...\n");
}

void report_tap(const struct smoke *smoke, struct buf *out)
{
    size_t total = smoke->comparison ? smoke->comparison->count : 0, number = 0;
    for (size_t i = 0; i < smoke->count; i++) {
        for (size_t k = 0; k < smoke->results[i]->count; k++)
            total += report_is_shown(&smoke->results[i]->steps[k]);
    }
    buf_printf(out, "TAP version 13\n1..%zu\n", total);
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        for (size_t k = 0; k < r->count; k++) {
            if (report_is_shown(&r->steps[k]))
                add_step(out, smoke, r, &r->steps[k], ++number);
        }
    }
    struct comparing c = {out, number};
    report_against_each(smoke, add_compared, &c);
}
