/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds the tables to what the reference promises: every option, variable and metric has words, every
 * number has limits, every example loads, also those in examples/. Called by reference.c in the meta
 * tests, at the source root.
 */
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "alerts/rule_file.h"
#include "exporters/registry.h"
#include "lib/config/generation.h"
#include "lib/core/runner.h"
#include "lib/core/secret_stand_in.h"
#include "lib/core/talk.h"
#include "lib/core/tls.h"
#include "probes/registry.h"
#include "tools/reference.h"

struct verifier {
    size_t faults;
};

static void fault(struct verifier *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void fault(struct verifier *v, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("reference: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    v->faults++;
}

static bool is_sentence(const char *text)
{
    return text && strlen(text) > 2 && strchr(".!)", text[strlen(text) - 1]);
}

static bool needs_limits(const struct opt *row)
{
    return row->type == OPT_INT || row->type == OPT_INTS || row->type == OPT_NUMBER ||
           row->type == OPT_DURATION || row->type == OPT_SIZE;
}

static void verify_rows(struct verifier *v, const char *where, const struct opt *rows)
{
    for (const struct opt *row = rows; row && row->name; row++) {
        char inner[300];
        snprintf(inner, sizeof(inner), "%s.%s", where, row->name);
        if (!is_sentence(row->doc))
            fault(v, "%s: its doc must be a sentence that ends with a full stop", inner);
        if (needs_limits(row) && row->min == 0 && row->max == 0)
            fault(v, "%s: a number needs limits", inner);
        if (row->type == OPT_CHOICE && (!row->choices || !row->choices->name))
            fault(v, "%s: a choice needs choices", inner);
        for (const struct opt *other = rows; other != row; other++) {
            if (!strcmp(other->name, row->name))
                fault(v, "%s: there are two", inner);
        }
        if (row->rows)
            verify_rows(v, inner, row->rows);
    }
}

static void verify_vars(struct verifier *v, const char *where, const struct var *vars)
{
    for (const struct var *var = vars; var && var->name; var++) {
        if (!is_sentence(var->doc))
            fault(
                v,
                "%s: variable %s: its doc must be a sentence that ends with a full stop",
                where, var->name);
    }
}

static void verify_metrics(struct verifier *v, const char *where,
                           const struct metric *const *list)
{
    for (; list && *list; list++) {
        if (!(*list)->help || strlen((*list)->help) < 3)
            fault(v, "%s: metric %s has no help", where, (*list)->name);
    }
}

static void show_faults(struct verifier *v, const char *where, const struct diag *d)
{
    struct buf text = BUF_MAX(100000);
    if (diag_error_count(d) == 0)
        return;
    diag_render(d, &text, false);
    fault(v, "%s: the example does not load:\n%s", where, buf_text(&text));
    buf_finish(&text);
}

static void verify_probe_example(struct verifier *v, const struct probe_type *type)
{
    if (!type->example) {
        fault(v, "probes/%s: there is no example", type->name);
        return;
    }
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    const struct opt_ctx ctx = {.arena = arena, .diag = d};
    const struct node *node = node_parse(arena, "example", bytes_of(type->example), d);
    if (node && !node_get(node, type->name))
        fault(v, "probes/%s: the example has no key '%s'", type->name, type->name);
    else if (node)
        (void)probe_load(&ctx, type, "example", node);
    show_faults(v, type->name, d);
    arena_destroy(arena);
}

/* With its probe filled in, a limit's expression is PromQL. */
/* The type's example, deeper by four spaces. */
static const char *example_indented(const struct probe_type *type, struct arena *arena)
{
    struct buf out = BUF_MAX(1u << 16);
    struct bytes rest = bytes_of(type->example), line;
    while (bytes_token(&rest, '\n', &line))
        buf_printf(&out, "    %.*s\n", (int)line.len, line.ptr);
    return arena_keep(arena, &out);
}

static void verify_limits(struct verifier *v, const struct probe_type *type)
{
    static const char config[] = "packs: {probes: false, healthd: false}\n"
                                 "probes:\n  - name: x\n    limits: {%s: %s}\n%s";
    static const char *const values[] = {[LIMIT_SHARE] = "80%",
                                         [LIMIT_BYTES] = "2GiB",
                                         [LIMIT_DURATION] = "30s",
                                         [LIMIT_NUMBER] = "5"};
    for (const struct limit *x = type->limits; x && x->name; x++) {
        struct arena *arena = arena_create(0);
        struct diag *d = diag_create(arena);
        struct secrets *secrets = secrets_create();
        const char *text = arena_printf(arena, config, x->name, values[x->unit],
                                        example_indented(type, arena));
        if (!is_sentence(x->doc))
            fault(v, "probes/%s: limit '%s': its doc must be a sentence", type->name,
                  x->name);
        generation_unref(generation_parse(x->name, bytes_of(text), secrets, d));
        show_faults(v, x->name, d);
        secrets_destroy(secrets);
        arena_destroy(arena);
    }
}

/* where: exporters, alerts; the example is a mapping with the type's name as its key. */
static void verify_example(struct verifier *v, const char *where, const char *name,
                           const char *example, struct opt_part part)
{
    if (!example) {
        fault(v, "%s/%s: there is no example", where, name);
        return;
    }
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    const struct opt_ctx ctx = {.arena = arena, .diag = d};
    const struct node *node = node_parse(arena, "example", bytes_of(example), d);
    const struct node *own = node_get(node, name);
    if (node && !own)
        fault(v, "%s/%s: the example has no key '%s'", where, name, name);
    else if (node)
        (void)template_load(&ctx, &part, 1, own, NULL);
    show_faults(v, name, d);
    arena_destroy(arena);
}

static void secret_is_elsewhere(void *ctx, struct bytes name, const struct err *why)
{
    (void)ctx;
    (void)name;
    (void)why;
}

/* Whole configurations that people are shown; their secrets are on other machines. */
static void verify_example_files(struct verifier *v)
{
    glob_t found = {0};
    (void)glob("examples/*.yml", 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct arena *arena = arena_create(0);
        struct diag *d = diag_create(arena);
        struct secrets *secrets = secrets_create();
        secrets_stand_in(secrets, secret_is_elsewhere, NULL);
        generation_unref(generation_load(found.gl_pathv[i], secrets, d));
        show_faults(v, found.gl_pathv[i], d);
        secrets_destroy(secrets);
        arena_destroy(arena);
    }
    globfree(&found);
}

bool reference_verify(void)
{
    struct verifier v = {0};
    verify_rows(&v, "top level", generation_opts);
    verify_rows(&v, "probe", probe_common_opts);
    verify_rows(&v, "receiver", receiver_opts);
    verify_rows(&v, "route", route_opts);
    verify_rows(&v, "flow", flow_opts);
    verify_rows(&v, "step", step_opts);
    verify_rows(&v, "deadman", deadman_opts);
    verify_rows(&v, "group of rules", rule_group_opts);
    verify_rows(&v, "rule", rule_opts);
    verify_rows(&v, "dialogue", dial_opts);
    verify_vars(&v, "every type", runner_vars);
    verify_vars(&v, "tls", tls_vars);
    verify_metrics(&v, "every type", runner_metrics);
    verify_metrics(&v, "tls", tls_metrics);
    for (const struct probe_type *const *type = probe_types; *type; type++) {
        if (!is_sentence((*type)->summary))
            fault(&v, "probes/%s: its summary must be a sentence", (*type)->name);
        verify_rows(&v, (*type)->name, (*type)->opts);
        verify_vars(&v, (*type)->name, (*type)->vars);
        verify_metrics(&v, (*type)->name, (*type)->metrics);
        verify_probe_example(&v, *type);
        verify_limits(&v, *type);
    }
    for (const struct exporter_type *const *type = exporter_types; *type; type++) {
        if (!is_sentence((*type)->summary))
            fault(&v, "exporters/%s: its summary must be a sentence", (*type)->name);
        verify_rows(&v, (*type)->name, (*type)->opts);
        verify_example(&v, "exporters", (*type)->name, (*type)->example,
                       (struct opt_part){(*type)->opts, (*type)->conf_size});
    }
    for (const struct notifier_type *const *type = notifier_types; *type; type++) {
        if (!is_sentence((*type)->summary))
            fault(&v, "alerts/notify_%s: its summary must be a sentence", (*type)->name);
        verify_rows(&v, (*type)->name, (*type)->opts);
        verify_example(&v, "alerts/notify", (*type)->name, (*type)->example,
                       (struct opt_part){(*type)->opts, (*type)->conf_size});
    }
    verify_example_files(&v);
    return v.faults == 0;
}
