/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smoke runs as JUnit's XML (the form that Jenkins, GitLab and GitHub's actions read: testsuites, testsuite, testcase with
 * failure, error or skipped). See report.h.
 */
#include "healthctl/report.h"

/* XML 1.0 has no way to write most control characters: they are left out. */
static void add_text(struct buf *out, const char *text)
{
    struct buf plain = BUF_MAX(1 << 20);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c >= 0x20 || c == '\n' || c == '\t')
            buf_add_byte(&plain, *text);
    }
    buf_add_html(out, buf_text(&plain));
    buf_finish(&plain);
}

static void add_attribute(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, " %s=\"", name);
    add_text(out, text);
    buf_add_byte(out, '"');
}

static void add_trouble(struct buf *out, const struct smoke *smoke,
                        const struct flow_result *flow, const struct flow_step_result *s)
{
    const char *element = s->state == STEP_FAILED ? "failure" : "error";
    const struct step_words w = report_words(smoke, flow, s, smoke->plan->in->arena);
    buf_printf(out, "<%s", element);
    add_attribute(out, "message", s->why);
    add_attribute(out, "type", reason_word(s->reason));
    buf_add_byte(out, '>');
    if (*w.expected) {
        buf_add_text(out, "expected: ");
        add_text(out, w.expected);
        buf_add_text(out, "\ncame: ");
    }
    add_text(out, w.came);
    buf_add_text(out, "\nagain: ");
    add_text(out, w.again);
    buf_printf(out, "</%s>", element);
}

static void add_case(struct buf *out, const struct smoke *smoke,
                     const struct flow_result *flow, const struct flow_step_result *s)
{
    struct arena *arena = smoke->plan->in->arena;
    const bool is_bad = s->state == STEP_FAILED || s->state == STEP_UNKNOWN;
    buf_add_text(out, "    <testcase");
    add_attribute(out, "classname", flow->flow->name);
    add_attribute(out, "name", report_step_name(s, arena));
    buf_printf(out, " time=\"%.6f\">", nsec_to_sec(s->duration));
    if (is_bad)
        add_trouble(out, smoke, flow, s);
    else if (s->state == STEP_SKIPPED) {
        buf_add_text(out, "<skipped");
        add_attribute(out, "message", s->why);
        buf_add_text(out, "/>");
    } else if (*s->why) {
        buf_add_text(out, "<system-out>");
        add_text(out, s->why);
        buf_add_text(out, "</system-out>");
    }
    buf_add_text(out, "</testcase>\n");
}

static void add_properties(struct buf *out, const struct flow_result *r)
{
    buf_add_text(out, "    <properties>\n");
    buf_add_text(out, "      <property name=\"run_id\"");
    add_attribute(out, "value", r->run_id);
    buf_add_text(out, "/>\n");
    for (size_t i = 0; i < r->flow->labels.count; i++) {
        buf_add_text(out, "      <property");
        add_attribute(out, "name", r->flow->labels.items[i].name);
        add_attribute(out, "value", r->flow->labels.items[i].value);
        buf_add_text(out, "/>\n");
    }
    buf_add_text(out, "    </properties>\n");
}

static void add_suite(struct buf *out, const struct smoke *smoke,
                      const struct flow_result *r)
{
    const struct smoke_counts c = smoke_count(r);
    char started[WALL_TEXT_SIZE];
    buf_add_text(out, "  <testsuite");
    add_attribute(out, "name", r->flow->name);
    buf_printf(
        out,
        " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\"",
        c.passed + c.degraded + c.failed + c.unknown + c.skipped, c.failed, c.unknown,
        c.skipped, nsec_to_sec(r->duration));
    add_attribute(out, "timestamp", wall_format(r->started, started));
    buf_add_text(out, ">\n");
    add_properties(out, r);
    for (size_t i = 0; i < r->count; i++) {
        if (report_is_shown(&r->steps[i]))
            add_case(out, smoke, r, &r->steps[i]);
    }
    buf_add_text(out, "  </testsuite>\n");
}

/* ---- beside a baseline ---- */

static void add_compared(void *ctx, const struct smoke *smoke UNUSED,
                         const struct compared_words *w)
{
    struct buf *out = ctx;
    const char *element = w->is_failure                ? "failure"
                          : w->verdict == COMPARED_NOT ? "skipped"
                                                       : NULL;
    buf_add_text(out, "    <testcase");
    add_attribute(out, "classname", w->flow);
    add_attribute(out, "name", w->name);
    buf_add_byte(out, '>');
    if (element) {
        buf_printf(out, "<%s", element);
        add_attribute(out, "message", w->words);
        if (w->is_failure)
            add_attribute(out, "type", compared_name(w->verdict));
        buf_add_text(out, "/>");
    }
    buf_add_text(out, "<system-out>");
    add_text(out, compared_name(w->verdict));
    buf_printf(out, "%s", *w->words ? ": " : "");
    add_text(out, w->words);
    buf_add_text(out, "</system-out></testcase>\n");
}

static void count_compared(void *ctx, const struct smoke *smoke UNUSED,
                           const struct compared_words *w)
{
    struct smoke_counts *c = ctx;
    c->failed += w->is_failure;
    c->skipped += !w->is_failure && w->verdict == COMPARED_NOT;
    c->passed++;
}

static void add_comparison(struct buf *out, const struct smoke *smoke,
                           const struct smoke_counts *c)
{
    buf_add_text(out, "  <testsuite");
    add_attribute(out, "name", smoke->comparison->path);
    buf_printf(
        out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
        c->passed, c->failed, c->skipped);
    buf_add_text(out, "    <properties>\n      <property name=\"verdict\"");
    add_attribute(out, "value", compared_name(smoke->comparison->verdict));
    buf_add_text(out, "/>\n    </properties>\n");
    report_against_each(smoke, add_compared, out);
    buf_add_text(out, "  </testsuite>\n");
}

void report_junit(const struct smoke *smoke, struct buf *out)
{
    struct smoke_counts all = {0}, compared = {0};
    nsec duration = 0;
    for (size_t i = 0; i < smoke->count; i++) {
        const struct smoke_counts c = smoke_count(smoke->results[i]);
        all.passed += c.passed + c.degraded + c.failed + c.unknown + c.skipped;
        all.failed += c.failed;
        all.unknown += c.unknown;
        duration += smoke->results[i]->duration;
    }
    report_against_each(smoke, count_compared, &compared);
    all.passed += compared.passed;
    all.failed += compared.failed;
    buf_printf(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" "
               "failures=\"%zu\" errors=\"%zu\" time=\"%.6f\">\n",
               all.passed, all.failed, all.unknown, nsec_to_sec(duration));
    for (size_t i = 0; i < smoke->count; i++)
        add_suite(out, smoke, smoke->results[i]);
    if (smoke->comparison)
        add_comparison(out, smoke, &compared);
    buf_add_text(out, "</testsuites>\n");
}
