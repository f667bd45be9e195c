/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl coverage`: what of a compose file's stack nobody watches. Reads both files, asks nothing, and needs no
 * secrets.
 */
#include <string.h>
#include <unistd.h>

#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/uncovered.h"
#include "healthctl/writer.h"
#include "lib/core/secret_stand_in.h"

static const struct column service_columns[] = {
    {.key = "covered"},
    {.key = "service", .title = "SERVICE"},
    {.key = "image", .title = "IMAGE"},
    {.key = "probes", .title = "PROBES"},
    {.key = "note", .title = "NOTE", .is_elastic = true},
};
static const struct column gap_columns[] = {
    {.key = "kind", .title = "UNCOVERED"},
    {.key = "of", .title = "OF"},
    {.key = "text", .title = "WHAT TO DO", .is_elastic = true},
};
enum {
    SERVICE_COLUMNS = ARRAY_LEN(service_columns),
    GAP_COLUMNS = ARRAY_LEN(gap_columns)
};

static void write_services(struct invocation *in, const struct compose *c,
                           const struct coverage *coverage)
{
    struct cell *cells =
        arena_alloc(in->arena, (c->count * SERVICE_COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < c->count; i++) {
        const struct watched *w = &coverage->watched[i];
        const char *image = w->guess->service->image;
        struct cell *x = cells + i * SERVICE_COLUMNS;
        x[0] = cell_bool(w->is_covered);
        x[1] = cell_toned(w->is_covered ? TONE_GOOD : TONE_BAD, w->guess->service->name);
        x[2] = cell_text(*image ? image : "(built)");
        x[3] = cell_text(w->probes);
        x[4] = cell_text(w->note);
    }
    write_table(in->out, &(struct table){"services", service_columns, SERVICE_COLUMNS,
                                         cells, c->count});
}

static void write_gaps(struct invocation *in, const struct coverage *coverage)
{
    const size_t count = coverage->gap_count;
    struct cell *cells =
        arena_alloc(in->arena, (count * GAP_COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        struct cell *x = cells + i * GAP_COLUMNS;
        x[0] = cell_toned(TONE_BAD, coverage->gaps[i].kind);
        x[1] = cell_text(coverage->gaps[i].what);
        x[2] = cell_text(coverage->gaps[i].text);
    }
    if (count)
        write_say(in->out, TONE_PLAIN, "%s", "");
    write_table(in->out,
                &(struct table){"uncovered", gap_columns, GAP_COLUMNS, cells, count});
}

/* --config, or what `healthctl init` wrote beside the compose file, or the usual place. */
static const char *config_of(const struct invocation *in, const char *compose)
{
    const char *given = invocation_flag(in, "config");
    const char *slash = strrchr(compose, '/');
    const int folder = slash ? (int)(slash - compose) + 1 : 0;
    const char *beside =
        arena_printf(in->arena, "%.*shealthd/healthd.yml", folder, compose);
    if (given)
        return given;
    return access(beside, R_OK) == 0 ? beside : config_default();
}

static void ignore_missing(void *ctx, struct bytes name, const struct err *why)
{
}

static int load(struct invocation *in, const char *path, const struct generation **ret)
{
    struct diag *d = diag_create(in->arena);
    secrets_stand_in(in->secrets, ignore_missing, NULL);
    struct generation *g = generation_load(path, in->secrets, d);
    secrets_stand_in(in->secrets, NULL, NULL);
    if (!g)
        return config_faults(in, d);
    arena_cleanup(in->arena, config_release, g);
    *ret = g;
    return CODE_PASS;
}

static int run(struct invocation *in)
{
    const char *path = in->operands[0];
    struct diag *d = diag_create(in->arena);
    const struct generation *g = NULL;
    const struct compose *c = compose_load(in->arena, path, d);
    if (diag_first(d))
        config_faults(in, d);
    if (!c)
        return CODE_USAGE;
    const char *config = config_of(in, path);
    const int code = load(in, config, &g);
    if (code)
        return code;
    const struct coverage *coverage = coverage_of(in->arena, c, g);
    write_field(in->out, "config", NULL, cell_text(config ? config : "built-in"));
    write_services(in, c, coverage);
    write_gaps(in, coverage);
    if (!coverage->gap_count)
        write_say(in->out, TONE_GOOD, "\nnothing of %s is uncovered by %s", path,
                  config ? config : "the built-in configuration");
    return coverage->gap_count ? CODE_FAILED : CODE_PASS;
}

static const struct flag flags[] = {
    {.name = "config",
     .operand = "CONFIG",
     .completes = COMPLETES_FILES,
     .doc =
         "The configuration that watches it (default: healthd/healthd.yml beside FILE, "
         "else " CONFIG_DEFAULT ")."},
    {0}};

const struct command command_coverage = {
    .name = "coverage",
    .group = GROUP_WRITING,
    .run = run,
    .summary = "Say what of a compose file's stack nobody watches",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc = "Services that no probe asks, probes of which nobody is told, a database "
           "without a check of its backup, no dead man's switch, databases that are "
           "published to everybody. A probe is a service's when it is called as it is, "
           "has its name in the label `component`, or has its address or its container's "
           "name in its options. Needs no secrets.\n\n"
           "Exits 1 when something is uncovered.",
    .examples =
        (const struct example[]){
            {"healthctl coverage docker-compose.yml", "After a change of the stack"},
            {"healthctl coverage compose.yaml --config healthd.yml --format json",
             "In a pipeline"},
            {0}},
};
