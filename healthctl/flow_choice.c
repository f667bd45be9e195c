/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands that are files and operands that are flows told apart, loaded, and held against each other: one flow, known
 * steps, its variables. Called by commands that run flows. Runs none.
 */
#include "healthctl/flow_choice.h"

#include <string.h>
#include <sys/stat.h>

#include "healthctl/config_file.h"
#include "healthctl/flow_export.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/flows/flow_scope.h"

enum { COUNT_MAX = 10000 };

/* A folder may be called as a probe is. */
static bool is_file(const char *word)
{
    struct stat about;
    return strchr(word, '/') || strchr(word, '.') ||
           (stat(word, &about) == 0 && !S_ISDIR(about.st_mode));
}

static int load(const struct invocation *in, const char *path, struct flow_choice *ret)
{
    struct diag *d = diag_create(in->arena);
    struct generation *g = generation_load_flows(path, in->secrets, d);
    if (diag_first(d))
        config_faults(in, d);
    if (!g)
        return CODE_USAGE;
    arena_cleanup(in->arena, config_release, g);
    ret->generation = g;
    return CODE_PASS;
}

int flow_choice_load(const struct invocation *in, const char *const *words, size_t count,
                     struct flow_choice *ret, size_t *ret_read)
{
    const char *config = invocation_flag(in, "config");
    const bool has_file = !config && count && is_file(words[0]);
    const char *path = has_file ? words[0] : config ? config : config_default();
    const int code = has_file ? flow_export_refused(in, path) : CODE_PASS;
    *ret = (struct flow_choice){.source = has_file ? path : NULL};
    *ret_read = has_file;
    return code ? code : load(in, path, ret);
}

/* ---- flows ---- */

static int unknown_flow(const struct invocation *in, const struct generation *g,
                        const char *name)
{
    const char **names = arena_alloc(in->arena, (g->flow_count + 1) * sizeof(*names));
    for (size_t i = 0; i < g->flow_count; i++)
        names[i] = g->flows[i].name;
    const char *near = nearest_word(name, names);
    return complain(in, CODE_USAGE, "%s has no flow '%s'%s%s%s", config_name(g), name,
                    near            ? "; did you mean '"
                    : g->flow_count ? ""
                                    : ": it has none at all; see `healthctl help smoke`",
                    near ? near : "", near ? "'?" : "");
}

static int too_many(const struct invocation *in, const struct generation *g)
{
    return complain(in, CODE_USAGE,
                    "these are more than %d flows of %s: name fewer, none was run",
                    FLOW_CHOICE_MAX, config_name(g));
}

int flow_choice_read(const struct invocation *in, const char *const *words, size_t count,
                     struct flow_choice *ret)
{
    size_t first;
    const int code = flow_choice_load(in, words, count, ret, &first);
    if (code)
        return code;
    const struct generation *g = ret->generation;
    const struct flow **flows =
        arena_alloc(in->arena, (g->flow_count + count + 1) * sizeof(*flows));
    ret->flows = flows;
    if (count - first > FLOW_CHOICE_MAX)
        return too_many(in, g);
    for (size_t i = first; i < count; i++) {
        const struct flow *flow = generation_flow(g, words[i]);
        if (!flow)
            return unknown_flow(in, g, words[i]);
        flows[ret->count++] = flow;
    }
    if (first == count && g->flow_count > FLOW_CHOICE_MAX)
        return too_many(in, g);
    for (size_t i = 0; first == count && i < g->flow_count; i++)
        flows[ret->count++] = &g->flows[i];
    if (!ret->count)
        return complain(in, CODE_USAGE,
                        "%s has no flows; `healthctl help smoke` shows one",
                        config_name(g));
    return CODE_PASS;
}

/* ---- flags that several commands have ---- */

int flow_choice_vars(const struct invocation *in, struct pairs *ret)
{
    const char *const *given = invocation_flags(in, "var");
    struct pair *items = arena_alloc(in->arena, (in->given_count + 1) * sizeof(*items));
    size_t count = 0;
    for (; given && *given; given++) {
        const char *equals = strchr(*given, '=');
        if (!equals || equals == *given)
            return complain(in, CODE_USAGE, "--var is name=value, not '%s'", *given);
        items[count++] = (struct pair){
            arena_strndup(in->arena, *given, (size_t)(equals - *given)), equals + 1};
    }
    *ret = (struct pairs){items, count};
    return CODE_PASS;
}

int flow_choice_check(const struct invocation *in, const struct flow_choice *c,
                      const struct pairs *vars)
{
    struct err e = {0};
    for (size_t i = 0; i < c->count; i++) {
        if (!flow_scope_create(in->arena, in->secrets, c->flows[i], vars, wall_read(),
                               &e))
            return complain(in, CODE_USAGE, "%s", e.text);
    }
    return CODE_PASS;
}

int flow_choice_duration(const struct invocation *in, const char *flag,
                         nsec *ret_duration)
{
    const char *text = invocation_flag(in, flag);
    struct err e = {0};
    nsec duration = 0;
    if (!text)
        return CODE_PASS;
    if (!duration_parse(bytes_of(text), &duration, &e) || duration <= 0)
        return complain(in, CODE_USAGE, "--%s: %s", flag,
                        *e.text ? e.text : "expected a time such as 120s");
    *ret_duration = duration;
    return CODE_PASS;
}

int flow_choice_count(const struct invocation *in, const char *flag, size_t *ret_count)
{
    const char *text = invocation_flag(in, flag);
    uint64_t count = 0;
    if (!text)
        return CODE_PASS;
    if (!bytes_to_u64(bytes_of(text), &count) || !count || count > COUNT_MAX)
        return complain(in, CODE_USAGE, "--%s is a number from 1 to %d, not '%s'", flag,
                        COUNT_MAX, text);
    *ret_count = count;
    return CODE_PASS;
}
