/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the baseline and its tolerances before the run, and hands both to comparison.c after it. Called by smoke and
 * deploy. Compares nothing itself.
 */
#include "healthctl/against.h"

#include "healthctl/report.h"
#include "lib/base/units.h"

static bool has_one_of(const struct baseline *b, const struct smoke_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (baseline_flow(b, plan->flows[i]->name))
            return true;
    }
    return false;
}

static int read_tolerance(struct against *a)
{
    const char *text = invocation_flag(a->in, "tolerance");
    struct err e = {0};
    double ratio = TOLERANCE_RELATIVE;
    if (text && !percent_parse(bytes_of(text), &ratio, &e))
        return complain(a->in, CODE_USAGE, "--tolerance: %s", e.text);
    a->tolerance = (struct tolerance){ratio, TOLERANCE_ABSOLUTE};
    return CODE_PASS;
}

int against_read(struct against *a, const struct invocation *in, struct smoke_plan *plan)
{
    struct err e = {0};
    *a = (struct against){.in = in, .path = invocation_flag(in, "against")};
    if (!a->path &&
        (invocation_flag(in, "tolerance") || invocation_flag(in, "fail-slower")))
        return complain(in, CODE_USAGE,
                        "--tolerance and --fail-slower are for --against");
    if (!a->path)
        return CODE_PASS;
    a->is_slower_failure = invocation_flag(in, "fail-slower") != NULL;
    a->baseline = baseline_load(a->path, in->arena, &e);
    if (!a->baseline)
        return complain(in, CODE_USAGE, "--against: %s", e.text);
    if (!has_one_of(a->baseline, plan))
        return complain(
            in, CODE_USAGE,
            "--against: %s has none of these flows: `healthctl baseline record` "
            "records them",
            a->path);
    a->watch = baseline_watch_create(in->arena);
    plan->on_answer = baseline_watch_answer;
    plan->answer_ctx = a->watch;
    return read_tolerance(a);
}

struct smoke against_compare(const struct against *a, const struct smoke *smoke)
{
    struct smoke with = *smoke;
    if (!a->path || smoke->code == CODE_STOPPED)
        return with;
    const struct baseline *fresh = baseline_of(a->watch, smoke, "", wall_read());
    with.is_slower_failure = a->is_slower_failure;
    with.comparison =
        comparison_make(a->baseline, fresh, smoke, a->path, a->tolerance, a->in->arena);
    if (report_against_is_failure(&with, with.comparison->verdict))
        with.code = smoke_worse(with.code, CODE_FAILED);
    return with;
}
