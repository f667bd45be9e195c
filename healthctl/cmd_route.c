/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl route`: who is told of what, by the configuration; needs no healthd. */
#include <string.h>

#include "alerts/route.h"
#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/layout.h"
#include "healthctl/writer.h"
#include "lib/base/units.h"

enum { INDENT = 2 };

static const char *names_of(struct arena *arena, const struct receiver *const *list)
{
    struct buf text = BUF_MAX(16384);
    for (size_t i = 0; list[i]; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", list[i]->name);
    const char *names = arena_strdup(arena, text.len ? buf_text(&text) : "nobody");
    buf_finish(&text);
    return names;
}

static const char *matchers_text(struct arena *arena, struct matchers m)
{
    struct buf text = BUF_MAX(64 << 10);
    if (!m.count)
        return "all";
    matchers_print(m, &text);
    return arena_keep(arena, &text);
}

static const char *matcher_text(struct arena *arena, const struct matcher *m)
{
    const char *braced = matchers_text(arena, (struct matchers){m, 1});
    return arena_strndup(arena, braced + 1, strlen(braced) - 2);
}

static json_t *receivers_json(const struct receiver *const *list)
{
    json_t *names = json_array();
    for (size_t i = 0; list[i]; i++)
        json_array_append_new(names, json_string(list[i]->name));
    return names;
}

static int routing_of(struct invocation *in, const struct generation **ret)
{
    const int code = config_load(in, ret);
    if (!code && !(*ret)->alerting.routing.root)
        return complain(in, CODE_USAGE,
                        "this configuration tells nobody of anything: it has neither "
                        "`notify:` nor `route:`");
    return code;
}

/* ---- show ---- */

static const char *timing_text(struct arena *arena, const struct route *r)
{
    return arena_printf(
        arena, "wait %s, then every %s, again after %s",
        duration_text(arena, r->group_wait), duration_text(arena, r->group_interval),
        r->repeat_interval ? duration_text(arena, r->repeat_interval) : "never");
}

static const char *group_text(struct arena *arena, const struct route *r)
{
    struct buf text = BUF_MAX(4096);
    for (size_t i = 0; r->group_by[i]; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", r->group_by[i]);
    return arena_keep(arena, &text);
}

static void show_route(struct invocation *in, const struct route *r, size_t depth)
{
    const int indent = (int)depth * INDENT;
    write_say(in->out, TONE_STRONG, "%*s%s -> %s%s", indent, "",
              matchers_text(in->arena, r->matchers), names_of(in->arena, r->receivers),
              r->has_continue ? ", and on" : "");
    write_say(in->out, TONE_FAINT, "%*s%s; grouped by %s", indent + INDENT, "",
              timing_text(in->arena, r),
              *r->group_by ? group_text(in->arena, r) : "nothing");
    for (size_t i = 0; r->mute[i]; i++)
        write_say(in->out, TONE_FAINT, "%*squiet during %s", indent + INDENT, "",
                  interval_name(r->mute[i]));
    for (size_t i = 0; r->active[i]; i++)
        write_say(in->out, TONE_FAINT, "%*sonly during %s", indent + INDENT, "",
                  interval_name(r->active[i]));
    for (const struct escalation *e = r->escalate; e->to; e++)
        write_say(in->out, TONE_FAINT, "%*safter %s, also %s", indent + INDENT, "",
                  duration_text(in->arena, e->after), e->to->name);
    for (size_t i = 0; r->routes[i]; i++)
        show_route(in, r->routes[i], depth + 1);
}

static json_t *route_json(const struct invocation *in, const struct route *r)
{
    json_t *object =
        json_pack("{s:s, s:s, s:b, s:o}", "key", r->key ? r->key : "", "matchers",
                  r->matchers.count ? matchers_text(in->arena, r->matchers) : "{}",
                  "continue", r->has_continue, "receivers", receivers_json(r->receivers));
    json_object_set_new(object, "group_wait_seconds",
                        json_real(nsec_to_sec(r->group_wait)));
    json_object_set_new(object, "group_interval_seconds",
                        json_real(nsec_to_sec(r->group_interval)));
    json_object_set_new(object, "repeat_interval_seconds",
                        json_real(nsec_to_sec(r->repeat_interval)));
    json_t *children = json_array();
    for (size_t i = 0; r->routes[i]; i++)
        json_array_append_new(children, route_json(in, r->routes[i]));
    json_object_set_new(object, "routes", children);
    return object;
}

static int show(struct invocation *in)
{
    const struct generation *g;
    const int code = routing_of(in, &g);
    if (code)
        return code;
    const struct routing *r = &g->alerting.routing;
    write_json(in->out, "route", route_json(in, r->root));
    write_json(in->out, "fallback", receivers_json(r->fallback));
    show_route(in, r->root, 0);
    if (*r->fallback)
        write_say(in->out, TONE_PLAIN,
                  "what one of them refuses, and healthd's own "
                  "trouble: %s",
                  names_of(in->arena, r->fallback));
    return CODE_PASS;
}

/* ---- test ---- */

struct trial {
    struct invocation *in;
    struct labels labels;
    json_t *steps, *told;
};

static void add_told(struct trial *t, const struct route *r)
{
    for (size_t i = 0; r->receivers[i]; i++) {
        bool is_new = !receiver_leaves_out(r->receivers[i], t->labels);
        for (size_t k = 0; k < json_array_size(t->told); k++)
            is_new &= strcmp(json_string_value(json_array_get(t->told, k)),
                             r->receivers[i]->name) != 0;
        if (is_new)
            json_array_append_new(t->told, json_string(r->receivers[i]->name));
    }
}

static void add_step(void *ctx, const struct route_step *s)
{
    static const struct {
        const char *word, *meaning;
        enum tone tone;
    } answers[] = {
        [ROUTE_TAKES] = {"takes", "takes it", TONE_GOOD},
        [ROUTE_PASSES_ON] = {"passes on", "one below takes it", TONE_PLAIN},
        [ROUTE_DIFFERS] = {"differs", "does not match", TONE_FAINT},
        [ROUTE_NOT_ASKED] = {"not asked", "one before it took the alert", TONE_FAINT},
    };
    struct trial *t = ctx;
    struct arena *arena = t->in->arena;
    const struct route *r = s->route;
    const char *why = s->differs ? matcher_text(arena, s->differs) : "";
    json_array_append_new(
        t->steps, json_pack("{s:s, s:i, s:s, s:s, s:o}", "key", r->key ? r->key : "",
                            "depth", (int)s->depth, "answer", answers[s->answer].word,
                            "differs", why, "receivers", receivers_json(r->receivers)));
    write_say(t->in->out, answers[s->answer].tone, "%*s%s: %s%s%s%s%s",
              (int)s->depth * INDENT, "", matchers_text(arena, r->matchers),
              answers[s->answer].meaning, *why ? ": " : "", why,
              s->answer == ROUTE_TAKES ? " -> " : "",
              s->answer == ROUTE_TAKES ? names_of(arena, r->receivers) : "");
    if (s->answer == ROUTE_TAKES)
        add_told(t, r);
}

/* NAME=VALUE words, with what the configuration puts on every alert. */
static int labels_of(struct invocation *in, const struct generation *g,
                     struct labels *ret)
{
    struct pair *pairs = arena_alloc(in->arena, (in->operand_count + 1) * sizeof(*pairs));
    struct labels given;
    struct err e = {0};
    for (size_t i = 0; i < in->operand_count; i++) {
        const char *word = in->operands[i], *equals = strchr(word, '=');
        if (!equals)
            return complain(in, CODE_USAGE,
                            "'%s' is no label; write NAME=VALUE, as severity=critical",
                            word);
        pairs[i] = (struct pair){arena_strndup(in->arena, word, (size_t)(equals - word)),
                                 equals + 1};
    }
    if (!labels_from_pairs(in->arena, &(struct pairs){pairs, in->operand_count}, &given,
                           &e))
        return complain(in, CODE_USAGE, "%s", e.text);
    *ret = labels_merge(in->arena, g->alerting.external_labels, given);
    return CODE_PASS;
}

static const char *told_text(struct arena *arena, const json_t *told)
{
    struct buf text = BUF_MAX(16384);
    for (size_t i = 0; i < json_array_size(told); i++)
        buf_printf(&text, "%s%s", i ? "," : "",
                   json_string_value(json_array_get(told, i)));
    return arena_keep(arena, &text);
}

static json_t *write_left_out(const struct trial *t, const struct route *root)
{
    const struct receiver *list[LEFT_OUT_MAX];
    const size_t count = route_left_out(root, t->labels, list, LEFT_OUT_MAX);
    json_t *names = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *why = arena_printf(t->in->arena, "below its severity_floor, %s",
                                       list[i]->severity_floor);
        json_array_append_new(
            names, json_pack("{s:s, s:s}", "receiver", list[i]->name, "why", why));
        write_say(t->in->out, TONE_WARN, "not %s: it is %s", list[i]->name, why);
    }
    return names;
}

static int test(struct invocation *in)
{
    const struct generation *g;
    struct labels labels = {0};
    int code = routing_of(in, &g);
    if (!code)
        code = labels_of(in, g, &labels);
    if (code)
        return code;
    const struct route *root = g->alerting.routing.root;
    struct trial t = {
        .in = in, .labels = labels, .steps = json_array(), .told = json_array()};
    route_explain(root, labels, add_step, &t);
    const char *told = told_text(in->arena, t.told);
    const char *wanted = invocation_flag(in, "expect");
    json_t *left_out = write_left_out(&t, root);
    write_say(in->out, TONE_STRONG, "told: %s", *told ? told : "nobody");
    write_json(in->out, "receivers", t.told);
    write_json(in->out, "left_out", left_out);
    write_json(in->out, "routes", t.steps);
    if (wanted && strcmp(wanted, told) != 0)
        return complain(in, CODE_FAILED, "expected %s to be told, not %s", wanted,
                        *told ? told : "nobody");
    return CODE_PASS;
}

static const struct verb verbs[] = {
    {.name = "show",
     .also = "list",
     .operands = "",
     .summary = "The tree of routes with what each one means; the usual.",
     .run = show},
    {.name = "test",
     .operands = "NAME=VALUE...",
     .least = 1,
     .most = 1000,
     .summary = "Who would be told of an alert with these labels, and why.",
     .run = test},
    {0}};

static const struct flag flags[] = {
    {.name = "config",
     .letter = 'c',
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "The configuration (default: /etc/healthd/healthd.yml)."},
    {.name = "expect",
     .operand = "RECEIVERS",
     .doc =
         "Exit 1 unless these are told, as oncall,chat; for tests of a configuration."},
    {0}};

const struct command command_route = {
    .name = "route",
    .group = GROUP_WRITING,
    .run = verbs_run,
    .verbs = verbs,
    .bare = "show",
    .summary = "Who is told of what, and who would be",
    .operands = "[show | test NAME=VALUE...]",
    .most = 1000,
    .flags = flags,
    .doc = "Reads the configuration itself, and needs no healthd. The labels that the "
           "configuration puts on every alert are there without being named.",
    .examples =
        (const struct example[]){
            {"healthctl route test severity=critical probe=payload",
             "Who is woken when payload is down?"},
            {"healthctl route test -c healthd.yml severity=warning --expect chat",
             "In a pipeline, before it is deployed"},
            {0}},
};
