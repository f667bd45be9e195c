/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loads but can hardly be meant: critical alerts that a window mutes, receivers that nothing names, alerts of which
 * nobody is told. Warnings only; called by routing_conf.c and generation.c at the end.
 */
#include <string.h>

#include "alerts/annotation.h"
#include "alerts/rule.h"
#include "lib/config/alerting_load.h"

#define UNTOLD_SHOWN 5

enum chance { IMPOSSIBLE, POSSIBLE, CERTAIN };

/* Whether a route takes an alert of which only these labels are known; others may have any
 * value. */
static enum chance chance_of(const struct route *r, struct labels known)
{
    enum chance found = CERTAIN;
    for (size_t i = 0; i < r->matchers.count; i++) {
        const struct matcher *m = &r->matchers.items[i];
        const char *value = labels_get(known, m->name);
        if (!value)
            found = POSSIBLE;
        else if (!matcher_matches(m, value))
            return IMPOSSIBLE;
    }
    return found;
}

static enum chance takes_critical(const struct route *r)
{
    static const struct label critical = {"severity", "critical"};
    return chance_of(r, (struct labels){&critical, 1});
}

/* The route may be reached by a critical alert; warns where a window may hold one back. */
static void lint_windows(struct loader *l, const struct route *r)
{
    bool is_passed_on = false;
    for (const struct route *const *child = r->routes; *child; child++) {
        const enum chance chance = takes_critical(*child);
        if (chance == IMPOSSIBLE)
            continue;
        lint_windows(l, *child);
        is_passed_on |= chance == CERTAIN;
        if (chance == CERTAIN && !(*child)->has_continue)
            break;
    }
    if (is_passed_on || !*r->receivers || (!*r->mute && !*r->active))
        return;
    diag_warning(l->diag, r->at, "critical alerts come here too, and wait for a window");
    diag_hint(l->diag, "add matchers: [severity!=\"critical\"], or put a route for "
                       "critical ones before it");
}

static bool is_named(const struct receiver *const *list, const struct receiver *r)
{
    for (; list && *list; list++) {
        if (*list == r)
            return true;
    }
    return false;
}

static bool is_used(const struct route *route, const struct receiver *r)
{
    if (is_named(route->receivers, r))
        return true;
    for (const struct escalation *e = route->escalate; e->to; e++) {
        if (e->to == r)
            return true;
    }
    for (const struct route *const *child = route->routes; *child; child++) {
        if (is_used(*child, r))
            return true;
    }
    return false;
}

static void lint_receivers(struct loader *l, const struct node *root)
{
    const struct alerting *a = &l->g->alerting;
    const struct node *map = node_get(root, "receivers");
    for (size_t i = 0; i < a->receivers.count; i++) {
        const struct receiver *r = a->receivers.items[i];
        const struct node *n = node_get(map, r->name);
        const struct place at = n ? n->key_at : (struct place){0};
        if (is_named(a->routing.fallback, r) ||
            (a->routing.root && is_used(a->routing.root, r)))
            continue;
        diag_warning(l->diag, at, "nothing is sent to the receiver '%s'", r->name);
        diag_hint(l->diag, "name it in `notify:` or `route:`");
    }
}

void routing_lint(struct loader *l, const struct node *root)
{
    if (l->g->alerting.routing.root)
        lint_windows(l, l->g->alerting.routing.root);
    if (diag_error_count(l->diag) == 0)
        lint_receivers(l, root);
}

/* ---- rules of which nobody is told ---- */

/* A severity that is not known yet is below no floor. */
static bool has_listener(const struct route *r, struct labels known)
{
    const bool is_open = !labels_get(known, "severity");
    for (const struct receiver *const *to = r->receivers; *to; to++) {
        if (is_open || !receiver_leaves_out(*to, known))
            return true;
    }
    return r->is_for_nobody;
}

/* The route may be reached; whether it, or one below it, may tell somebody or says that nobody is to be told. */
static bool may_tell(const struct route *r, struct labels known)
{
    bool is_passed_on = false;
    for (const struct route *const *child = r->routes; *child; child++) {
        const enum chance chance = chance_of(*child, known);
        if (chance == IMPOSSIBLE)
            continue;
        if (may_tell(*child, known))
            return true;
        is_passed_on |= chance == CERTAIN;
        if (chance == CERTAIN && !(*child)->has_continue)
            break;
    }
    return !is_passed_on && has_listener(r, known);
}

/* What is known of a rule's alerts before there is one. */
static struct labels known_labels(const struct rule *r, struct labels global,
                                  struct arena *arena)
{
    struct label *items = arena_alloc(arena, (r->labels.count + 2) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < r->labels.count; i++) {
        const struct rule_text *text = &r->labels.items[i];
        if (annotation_is_fixed(text->value))
            items[count++] = (struct label){text->name, annotation_source(text->value)};
    }
    items[count++] = (struct label){"alertname", r->name};
    return labels_merge(arena, global, (struct labels){items, count});
}

struct untold {
    const char *severity;
    const char *names[UNTOLD_SHOWN];
    size_t count;
};

static void add_untold(struct untold *list, size_t *count, const char *severity,
                       const char *name)
{
    size_t at = 0;
    while (at < *count && strcmp(list[at].severity, severity) != 0)
        at++;
    if (at == UNTOLD_SHOWN)
        return;
    if (at == *count)
        list[(*count)++] = (struct untold){.severity = severity};
    if (list[at].count < UNTOLD_SHOWN)
        list[at].names[list[at].count] = name;
    list[at].count++;
}

static void report_untold(struct loader *l, const struct untold *u, struct place at)
{
    struct buf names = BUF_MAX(1000);
    for (size_t i = 0; i < u->count && i < UNTOLD_SHOWN; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", u->names[i]);
    if (u->count > UNTOLD_SHOWN)
        buf_printf(&names, " and %zu more", u->count - UNTOLD_SHOWN);
    if (*u->severity)
        diag_warning(l->diag, at, "nobody is told of alerts with severity %s: %s",
                     u->severity, buf_text(&names));
    else
        diag_warning(l->diag, at, "nobody is told of alerts without a severity: %s",
                     buf_text(&names));
    diag_hint(l->diag, "name a receiver for them, or `none` when that is meant");
    buf_finish(&names);
}

static void lint_group(struct loader *l, const struct rule_group *g, struct untold *list,
                       size_t *count)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct rule *r = g->rules[i];
        const struct labels known = known_labels(r, l->g->labels, l->arena);
        const char *severity = labels_get(known, "severity");
        if (!r->is_recording && !may_tell(l->g->alerting.routing.root, known))
            add_untold(list, count, severity ? severity : "", r->name);
    }
}

void routing_lint_rules(struct loader *l)
{
    const struct rules *rules = &l->g->alerting.rules;
    const struct route *root = l->g->alerting.routing.root;
    struct untold list[UNTOLD_SHOWN];
    size_t count = 0;
    if (!root || diag_error_count(l->diag) > 0)
        return;
    for (size_t i = 0; i < rules->count; i++)
        lint_group(l, rules->groups[i], list, &count);
    for (size_t i = 0; i < count; i++)
        report_untold(l, &list[i], root->at);
}
