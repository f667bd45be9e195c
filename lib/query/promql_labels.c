/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that make labels: label_replace, label_join, and the absent ones, whose only element gets its labels from
 * the selector. From the table in promql_functions.c.
 */
#include <string.h>

#include "lib/core/regex.h"
#include "lib/query/promql_evaluation.h"

#define LABEL_MAX_BYTES (64 * 1024)

/* ---- at load ---- */

static bool judge_label(struct promql_reader *r, const struct promql_node *arg)
{
    return promql_is_label_name(arg->text) ||
           promql_fault_at(r, arg->at, "use letters, digits and _",
                           "'%.60s' cannot be a label", arg->text);
}

/* Compiled as it stands first, so that an offset in the fault counts from what was written. */
static bool judge_pattern(struct promql_reader *r, const struct promql_node *arg,
                          const struct regex **ret)
{
    struct err e = {0};
    const char *anchored = arena_printf(r->arena, "^(?:%s)$", arg->text);
    if (regex_compile(r->arena, arg->text, &e))
        *ret = regex_compile(r->arena, anchored, &e);
    return *ret || promql_fault_at(r, arg->at, "", "in the pattern, %s", e.text);
}

bool judge_label_replace(struct promql_reader *r, struct promql_node *n)
{
    return judge_label(r, n->args[1]) && judge_pattern(r, n->args[4], &n->regex);
}

bool judge_label_join(struct promql_reader *r, struct promql_node *n)
{
    for (size_t i = 1; i < n->arg_count; i++) {
        if (i != 2 && !judge_label(r, n->args[i]))
            return false;
    }
    return true;
}

/* ---- label_replace, label_join ---- */

static const char *value_of(const struct label_set *set, const char *name)
{
    const char *value = labels_get(set->labels, name);
    return value ? value : "";
}

static struct label_set *replaced(struct evaluation *ev, const struct promql_node *n,
                                  struct label_set *set)
{
    struct bytes groups[REGEX_MAX_GROUPS];
    const char *source = value_of(set, n->args[3]->text);
    size_t count;
    if (regex_groups(n->regex, bytes_of(source), groups, &count) != REGEX_MATCH)
        return set;
    struct buf out = BUF_MAX(LABEL_MAX_BYTES);
    regex_expand(n->regex, n->args[2]->text, groups, count, &out);
    const char *value = arena_keep(ev->arena, &out);
    return set_with(ev, set, n->args[1]->text, value);
}

static struct label_set *joined(struct evaluation *ev, const struct promql_node *n,
                                struct label_set *set)
{
    struct buf out = BUF_MAX(LABEL_MAX_BYTES);
    for (size_t i = 3; i < n->arg_count; i++) {
        buf_add_text(&out, i > 3 ? n->args[2]->text : "");
        buf_add_text(&out, value_of(set, n->args[i]->text));
    }
    const char *value = arena_keep(ev->arena, &out);
    return set_with(ev, set, n->args[1]->text, value);
}

static bool relabel(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct label_set *(*make)(struct evaluation *,
                                              const struct promql_node *,
                                              struct label_set *),
                    struct answer *ret)
{
    struct answer in;
    if (!evaluate(ev, n->args[0], now, &in))
        return false;
    ret->items = room_for(ev, n, in.count);
    ret->count = in.count;
    for (size_t i = 0; i < in.count; i++) {
        struct label_set *set = in.items[i].set;
        void **place = set_map_at(ev, &ev->states[n->id].made, set);
        if (!*place) {
            struct label_set *made = make(ev, n, set);
            place = set_map_at(ev, &ev->states[n->id].made, set);
            *place = made;
        }
        ret->items[i] = (struct element){*place, in.items[i].value};
    }
    return elements_differ(ev, ret->items, ret->count);
}

bool call_label_replace(struct evaluation *ev, const struct promql_node *n, int64_t now,
                        struct answer *ret)
{
    return relabel(ev, n, now, replaced, ret);
}

bool call_label_join(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     struct answer *ret)
{
    return relabel(ev, n, now, joined, ret);
}

/* ---- absent ---- */

/* What a selector, also in parentheses, says of its series for certain: labels that one matcher, and an equal one, is
 * about. */
static struct labels certain_labels(struct evaluation *ev, const struct promql_node *n)
{
    struct labels l = {0};
    if (n->kind != PROMQL_SELECTOR)
        return l;
    const struct matchers *m = &n->selector->matchers;
    for (size_t i = 0; i < m->count; i++) {
        const struct matcher *x = &m->items[i];
        bool is_certain = x->op == MATCH_EQUAL && strcmp(x->name, "__name__") != 0;
        for (size_t k = 0; is_certain && k < m->count; k++)
            is_certain = k == i || strcmp(m->items[k].name, x->name) != 0;
        const struct label one = {x->name, x->value};
        if (is_certain)
            l = labels_merge(ev->arena, l, (struct labels){&one, 1});
    }
    return l;
}

static bool answer_absent(struct evaluation *ev, const struct promql_node *n,
                          struct answer *ret)
{
    struct node_state *state = &ev->states[n->id];
    if (!state->work)
        state->work = set_known(ev, set_make(ev, certain_labels(ev, n->args[0])));
    ret->items = room_for(ev, n, 1);
    ret->items[0] = (struct element){state->work, 1};
    ret->count = 1;
    return true;
}

bool call_absent(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret)
{
    struct answer in;
    if (!evaluate(ev, n->args[0], now, &in))
        return false;
    return in.count > 0 || answer_absent(ev, n, ret);
}

bool call_absent_over_time(struct evaluation *ev, const struct promql_node *n,
                           int64_t now, struct answer *ret)
{
    struct series *series;
    struct window w;
    size_t count;
    if (!evaluate_range(ev, n->args[0], now, &series, &count, &w))
        return false;
    for (size_t i = 0; i < count; i++) {
        window_of(&series[i], &w);
        if (w.count > 0)
            return true;
    }
    return answer_absent(ev, n, ret);
}
