/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl rules`: checks, shows and tests rules of files; needs no healthd. */
#include <string.h>

#include "alerts/annotation.h"
#include "alerts/rule_test.h"
#include "alerts/severity.h"
#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/outcome.h"
#include "healthctl/rule_source.h"
#include "healthctl/writer.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"

/* ---- check ---- */

struct tally {
    size_t groups, alerting, recording;
};

static struct tally tally_of(const struct rules *rules)
{
    struct tally t = {.groups = rules->count};
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        for (size_t k = 0; k < g->count; k++) {
            t.recording += g->rules[k]->is_recording;
            t.alerting += !g->rules[k]->is_recording;
        }
    }
    return t;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void write_count(struct writer *w, const char *key, bool is_known, size_t count)
{
    write_field(w, key, NULL, is_known ? cell_count((int64_t)count) : cell_none());
}

static int check_file(struct invocation *in, const char *path)
{
    struct diag *d = diag_create(in->arena);
    struct rules rules = {0};
    struct rule_origin origin;
    const int code = rule_source_find(in, path, &origin);
    if (code)
        return code;
    const bool is_valid = rule_source_load(in, &origin, d, &rules);
    const char *name = origin.name;
    const struct tally t = tally_of(&rules);
    write_begin(in->out, NULL, NULL);
    write_field(in->out, "file", NULL,
                cell_text(origin.path ? origin.path : "the built-in configuration"));
    write_field(in->out, "valid", NULL, cell_bool(is_valid));
    write_count(in->out, "groups", is_valid, t.groups);
    write_count(in->out, "alerting", is_valid, t.alerting);
    write_count(in->out, "recording", is_valid, t.recording);
    config_write_faults(in, d);
    write_end(in->out);
    if (diag_first(d))
        config_faults(in, d);
    if (!is_valid)
        return complain(in, CODE_USAGE, "%s is not valid: %zu error%s", name,
                        diag_error_count(d), plural(diag_error_count(d)));
    write_say(in->out, TONE_GOOD,
              "%s is valid: %zu alerting and %zu recording rule%s in %zu group%s", name,
              t.alerting, t.recording, plural(t.recording), t.groups, plural(t.groups));
    return CODE_PASS;
}

static int check(struct invocation *in)
{
    enum exit_code code = CODE_PASS;
    write_list(in->out, "files");
    if (!in->operand_count)
        code = (enum exit_code)check_file(in, NULL);
    for (size_t i = 0; i < in->operand_count; i++)
        code = outcome_worse(code, (enum exit_code)check_file(in, in->operands[i]));
    write_end(in->out);
    return code;
}

/* ---- show ---- */

static void write_texts(struct invocation *in, const char *key, struct rule_texts texts)
{
    json_t *object = json_object();
    for (size_t i = 0; i < texts.count; i++) {
        const char *source = annotation_source(texts.items[i].value);
        json_object_set_new(object, texts.items[i].name, json_string(source));
        write_field(in->out, NULL, texts.items[i].name, cell_text(source));
    }
    write_json(in->out, key, object);
}

static void write_duration(struct invocation *in, const char *key, const char *label,
                           nsec value)
{
    write_field(in->out, key, value ? label : NULL, cell_duration(value));
}

static void write_rule(struct invocation *in, const struct rule *r)
{
    write_begin(
        in->out, NULL,
        arena_printf(in->arena, "%s%s", r->is_recording ? "record " : "", r->name));
    write_field(in->out, "name", NULL, cell_text(r->name));
    write_field(in->out, "recording", NULL, cell_bool(r->is_recording));
    write_field(in->out, "id", "id", cell_text(r->id));
    write_field(in->out, "file", NULL, cell_text(r->at.file));
    write_field(in->out, "line", NULL, cell_count(r->at.line));
    write_field(in->out, "bundled", NULL, cell_bool(r->is_bundled));
    if (r->at.file && !r->is_bundled)
        write_field(in->out, NULL, "at",
                    cell_text(arena_printf(in->arena, "%s:%d", r->at.file, r->at.line)));
    write_field(in->out, "expr", "expr", cell_text(r->expr_text));
    write_duration(in, "for_seconds", "for", r->hold_for);
    write_duration(in, "keep_firing_for_seconds", "keep firing for", r->keep_firing_for);
    write_texts(in, "labels", r->labels);
    write_texts(in, "annotations", r->annotations);
    write_end(in->out);
}

static bool is_chosen(const struct invocation *in, const struct rule *r)
{
    for (size_t i = 0; i < in->operand_count; i++) {
        const struct bytes pattern = bytes_of(in->operands[i]);
        if (glob_match(pattern, bytes_of(r->name)) ||
            glob_match(pattern, bytes_of(r->id)))
            return true;
    }
    return !in->operand_count;
}

static int show(struct invocation *in)
{
    struct diag *d = diag_create(in->arena);
    struct rules rules = {0};
    struct rule_origin origin;
    size_t shown = 0;
    const int code = rule_source_find(in, NULL, &origin);
    if (code)
        return code;
    if (!rule_source_load(in, &origin, d, &rules))
        return config_faults(in, d);
    write_list(in->out, "rules");
    for (size_t i = 0; i < rules.count; i++) {
        const struct rule_group *g = rules.groups[i];
        for (size_t k = 0; k < g->count; k++) {
            if (!is_chosen(in, g->rules[k]))
                continue;
            write_rule(in, g->rules[k]);
            shown++;
        }
    }
    write_end(in->out);
    if (!shown && in->operand_count)
        return complain(in, CODE_USAGE,
                        "no rule is called so; `healthctl rules show` "
                        "shows all");
    if (!shown)
        write_say(in->out, TONE_PLAIN, "there is no rule");
    return CODE_PASS;
}

/* ---- test ---- */

static void say_lines(struct invocation *in, const char *title, const char *lines)
{
    struct bytes rest = bytes_of(*lines ? lines : "nothing"), line;
    write_say(in->out, TONE_FAINT, "    %s", title);
    while (bytes_token(&rest, '\n', &line))
        write_say(in->out, TONE_PLAIN, "      %.*s", (int)line.len, line.ptr);
}

static void write_case(struct invocation *in, const struct rule_test_case *c)
{
    write_begin(in->out, NULL, NULL);
    write_field(in->out, "name", NULL, cell_text(c->name));
    write_field(in->out, "expectations", NULL, cell_count((int64_t)c->count));
    write_list(in->out, "failures");
    for (size_t i = 0; i < c->failure_count; i++) {
        const struct rule_test_failure *f = &c->failures[i];
        write_begin(in->out, NULL, NULL);
        write_field(in->out, "what", NULL, cell_text(f->what));
        write_field(in->out, "at_seconds", NULL, cell_duration(f->at));
        write_field(in->out, "expected", NULL, cell_text(f->expected));
        write_field(in->out, "got", NULL, cell_text(f->got));
        write_end(in->out);
        write_say(in->out, TONE_BAD, "  %s: %s at %s", c->name, f->what,
                  duration_text(in->arena, f->at));
        say_lines(in, "expected", f->expected);
        say_lines(in, "got", f->got);
    }
    write_end(in->out);
    write_end(in->out);
}

static int test_file(struct invocation *in, const char *path)
{
    const char *compat = invocation_flag(in, "compat");
    const struct rule_test_opts opts = {
        .compat = compat && *compat == '2' ? PROMQL_COMPAT_2 : PROMQL_COMPAT_3,
        .only = invocation_flag(in, "run")};
    struct diag *d = diag_create(in->arena);
    struct rule_test_report report = {0};
    const bool ok = rule_test_run(path, &opts, in->arena, d, &report);
    write_begin(in->out, NULL, NULL);
    write_field(in->out, "file", NULL, cell_text(path));
    write_field(in->out, "valid", NULL, cell_bool(ok));
    config_write_faults(in, d);
    write_list(in->out, "tests");
    if (ok)
        write_say(in->out, report.failed ? TONE_BAD : TONE_GOOD,
                  "%s: %zu of %zu test%s pass", path, report.count - report.failed,
                  report.count, plural(report.count));
    for (size_t i = 0; i < report.count; i++)
        write_case(in, &report.cases[i]);
    write_end(in->out);
    write_end(in->out);
    if (diag_first(d))
        config_faults(in, d);
    if (ok && opts.only && !report.count)
        return complain(in, CODE_USAGE, "%s: no test's name has '%s' in it", path,
                        opts.only);
    return !ok ? CODE_USAGE : report.failed ? CODE_FAILED : CODE_PASS;
}

static int test(struct invocation *in)
{
    enum exit_code code = CODE_PASS;
    write_list(in->out, "files");
    for (size_t i = 0; i < in->operand_count; i++)
        code = outcome_worse(code, (enum exit_code)test_file(in, in->operands[i]));
    write_end(in->out);
    return code;
}

static const struct verb verbs[] = {
    {.name = "check",
     .operands = "[FILE...]",
     .most = 1000,
     .completes = COMPLETES_FILES,
     .summary = "Everything that is wrong with rule files, or with the rules of a "
                "configuration; the usual.",
     .run = check},
    {.name = "show",
     .also = "list",
     .operands = "[NAME...]",
     .most = 1000,
     .summary = "What is in force: written ones, bundled ones, and those that a probe's "
                "severity and limits stand for. NAME may have * in it.",
     .run = show},
    {.name = "test",
     .operands = "FILE...",
     .least = 1,
     .most = 1000,
     .completes = COMPLETES_FILES,
     .summary = "Run promtool's unit-test files as they are.",
     .run = test},
    {0}};

static const char *const compats[] = {"2", "3", NULL};
static const struct flag flags[] = {
    {.name = "config",
     .letter = 'c',
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "The configuration or rule file (default: what the healthd that answers "
            "reads, else /etc/healthd/healthd.yml)."},
    {.name = "compat",
     .operand = "VERSION",
     .completes = COMPLETES_WORDS,
     .words = compats,
     .doc = "test: 2 or 3, whose Prometheus' rules of ranges hold (default: 3)."},
    {.name = "run",
     .operand = "TEXT",
     .doc = "test: only tests whose name has this in it."},
    {0}};

const struct command command_rules = {
    .name = "rules",
    .group = GROUP_WRITING,
    .run = verbs_run,
    .needs_daemon = true,
    .verbs = verbs,
    .bare = "check",
    .summary = "Check, show and test alerting rules",
    .operands = "[check [FILE...] | show [NAME...] | test FILE...]",
    .most = 1001,
    .completes = COMPLETES_NOTHING,
    .flags = flags,
    .doc =
        "Rules are Prometheus' rules; its rule files and its promtool's tests are read "
        "as "
        "they are. Needs no healthd; without a FILE it asks one that answers which file "
        "it "
        "reads. A FILE with `groups:` is a rule file, any other a "
        "configuration.\n\nExits 1 when a test fails, 2 when a file is at fault.",
    .examples =
        (const struct example[]){
            {"healthctl rules check rules/*.yml", "Before they are deployed"},
            {"healthctl rules show 'Probe*'", "When does a probe page?"},
            {"healthctl rules test tests/*.yml", "As `promtool test rules` does"},
            {0}},
};
