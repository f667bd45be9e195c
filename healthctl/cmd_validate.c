/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl validate`: reads configuration as healthd would and says everything that is wrong with
 * it; with --run it also asks each probe once. Never starts or changes a daemon.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "healthctl/asked.h"
#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/outcome.h"
#include "lib/config/generation.h"
#include "lib/core/secret_stand_in.h"
#include "lib/core/whole_file.h"

enum { STDIN_MAX = 1 << 20 };

static void release_generation(void *g)
{
    generation_unref(g);
}

static struct generation *load(struct invocation *in, const char *path, struct diag *d)
{
    struct generation *g;
    if (path && path[0] == '-' && !path[1]) {
        struct buf text = BUF_MAX(STDIN_MAX + 1);
        whole_fd_read(STDIN_FILENO, &text);
        const char *copy = arena_strndup(in->arena, buf_text(&text), text.len);
        const struct bytes whole = {copy, text.len};
        buf_finish(&text);
        g = generation_parse("standard input", whole, in->secrets, d);
    } else {
        g = generation_load(path, in->secrets, d);
    }
    if (g)
        arena_cleanup(in->arena, release_generation, g);
    return g;
}

static void say_valid(struct invocation *in, const char *name, const struct generation *g)
{
    const size_t modules = map_count(g->modules);
    struct buf text = BUF_MAX(256);
    buf_printf(&text, "%zu probe%s", g->probe_count, g->probe_count == 1 ? "" : "s");
    if (modules)
        buf_printf(&text, ", %zu module%s", modules, modules == 1 ? "" : "s");
    if (g->flow_count)
        buf_printf(&text, ", %zu flow%s", g->flow_count, g->flow_count == 1 ? "" : "s");
    write_say(in->out, TONE_GOOD, "%s is valid: %s", name, buf_text(&text));
    if (g->probe_count && !g->alerting.routing.root)
        write_say(
            in->out, TONE_WARN,
            "nobody is told when one is down: it has neither `notify:` nor `route:`");
    buf_finish(&text);
}

/* ---- what it means from now on ---- */

static const struct column ahead_columns[] = {
    {.key = "probe", .title = "PROBE"},
    {.key = "ahead", .title = "FROM NOW ON", .is_elastic = true},
};
enum { AHEAD_COLUMNS = ARRAY_LEN(ahead_columns) };

/* NULL: its type has nothing to say, or only a run knows all of its options. */
static const char *ahead_of(struct invocation *in, const struct probe *p)
{
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    struct buf text = BUF_MAX(1000);
    struct err e = {0};
    if (!p->type->preview || !template_fill(p->conf, NULL, NULL, in->arena, confs, &e) ||
        (!template_is_fixed(p->conf) && p->type->validate &&
         !p->type->validate((void *)(uintptr_t)confs[0], in->arena, &e)))
        return NULL;
    p->type->preview(confs[0], wall_read(), &text);
    return arena_keep(in->arena, &text);
}

static void write_ahead(struct invocation *in, const struct generation *g)
{
    struct cell *cells =
        arena_alloc(in->arena, (g->probe_count * AHEAD_COLUMNS + 1) * sizeof(*cells));
    size_t row = 0;
    for (size_t i = 0; i < g->probe_count; i++) {
        const char *ahead = ahead_of(in, g->probes[i]);
        if (!ahead)
            continue;
        struct cell *c = cells + row++ * AHEAD_COLUMNS;
        c[0] = cell_text(g->probes[i]->name);
        c[1] = cell_text(ahead);
    }
    if (row)
        write_table(in->out,
                    &(struct table){"ahead", ahead_columns, AHEAD_COLUMNS, cells, row});
}

/* ---- --run ---- */

static void show_progress(size_t done, size_t count)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, done < count ? "\r\033[K%zu of %zu probes have answered" : "\r\033[K",
            done, count);
    fflush(stderr);
}

static const struct column run_columns[] = {
    {.key = "health", .title = "HEALTH"},
    {.key = "probe", .title = "PROBE"},
    {.key = "type", .title = "TYPE"},
    {.key = "duration_seconds", .title = "TIME", .is_right = true},
    {.key = "reason", .title = "REASON"},
    {.key = "detail", .title = "WHY", .is_elastic = true},
};
enum { RUN_COLUMNS = ARRAY_LEN(run_columns) };

/* The worst first; the order of the file else. */
static void write_runs(struct invocation *in, const struct asked *asked, size_t count)
{
    static const enum health order[] = {HEALTH_DOWN, HEALTH_DEGRADED, HEALTH_UNKNOWN,
                                        HEALTH_UP};
    struct cell *cells =
        arena_alloc(in->arena, (count * RUN_COLUMNS + 1) * sizeof(*cells));
    size_t row = 0;
    for (size_t h = 0; h < ARRAY_LEN(order); h++) {
        for (size_t i = 0; i < count; i++) {
            if (asked[i].health != order[h])
                continue;
            struct cell *c = cells + row++ * RUN_COLUMNS;
            c[0] = cell_health(asked[i].health);
            c[1] = cell_text(asked[i].probe->name);
            c[2] = cell_text(asked[i].probe->type->name);
            c[3] = cell_duration(asked[i].duration);
            c[4] = cell_text(reason_word(asked[i].reason));
            c[5] = cell_text(asked[i].detail);
        }
    }
    write_table(in->out, &(struct table){"runs", run_columns, RUN_COLUMNS, cells, row});
}

static enum exit_code run_probes(struct invocation *in, const struct generation *g)
{
    struct asked *asked = arena_alloc(in->arena, (g->probe_count + 1) * sizeof(*asked));
    struct err e = {0};
    for (size_t i = 0; i < g->probe_count; i++)
        asked[i] =
            (struct asked){.probe = g->probes[i], .timeout = g->probes[i]->timeout};
    if (!ask_all(in, g, asked, g->probe_count, show_progress, &e))
        return complain(in, CODE_UNKNOWN, "%s", e.text);
    write_runs(in, asked, g->probe_count);
    enum exit_code code = CODE_PASS;
    for (size_t i = 0; i < g->probe_count; i++) {
        if (asked[i].health == HEALTH_DOWN)
            code = outcome_worse(code, CODE_FAILED);
        else
            code = outcome_worse(code, outcome_code(asked[i].health, asked[i].reason));
    }
    return code;
}

/* ---- --without-secrets ---- */

struct missing {
    struct diag *diag;
    struct map *seen;
};

static void note_missing(void *ctx, struct bytes name, const struct err *why)
{
    const struct place nowhere = {0};
    struct missing *m = ctx;
    if (!map_put(m->seen, name, m))
        diag_note(m->diag, nowhere, "${%.*s} is not here yet: %s", (int)name.len,
                  name.ptr, why->text);
}

static void stand_in(struct invocation *in, struct missing *m)
{
    if (invocation_flag(in, "without-secrets"))
        secrets_stand_in(in->secrets, note_missing, m);
}

/* ---- the command ---- */

static enum exit_code validate(struct invocation *in, const char *path)
{
    struct diag *d = diag_create(in->arena);
    struct missing missing = {d, map_create()};
    stand_in(in, &missing);
    const struct generation *g = load(in, path, d);
    secrets_stand_in(in->secrets, NULL, NULL);
    map_destroy(missing.seen);
    const char *name = !path                        ? "the built-in configuration"
                       : path[0] == '-' && !path[1] ? "standard input"
                                                    : path;
    write_begin(in->out, NULL, NULL);
    write_field(in->out, "file", NULL, cell_text(name));
    write_field(in->out, "valid", NULL, cell_bool(g != NULL));
    write_field(in->out, "probes", NULL,
                g ? cell_count((int64_t)g->probe_count) : cell_none());
    write_field(in->out, "modules", NULL,
                g ? cell_count((int64_t)map_count(g->modules)) : cell_none());
    config_write_faults(in, d);
    if (diag_first(d))
        config_faults(in, d);
    enum exit_code code = g ? CODE_PASS : CODE_USAGE;
    if (g)
        say_valid(in, name, g);
    else
        complain(in, code, "%s is not valid: %zu error%s", name, diag_error_count(d),
                 diag_error_count(d) == 1 ? "" : "s");
    if (g)
        write_ahead(in, g);
    if (g && (invocation_flag(in, "run") || invocation_flag(in, "accept")))
        code = run_probes(in, g);
    write_end(in->out);
    return code;
}

static int run(struct invocation *in)
{
    enum exit_code code = CODE_PASS;
    if (invocation_flag(in, "without-secrets") &&
        (invocation_flag(in, "run") || invocation_flag(in, "accept")))
        return complain(in, CODE_USAGE,
                        "--run needs the secrets: leave --without-secrets out");
    write_list(in->out, "files");
    if (!in->operand_count)
        code = validate(in, config_default());
    for (size_t i = 0; i < in->operand_count; i++)
        code = outcome_worse(code, validate(in, in->operands[i]));
    write_end(in->out);
    return code;
}

static const struct flag validate_flags[] = {
    {.name = "run", .doc = "Ask every probe once, too; exit 1 when one is down."},
    {.name = "without-secrets",
     .doc =
         "Where the secrets are not: a file or variable that cannot be read is a note, "
         "and no fault. Not with --run."},
    {.name = "accept",
     .doc = "As --run, and what is found is right from now on: a probe with a `lock` "
            "writes its file."},
    {0}};

const struct command command_validate = {
    .name = "validate",
    .group = GROUP_WRITING,
    .run = run,
    .summary = "Read configuration as healthd would, and say all that is wrong with it",
    .operands = "[FILE...]",
    .most = 1000,
    .completes = COMPLETES_FILES,
    .flags = validate_flags,
    .doc = "Without FILE it is /etc/healthd/healthd.yml, or the built-in configuration "
           "when there is "
           "none, as for healthd. `-` is standard input. Every fault is reported in one "
           "go, with its "
           "line, a caret and what to do.",
    .examples = (const struct example[]){{"healthctl validate healthd.yml",
                                          "Every fault of a file"},
                                         {"healthctl validate --run healthd.yml",
                                          "And does each probe work from here?"},
                                         {0}},
};
