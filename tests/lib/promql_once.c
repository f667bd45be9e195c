/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks our PromQL by hand, for tests that compare with promtool 2.42 (so: --compat 2):
 *
 *   promql_once FILE...   runs files of promtool's unit tests and prints what fails; 1 when something does
 *   promql_once <EXPRS    reads one expression a line: "ok", or the fault with its place
 */
#include <stdio.h>
#include <string.h>

#include "alerts/rule_test.h"
#include "lib/core/diag.h"
#include "lib/query/promql.h"

static void show(const struct rule_test_case *c)
{
    for (size_t i = 0; i < c->failure_count; i++) {
        const struct rule_test_failure *f = &c->failures[i];
        printf("case %s, %s at %g s\n  expected\n%s\n  got\n%s\n", c->name, f->what,
               nsec_to_sec(f->at), f->expected, f->got);
    }
}

static bool run(const char *path)
{
    const struct rule_test_opts opts = {.compat = PROMQL_COMPAT_2};
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    struct buf said = BUF_MAX(1 << 20);
    struct rule_test_report report = {0};
    bool ok = rule_test_run(path, &opts, arena, d, &report);
    diag_render(d, &said, false);
    fputs(buf_text(&said), stdout);
    buf_finish(&said);
    for (size_t i = 0; i < report.count; i++)
        show(&report.cases[i]);
    ok = ok && report.failed == 0 && diag_error_count(d) == 0;
    arena_destroy(arena);
    return ok;
}

static void parse(const char *line)
{
    struct arena *arena = arena_create(0);
    struct promql_fault fault = {0};
    if (promql_parse(arena, line, &fault))
        printf("ok\n");
    else
        printf("%d:%d %s (%s)\n", fault.line, fault.column, fault.text, fault.hint);
    arena_destroy(arena);
}

int main(int argc, char **argv)
{
    char line[4096];
    bool ok = true;
    for (int i = 1; i < argc; i++)
        ok &= run(argv[i]);
    while (argc == 1 && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        parse(line);
    }
    return ok ? 0 : 1;
}
