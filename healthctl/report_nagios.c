/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smoke runs as a Nagios plugin answers: one line with its perfdata, then what failed; exit codes 0 to 3
 * (https://nagios-plugins.org/doc/guidelines.html). See report.h.
 */
#include "healthctl/report.h"

static struct smoke_counts count_all(const struct smoke *smoke, nsec *ret_duration)
{
    struct smoke_counts all = {0};
    *ret_duration = 0;
    for (size_t i = 0; i < smoke->count; i++) {
        const struct smoke_counts c = smoke_count(smoke->results[i]);
        all.passed += c.passed;
        all.degraded += c.degraded;
        all.failed += c.failed;
        all.unknown += c.unknown;
        all.skipped += c.skipped;
        *ret_duration += smoke->results[i]->duration;
    }
    return all;
}

/* '|' begins perfdata. */
static void add_words(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_add_byte(out, *text == '|' || (unsigned char)*text < 0x20 ? ' ' : *text);
}

static const char *word_of(const struct smoke *smoke, const struct smoke_counts *c)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    return words[report_nagios_code(smoke->code, c->degraded > 0)];
}

int report_nagios_code(int code, bool is_degraded)
{
    if (code == CODE_PASS)
        return is_degraded ? 1 : 0;
    return code == CODE_UNKNOWN || code == CODE_USAGE || code == CODE_STOPPED ? 3
           : code == CODE_TEARDOWN                                            ? 1
                                                                              : 2;
}

static void add_compared(void *ctx, const struct smoke *smoke UNUSED,
                         const struct compared_words *w)
{
    struct buf *out = ctx;
    if (w->verdict < COMPARED_SLOWER)
        return;
    buf_printf(out, "%s: %s: %s: ", w->flow, w->name, compared_name(w->verdict));
    add_words(out, w->words);
    buf_add_byte(out, '\n');
}

void report_nagios(const struct smoke *smoke, struct buf *out)
{
    nsec duration;
    const struct smoke_counts c = count_all(smoke, &duration);
    const size_t total = c.passed + c.degraded + c.failed + c.unknown + c.skipped;
    buf_printf(out,
               "SMOKE %s - %zu of %zu steps passed, %zu failed, %zu skipped in %.3fs",
               word_of(smoke, &c), c.passed + c.degraded, total, c.failed + c.unknown,
               c.skipped, nsec_to_sec(duration));
    if (smoke->comparison)
        buf_printf(out, ", beside the baseline: %s",
                   compared_name(smoke->comparison->verdict));
    buf_printf(out, " | total=%zu failed=%zu skipped=%zu duration=%.3fs\n", total,
               c.failed + c.unknown, c.skipped, nsec_to_sec(duration));
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        for (size_t k = 0; k < r->count; k++) {
            const struct flow_step_result *s = &r->steps[k];
            if (!report_is_shown(s) ||
                (s->state != STEP_FAILED && s->state != STEP_UNKNOWN))
                continue;
            buf_printf(out, "%s: %s: ", r->flow->name, s->step->name);
            add_words(out, s->why);
            buf_add_byte(out, '\n');
        }
    }
    report_against_each(smoke, add_compared, out);
}
