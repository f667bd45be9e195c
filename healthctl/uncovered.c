/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over the services and one over the rules: what no probe asks, what no route takes, data without a backup,
 * ports that are open to everybody. Called by coverage; which probe belongs to which service is uncovered_match.c's.
 */
#include "healthctl/uncovered.h"

#include <string.h>

#include "alerts/route.h"
#include "alerts/rule.h"
#include "lib/query/matcher.h"

enum { NAMES_MAX = 4096 };

struct search {
    struct arena *arena;
    const struct compose *compose;
    const struct generation *generation;
    struct coverage *coverage;
};

static void add_gap(struct search *s, const char *kind, const char *what,
                    const char *text)
{
    s->coverage->gaps[s->coverage->gap_count++] = (struct gap){kind, what, text};
}

static bool watches_containers(const struct generation *g)
{
    for (size_t i = 0; i < g->probe_count; i++) {
        if (g->probes[i]->type->watches_containers)
            return true;
    }
    return false;
}

/* ---- services ---- */

static const char *probes_of(const struct search *s, const struct compose_member *member)
{
    const struct generation *g = s->generation;
    struct buf names = BUF_MAX(NAMES_MAX);
    for (size_t i = 0; i < g->probe_count; i++) {
        if (probe_watches(s->arena, s->compose, member, g->probes[i]))
            buf_printf(&names, "%s%s", names.len ? ", " : "", g->probes[i]->name);
    }
    return arena_keep(s->arena, &names);
}

static void look_at(struct search *s, const struct guess *g, struct watched *w)
{
    const bool has_containers = watches_containers(s->generation);
    *w = (struct watched){
        .guess = g, .probes = probes_of(s, g->service), .is_covered = true, .note = ""};
    if (g->kind == GUESS_APART)
        w->note = g->why;
    else if (!*w->probes && g->kind == GUESS_CONTAINER && has_containers)
        w->note = "its container is watched, and it listens nowhere";
    else
        w->is_covered = *w->probes != 0;
    if (w->is_covered)
        return;
    w->note = has_containers ? "only its container is watched" : "nothing asks it";
    add_gap(s, "service", g->service->name,
            g->kind == GUESS_CONTAINER
                ? "nothing watches it: a containers probe with its name in `required`"
                : "no probe asks it: `healthctl init` shows one that would");
}

/* ---- the rest ---- */

static bool has_listener(const struct route *r, struct labels labels)
{
    bool is_heard = r->is_for_nobody;
    for (size_t i = 0; r->receivers[i]; i++)
        is_heard |= !receiver_leaves_out(r->receivers[i], labels);
    return is_heard;
}

/* ret_deaf: a receiver that would be told, if its floor were lower. */
static bool is_routed(const struct search *s, const struct probe *p, const char *alert,
                      const struct receiver **ret_deaf)
{
    const struct routing *r = &s->generation->alerting.routing;
    const struct route *taken[ROUTES_TAKEN_MAX];
    const struct label own[] = {
        {"alertname", alert}, {"probe", p->name}, {"severity", p->severity}};
    if (!r->root)
        return false;
    const struct labels labels =
        labels_merge(s->arena, p->labels, (struct labels){own, ARRAY_LEN(own)});
    const size_t count = route_match(r->root, labels, taken, ROUTES_TAKEN_MAX);
    for (size_t i = 0; i < count; i++) {
        if (has_listener(taken[i], labels))
            return true;
    }
    (void)route_left_out(r->root, labels, ret_deaf, 1);
    return false;
}

/* The first selector of an expression is what an alert's labels come from; those behind it restrict it. */
static bool is_about(const struct rule *r, struct labels series)
{
    size_t count;
    const struct selector *const *selectors = promql_selectors(r->expr, &count);
    return count && matchers_match(selectors[0]->matchers, series);
}

/* Why nobody is told when this probe is down, by whatever rules are about its state; NULL: somebody is. */
static const char *untold_because(const struct search *s, const struct probe *p)
{
    const struct rules *rules = &s->generation->alerting.rules;
    const struct label own[] = {{"__name__", "probe_state"}, {"probe", p->name}};
    const struct labels series =
        labels_merge(s->arena, p->labels, (struct labels){own, ARRAY_LEN(own)});
    const struct receiver *deaf = NULL;
    bool is_told = false; /* by a rule, be it to nobody */
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        for (size_t k = 0; k < g->count; k++) {
            const struct rule *r = g->rules[k];
            if (r->is_recording || !is_about(r, series))
                continue;
            is_told = true;
            if (is_routed(s, p, r->name, &deaf))
                return NULL;
        }
    }
    if (deaf)
        return arena_printf(s->arena,
                            "nobody is told when it is down: its severity, %s, is below "
                            "the severity_floor of '%s', %s",
                            p->severity, deaf->name, deaf->severity_floor);
    return is_told ? arena_printf(s->arena,
                                  "nobody is told when it is down: `notify: {%s: "
                                  "[RECEIVER]}`",
                                  p->severity)
                   : "no rule tells when it is down: the pack that does is switched off";
}

static void find_untold(struct search *s)
{
    for (size_t i = 0; i < s->generation->probe_count; i++) {
        const struct probe *p = s->generation->probes[i];
        const char *why = strcmp(p->severity, "none") != 0 ? untold_because(s, p) : NULL;
        if (why)
            add_gap(s, "receiver", p->name, why);
    }
}

static void find_backup(struct search *s, bool has_data)
{
    static const char *const words[] = {"backup", "dump", "snapshot", NULL};
    for (size_t i = 0; i < s->generation->probe_count; i++) {
        const struct probe *p = s->generation->probes[i];
        if (p->type->tells_of_work && probe_mentions(s->arena, p, words))
            return;
    }
    if (has_data)
        add_gap(s, "backup", "",
                "there is a database, and nothing tells when its backup was not made: a "
                "heartbeat, or a file probe, with `backup` in its name");
}

static void find_published(struct search *s, const struct guess *g)
{
    const char *open = guess_open_words(s->arena, g);
    if (open)
        add_gap(s, "published", g->service->name, open);
}

const struct coverage *coverage_of(struct arena *arena, const struct compose *c,
                                   const struct generation *g)
{
    struct coverage *coverage = arena_alloc(arena, sizeof(*coverage));
    struct search s = {arena, c, g, coverage};
    const struct guess *guesses = guess_all(arena, c);
    bool has_data = false;
    coverage->watched = arena_alloc(arena, (c->count + 1) * sizeof(*coverage->watched));
    coverage->gaps =
        arena_alloc(arena, (2 * c->count + g->probe_count + 2) * sizeof(*coverage->gaps));
    for (size_t i = 0; i < c->count; i++) {
        look_at(&s, &guesses[i], &coverage->watched[i]);
        has_data |= guesses[i].has_data;
    }
    find_untold(&s);
    find_backup(&s, has_data);
    if (!g->alerting.routing.deadman.conf && !g->alerting.routing.deadman.receiver)
        add_gap(&s, "deadman", "",
                "nobody tells when this machine itself is gone: `notify: {deadman: "
                "{url: …}}`");
    for (size_t i = 0; i < c->count; i++)
        find_published(&s, &guesses[i]);
    return coverage;
}
