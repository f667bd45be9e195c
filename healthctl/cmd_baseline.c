/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl baseline`: records how flows answer when all is well, for `smoke --against`, and shows what was recorded. A
 * run that fails records nothing.
 */
#include <string.h>

#include "healthctl/baseline.h"
#include "healthctl/flow_flags.h"
#include "healthctl/smoke_text.h"
#include "healthctl/writer.h"

enum { REPEAT_DEFAULT = 10 };

struct recording {
    struct invocation *in;
    struct flow_choice choice;
    struct smoke_plan plan;
    struct smoke_progress progress;
    struct baseline_watch *watch;
    const char *path;
};

/* ---- where ---- */

/* Beside the file of the flow: smoke.yml, smoke.baseline.json. */
static const char *path_of(const struct recording *r)
{
    const char *given = invocation_flag(r->in, "output"), *source = r->choice.source;
    if (given)
        return given;
    if (!source)
        return "healthd.baseline.json";
    const char *slash = strrchr(source, '/');
    const char *dot = strrchr(slash ? slash : source, '.');
    return arena_printf(r->in->arena, "%.*s.baseline.json",
                        dot ? (int)(dot - source) : (int)strlen(source), source);
}

/* ---- showing ---- */

static const struct column columns[] = {
    {.key = "flow", .title = "FLOW"},
    {.key = "step", .title = "STEP"},
    {.key = "type", .title = "TYPE"},
    {.key = "samples", .title = "RUNS", .is_right = true},
    {.key = "p95_seconds", .title = "P95", .is_right = true},
    {.key = "shapes", .title = "JSON", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static const char *shapes_of(const struct answer_record *a, struct arena *arena)
{
    const char *names = "";
    for (size_t i = 0; i < a->shape_count; i++)
        names = arena_printf(arena, "%s%s%s", names, i ? ", " : "", a->shapes[i].name);
    return *names ? names : NULL;
}

static void show(struct invocation *in, const struct baseline *b)
{
    size_t total = 0, row = 0;
    for (size_t i = 0; i < b->count; i++)
        total += b->flows[i].count;
    struct cell *cells = arena_alloc(in->arena, (total * COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < b->count; i++) {
        for (size_t k = 0; k < b->flows[i].count; k++) {
            const struct answer_record *a = &b->flows[i].answers[k];
            const struct seconds all = a->seconds[MEASURE_TOTAL];
            struct cell *c = &cells[row++ * COLUMNS];
            c[0] = cell_text(b->flows[i].flow);
            c[1] = cell_text(a->step);
            c[2] = cell_text(a->type);
            c[3] = cell_count((int64_t)all.count);
            c[4] = cell_duration((nsec)(seconds_p95(all) * 1e9));
            c[5] = cell_text(shapes_of(a, in->arena));
        }
    }
    write_field(in->out, "recorded", "recorded", cell_time(b->recorded));
    write_field(in->out, "release", "release",
                *b->release ? cell_text(b->release) : cell_none());
    write_table(in->out, &(struct table){"answers", columns, COLUMNS, cells, row});
}

static int run_show(struct invocation *in)
{
    struct err e = {0};
    const struct baseline *b = baseline_load(in->operands[0], in->arena, &e);
    if (!b)
        return complain(in, CODE_USAGE, "%s", e.text);
    show(in, b);
    return CODE_PASS;
}

/* ---- recording ---- */

static int report(void *ctx, const struct smoke *smoke)
{
    struct recording *r = ctx;
    struct invocation *in = r->in;
    struct err e = {0};
    if (smoke->code != CODE_PASS) {
        smoke_write(smoke);
        return complain(in, smoke->code,
                        "nothing was recorded: a baseline is how it is when all is well");
    }
    const struct baseline *b =
        baseline_of(r->watch, smoke, invocation_flag(in, "release"), wall_read());
    if (!baseline_save(b, r->path, in->secrets, &e))
        return complain(in, CODE_UNKNOWN, "%s", e.text);
    write_field(in->out, "file", NULL, cell_text(r->path));
    show(in, b);
    write_say(in->out, TONE_GOOD,
              "recorded in %s; compare with: healthctl smoke%s%s "
              "--against %s",
              r->path, r->choice.source ? " " : "",
              r->choice.source ? r->choice.source : "", r->path);
    return CODE_PASS;
}

static int run_record(struct invocation *in)
{
    struct recording r = {.in = in, .plan = {.in = in, .repeat = REPEAT_DEFAULT}};
    int code = flow_choice_read(in, in->operands, in->operand_count, &r.choice);
    smoke_choose(&r.plan, &r.choice);
    if (!code)
        code = flow_choice_count(in, "repeat", &r.plan.repeat);
    if (!code && r.plan.repeat > BASELINE_SAMPLES_MAX)
        code = complain(in, CODE_USAGE, "--repeat: a baseline has at most %d runs",
                        BASELINE_SAMPLES_MAX);
    if (!code)
        code = flow_choice_duration(in, "wait", &r.plan.wait);
    if (!code)
        code = flow_choice_vars(in, &r.plan.vars);
    if (!code)
        code = flow_choice_check(in, &r.choice, &r.plan.vars);
    if (code)
        return code;
    r.path = path_of(&r);
    r.watch = baseline_watch_create(in->arena);
    r.progress = smoke_progress_start(in);
    r.plan.on_step = smoke_progress_step;
    r.plan.ctx = &r.progress;
    r.plan.on_answer = baseline_watch_answer;
    r.plan.answer_ctx = r.watch;
    return smoke_run(&r.plan, report, &r);
}

static const struct verb verbs[] = {
    {"record", "[FILE] [FLOW...]", 0, FLOW_CHOICE_MAX, COMPLETES_FILES,
     "Run the flows several times and keep how they answered.", run_record},
    {"show", "BASELINE", 1, 1, COMPLETES_FILES, "Show what was recorded.", run_show},
    {0}};

static const struct flag flags[] = {
    {.name = "repeat",
     .operand = "N",
     .doc = "How many runs, 1 to 100 (default: 10). With fewer, less can be told."},
    {.name = "output",
     .operand = "BASELINE",
     .completes = COMPLETES_FILES,
     .doc = "The file to write (default: smoke.baseline.json beside smoke.yml)."},
    {.name = "release",
     .operand = "TEXT",
     .doc = "What it is that is well: a version or commit, for later reports."},
    {.name = "wait",
     .operand = "DURATION",
     .doc = "Steps that fail are tried again until this long after the start."},
    FLOW_FLAGS,
    {0}};

const struct command command_baseline = {
    .name = "baseline",
    .group = GROUP_DEPLOYING,
    .run = verbs_run,
    .verbs = verbs,
    .summary = "Record how flows answer when all is well",
    .operands = "record|show [FILE] [FLOW...]",
    .least = 1,
    .most = FLOW_CHOICE_MAX + 1,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc =
        "Keeps the times of each step's phases and which keys its JSON answers have, of "
        "which types; never a value. `smoke --against` and `deploy --against` compare "
        "with "
        "it. When a run fails, nothing is written.\n\n"
        "A step is slower when the p95 of a phase is above the recorded one by more than "
        "25% and 10 ms, and its times rank above the recorded ones so clearly that "
        "chance "
        "would do it once in a hundred (Mann and Whitney's test, which suits few and "
        "skewed "
        "samples). Of a single run against ten even the clearest outcome is no such "
        "proof: "
        "every fresh time has to be above every recorded one then. More runs tell more.",
    .examples =
        (const struct example[]){
            {"healthctl baseline record smoke.yml --release $SHA",
             "Ten runs into smoke.baseline.json"},
            {"healthctl smoke smoke.yml --repeat 5 --against smoke.baseline.json",
             "After the next release"},
            {"healthctl baseline show smoke.baseline.json", "What was recorded"},
            {0}},
};
