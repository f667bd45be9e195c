/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl probe`: one run now, as healthd would make it, by a type and flags, by a module, or by a
 * running healthd (--now). Changes no state and keeps nothing, but for --now.
 */
#include <string.h>

#include "healthctl/asked.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/outcome.h"
#include "healthctl/remote.h"
#include "healthctl/type_flags.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/config/generation.h"
#include "probes/registry.h"

#define NOW_TIMEOUT (120 * NSEC_PER_SEC)

/* ---- what to ask ---- */

static int unknown_type(const struct invocation *in, const char *name)
{
    const char *names[64];
    size_t count = 0;
    struct buf list = BUF_MAX(1024);
    for (const char *const *left = probe_types_left_out; *left; left += 2) {
        if (!strcmp(left[0], name))
            return complain(
                in, CODE_USAGE,
                "probe type '%s' is not in this build: it was made without %s", name,
                left[1]);
    }
    for (; probe_types[count] && count + 1 < ARRAY_LEN(names); count++) {
        names[count] = probe_types[count]->name;
        buf_printf(&list, "%s%s", count ? ", " : "", names[count]);
    }
    names[count] = NULL;
    const char *near = nearest_word(name, names);
    const int code =
        near ? complain(in, CODE_USAGE, "there is no probe type '%s'; did you mean %s?",
                        name, near)
             : complain(in, CODE_USAGE, "there is no probe type '%s'; there are: %s",
                        name, buf_text(&list));
    buf_finish(&list);
    return code;
}

static void put(struct invocation *in, struct node *map, const char *key,
                struct node *value)
{
    if (value)
        node_put(in->arena, map, key, value);
}

/* The probe that the flags describe, or NULL and ret_code. */
static const struct probe *from_flags(struct invocation *in, int *ret_code)
{
    const struct probe_type *type = probe_type_find(in->operands[0]);
    if (!type) {
        *ret_code = unknown_type(in, in->operands[0]);
        return NULL;
    }
    struct diag *d = diag_create(in->arena);
    const struct opt_ctx ctx = {.arena = in->arena, .diag = d, .secrets = in->secrets};
    struct node *conf =
        type_flags_node(in, type, in->operand_count > 1 ? in->operands[1] : NULL, d);
    struct node *map = node_map(in->arena, (struct place){.file = "command line"});
    const struct probe *probe = NULL;
    if (conf) {
        node_put(in->arena, map, type->name, conf);
        put(in, map, "timeout", flag_text_node(in, "timeout"));
        put(in, map, "expect", flag_texts_node(in, "expect"));
        put(in, map, "should", flag_texts_node(in, "should"));
        probe = probe_load(&ctx, type, type->name, map);
    }
    if (diag_first(d))
        *ret_code = config_faults(in, d);
    return probe;
}

static void release_generation(void *g)
{
    generation_unref(g);
}

static const struct module *from_module(struct invocation *in,
                                        const struct generation **ret_generation,
                                        int *ret_code)
{
    const char *name = invocation_flag(in, "module");
    struct diag *d = diag_create(in->arena);
    const char *config = invocation_flag(in, "config");
    struct generation *g =
        generation_load(config ? config : config_default(), in->secrets, d);
    if (diag_first(d))
        *ret_code = config_faults(in, d);
    if (!g)
        return NULL;
    arena_cleanup(in->arena, release_generation, g);
    *ret_generation = g;
    const struct module *m = generation_module(g, name);
    if (!m) {
        const char *names[256];
        size_t count = 0;
        for (const struct map_entry *it = NULL;
             (it = map_next(g->modules, it)) && count < 255;)
            names[count++] = it->key;
        names[count] = NULL;
        const char *near = nearest_word(name, names);
        *ret_code =
            complain(in, CODE_USAGE, "%s has no module '%s'%s%s%s", config_name(g), name,
                     near    ? "; did you mean '"
                     : count ? ""
                             : ": it has none at all",
                     near ? near : "", near ? "'?" : "");
    }
    return m;
}

/* ---- what came of it ---- */

static struct cell certificate(struct arena *arena, const struct asked *a)
{
    return cell_text(arena_printf(
        arena, "%s%s%s, issued by %s", a->subject, a->names && *a->names ? ", for " : "",
        a->names && *a->names ? a->names : "", a->issuer ? a->issuer : "?"));
}

static void write_summary(struct invocation *in, const struct asked *a)
{
    struct writer *w = in->out;
    write_waterfall(w, NULL, &a->phases);
    write_field(w, NULL, "address", *a->address ? cell_text(a->address) : cell_none());
    if (!a->tls_version && !a->subject)
        return;
    write_begin(w, "certificate", NULL);
    write_field(w, "tls_version", "tls", cell_text(a->tls_version));
    write_field(w, "subject", NULL, cell_text(a->subject));
    write_field(w, "issuer", NULL, cell_text(a->issuer));
    write_field(w, "names", NULL, cell_text(a->names));
    write_field(w, NULL, "certificate",
                a->subject ? certificate(in->arena, a) : cell_none());
    write_field(w, "expires", "expires",
                a->expires > 0 ? cell_time((struct wall){nsec_from_sec(a->expires)})
                               : cell_none());
    write_end(w);
}

static void write_trace(struct invocation *in, const struct trace_line *lines,
                        size_t count)
{
    static const struct column columns[] = {{.title = "", .is_right = true},
                                            {.title = ""},
                                            {.title = "", .is_elastic = true}};
    struct cell *cells = arena_alloc(in->arena, (count * 3 + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        cells[i * 3] = cell_duration(lines[i].at);
        cells[i * 3 + 1] = cell_toned(TONE_FAINT, lines[i].key);
        cells[i * 3 + 2] = cell_text(lines[i].text);
    }
    write_begin(in->out, NULL, count ? "Trace" : NULL);
    write_table(in->out, &(struct table){NULL, columns, 3, cells, count});
    write_end(in->out);
}

static void write_asked(struct invocation *in, const struct asked *a)
{
    struct writer *w = in->out;
    const char *target = a->operand              ? a->operand
                         : in->operand_count > 1 ? in->operands[1]
                                                 : "";
    write_say(w, health_tone(a->health), "%s  %s%s%s in %s%s%s", health_name(a->health),
              a->probe->type->name, *target ? " " : "", target,
              duration_text_short(in->arena, a->duration),
              a->reason == REASON_NONE ? "" : "  ", reason_word(a->reason));
    if (*a->detail)
        write_say(w, TONE_PLAIN, "  %s", a->detail);
    write_json(w, NULL, json_incref(a->verdict));
    write_field(w, "type", NULL, cell_text(a->probe->type->name));
    write_field(w, "exit_code", NULL, cell_count(outcome_code(a->health, a->reason)));
    write_summary(in, a);
    remote_write_items(w, in->arena, a->verdict);
    if (invocation_flag(in, "verbose"))
        write_trace(in, a->trace, a->trace_count);
}

/* ---- asked of the daemon ---- */

static int run_now(struct invocation *in, const char *name)
{
    json_t *answer;
    const char *path =
        arena_printf(in->arena, "/api/run/%s", client_escape(in->arena, name));
    const int code = client_ask_json(in, "POST", path, NOW_TIMEOUT, &answer);
    if (code)
        return code;
    const json_t *run = json_object_get(answer, "last_run");
    const enum health health = health_of_name(remote_text(run, "health"));
    const enum reason reason = reason_of_word(remote_text(run, "reason"));
    const struct waterfall phases = remote_waterfall(run);
    struct writer *w = in->out;
    write_json(w, NULL, json_incref(answer));
    write_say(w, health_tone(health), "%s  %s in %s%s%s", health_name(health), name,
              duration_text_short(in->arena, phases.total),
              reason == REASON_NONE ? "" : "  ", reason_word(reason));
    if (*remote_text(run, "detail"))
        write_say(w, TONE_PLAIN, "  %s", remote_text(run, "detail"));
    write_waterfall(w, NULL, &phases);
    write_field(w, NULL, "address", cell_text(remote_text(run, "address")));
    write_field(w, NULL, "confirmed",
                cell_health(health_of_name(remote_text(answer, "health"))));
    remote_write_items(w, in->arena, run);
    return outcome_code(health, reason);
}

/* ---- the command ---- */

static int ask_once(struct invocation *in, struct asked *a, const struct generation *g)
{
    struct err e = {0};
    if (!ask_all(in, g, a, 1, NULL, &e))
        return complain(in, CODE_UNKNOWN, "%s", e.text);
    write_page(in->out, a->page);
    write_asked(in, a);
    return outcome_code(a->health, a->reason);
}

static int run(struct invocation *in)
{
    const char *now = invocation_flag(in, "now");
    const char *module = invocation_flag(in, "module");
    int code = CODE_USAGE;
    if (now && (module || in->operand_count))
        return complain(in, CODE_USAGE,
                        "--now NAME asks a running healthd, and stands alone");
    if (now)
        return run_now(in, now);
    if (module) {
        if (in->operand_count != 1)
            return complain(
                in, CODE_USAGE,
                "--module %s needs one target: healthctl probe --module %s TARGET",
                module, module);
        const struct generation *g = NULL;
        const struct module *m = from_module(in, &g, &code);
        if (!m)
            return code;
        struct asked a = {.probe = m->probe, .operand = in->operands[0]};
        a.timeout = m->timeout > 0 ? m->timeout : m->probe->timeout;
        return ask_once(in, &a, g);
    }
    if (!in->operand_count)
        return complain(
            in, CODE_USAGE,
            "TYPE is missing: healthctl probe http URL; see `healthctl help probe`");
    const struct probe *probe = from_flags(in, &code);
    if (!probe)
        return code;
    struct asked a = {.probe = probe, .timeout = probe->timeout};
    return ask_once(in, &a, NULL);
}

static const char *const probe_formats[] = {"text", "json", "prometheus", NULL};

static const struct flag probe_flags[] = {
    {.name = "timeout",
     .operand = "DURATION",
     .doc = "Budget of the whole run (default: 5s)."},
    {.name = "expect",
     .operand = "EXPR",
     .may_repeat = true,
     .doc = "What has to hold, else it is down: --expect 'status == 200'."},
    {.name = "should",
     .operand = "EXPR",
     .may_repeat = true,
     .doc = "What should hold, else it is degraded: --should 'timing.total < 800ms'."},
    {.name = "module",
     .operand = "NAME",
     .doc =
         "Ask as this module of the configuration does; the operand is then its target."},
    {.name = "config",
     .letter = 'c',
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "The configuration that --module is in (default: /etc/healthd/healthd.yml)."},
    {.name = "now",
     .operand = "PROBE",
     .completes = COMPLETES_PROBES,
     .doc = "Let a running healthd run this probe of its configuration now."},
    {.name = "accept",
     .doc = "What is found is right from now on: a type with a `lock` writes its file."},
    {.name = "verbose",
     .letter = 'v',
     .doc = "Show the trace: what was sent, what came, when."},
    {.name = "format",
     .operand = "FORMAT",
     .completes = COMPLETES_WORDS,
     .words = probe_formats,
     .doc = "text, json, or prometheus for the samples (default: text)."},
    {0}};

const struct command command_probe = {
    .name = "probe",
    .group = GROUP_WRITING,
    .run = run,
    .needs_daemon = true,
    .summary = "Run one probe now: by type and options, by module, or by name",
    .operands = "TYPE [TARGET]",
    .most = 2,
    .completes = COMPLETES_TYPES,
    .flags = probe_flags,
    .more_flags = type_flags,
    .doc = "Needs no healthd, but for --now. Options are those of the type, as in the "
           "configuration; "
           "see `healthctl help probe TYPE`. Options that are lists may be given again "
           "and again; "
           "those that are mappings take YAML, as --headers 'Accept: text/html'. A "
           "secret never "
           "stands on a command line: name a variable or a file, as --password-env "
           "NAME.\n\n"
           "Exits 0 when up or degraded; 1 when an answer came that is not as it should "
           "be; 4 when none "
           "came (no such name, refused, unreachable, reset, closed, timeout, proxy); 5 "
           "when it could "
           "not be asked.",
    .examples =
        (const struct example[]){
            {"healthctl probe http https://example.com/ --should 'timing.total < 1s'",
             "With the phases drawn"},
            {"healthctl probe http http://payload:3000/api/health --http-format health "
             "-v",
             "What the application says of itself, and the trace"},
            {"healthctl probe tcp db:5432 --timeout 2s", "Does something listen?"},
            {"healthctl probe --module http_2xx -c healthd.yml example.com",
             "As /probe?module=http_2xx&target=example.com would"},
            {"healthctl probe --now payload", "Do not wait for the next slot"},
            {0}},
};
