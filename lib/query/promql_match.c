/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators between two vectors: which elements belong together by their labels (on, ignoring, group_left,
 * group_right), and what the result is called. and, or and unless are at the end. Called by promql_binary.c.
 */
#include <string.h>

#include "lib/query/promql_evaluation.h"

struct label_set *match_key(struct evaluation *ev, const struct promql_node *n,
                            struct set_map *map, struct label_set *set)
{
    const struct promql_matching *m = &n->matching;
    return m->is_on ? set_with_only(ev, map, set, &m->labels)
                    : set_without(ev, map, set, &m->labels, true);
}

static const char *labels_text(struct evaluation *ev, struct labels l)
{
    struct buf out = BUF_MAX(300);
    buf_add_byte(&out, '{');
    labels_print(l, &out);
    const char *text =
        arena_printf(ev->arena, "%s%s", buf_text(&out), out.overflow ? "…}" : "}");
    buf_finish(&out);
    return text;
}

/* ---- the result's labels ---- */

struct named { /* a result, as long as the same element of the other side gives it */
    const struct label_set *other;
    struct label_set *result;
};

static struct labels with_included(struct evaluation *ev, const struct promql_node *n,
                                   struct labels base, struct labels other)
{
    const struct names *include = &n->matching.include;
    for (size_t i = 0; i < include->count; i++) {
        const char *value = labels_get(other, include->items[i]);
        const struct label over = {include->items[i], value ? value : ""};
        base = labels_merge(ev->arena, base, (struct labels){&over, 1});
    }
    return base;
}

static struct label_set *name_result(struct evaluation *ev, const struct promql_node *n,
                                     struct label_set *set, const struct label_set *other)
{
    const struct promql_matching *m = &n->matching;
    const bool drops_name = n->is_bool || !promql_op_is_comparison(n->op);
    const struct names none = {0};
    struct labels l = set->labels;
    if (drops_name)
        l = labels_filtered(ev, l, &none, false, true);
    if (m->many == SIDE_NONE)
        l = labels_filtered(ev, l, &m->labels, m->is_on, false);
    if (m->include.count > 0)
        l = with_included(ev, n, l, other->labels);
    return set_known(ev, l.count == set->labels.count && m->include.count == 0
                             ? set
                             : set_make(ev, l));
}

static struct label_set *result_set(struct evaluation *ev, const struct promql_node *n,
                                    struct label_set *set, const struct label_set *other)
{
    void **place = set_map_at(ev, &ev->states[n->id].results, set);
    struct named *named = *place;
    if (named && (named->other == other || n->matching.include.count == 0))
        return named->result;
    if (!named)
        named = arena_alloc(ev->arena, sizeof(*named));
    named->other = other;
    named->result = name_result(ev, n, set, other);
    *set_map_at(ev, &ev->states[n->id].results, set) = named;
    return named->result;
}

/* ---- one-to-one, many-to-one, one-to-many ---- */

struct match { /* the sides as many and one; when neither is many, left and right */
    struct evaluation *ev;
    const struct promql_node *n;
    const struct answer *many, *one;
    bool is_swapped;  /* the many side stands right of the operator */
    uint64_t stamp;   /* keys of the one side carry it, and the place of their element */
    bool *is_matched; /* of the one side, when neither is many */
};

static bool fail_duplicate(const struct match *m, const struct label_set *key,
                           const struct element *a, const struct element *b)
{
    return err_set(
        m->ev->e,
        "two elements on the %s side of %s match each other's group %s: %s and "
        "%s; name more labels in on(…), or add them up first",
        m->is_swapped ? "left" : "right", promql_op_text(m->n->op),
        labels_text(m->ev, key->labels), labels_text(m->ev, a->set->labels),
        labels_text(m->ev, b->set->labels));
}

static bool mark_one_side(const struct match *m)
{
    struct set_map *map = &m->ev->states[m->n->id].made_other;
    for (size_t i = 0; i < m->one->count; i++) {
        struct label_set *key = match_key(m->ev, m->n, map, m->one->items[i].set);
        if (key->stamp == m->stamp)
            return fail_duplicate(m, key, &m->one->items[key->slot], &m->one->items[i]);
        key->stamp = m->stamp;
        key->slot = i;
    }
    return true;
}

static bool fail_many(const struct match *m, const struct label_set *set)
{
    if (m->n->matching.many == SIDE_NONE)
        return err_set(m->ev->e,
                       "several elements on the left side of %s match one on the right, "
                       "among them %s; write group_left() when that is meant",
                       promql_op_text(m->n->op), labels_text(m->ev, set->labels));
    return err_set(m->ev->e,
                   "several elements of the result of %s have the labels %s; "
                   "group_left(…) or group_right(…) must not hide what tells them apart",
                   promql_op_text(m->n->op), labels_text(m->ev, set->labels));
}

/* Whether this pair is the first of its kind. */
static bool is_first_of_kind(const struct match *m, size_t one, struct label_set *result)
{
    bool is_seen = result->seen == m->stamp;
    if (m->n->matching.many == SIDE_NONE) {
        is_seen = m->is_matched[one];
        m->is_matched[one] = true;
    }
    result->seen = m->stamp;
    return !is_seen;
}

static bool match_element(const struct match *m, const struct element *x,
                          struct answer *ret)
{
    struct evaluation *ev = m->ev;
    const struct label_set *key = match_key(ev, m->n, &ev->states[m->n->id].made, x->set);
    bool keeps;
    if (key->stamp != m->stamp)
        return true;
    const size_t place = key->slot;
    const struct element *other = &m->one->items[place];
    double value = m->is_swapped
                       ? promql_op_apply(m->n->op, other->value, x->value, &keeps)
                       : promql_op_apply(m->n->op, x->value, other->value, &keeps);
    if (m->n->is_bool)
        value = keeps;
    const bool is_kept = keeps || m->n->is_bool;
    if (!is_kept && ev->opts.compat == PROMQL_COMPAT_2)
        return true;
    struct label_set *result = result_set(ev, m->n, x->set, other->set);
    if (!is_first_of_kind(m, place, result))
        return fail_many(m, x->set);
    if (is_kept)
        ret->items[ret->count++] = (struct element){result, value};
    return true;
}

bool match_vectors(struct evaluation *ev, const struct promql_node *n,
                   const struct answer *left, const struct answer *right,
                   struct answer *ret)
{
    if (left->count == 0 || right->count == 0)
        return true;
    const bool is_swapped = n->matching.many == SIDE_RIGHT;
    const struct answer *one = is_swapped ? left : right;
    const struct match m = {.ev = ev,
                            .n = n,
                            .many = is_swapped ? right : left,
                            .one = one,
                            .is_swapped = is_swapped,
                            .stamp = next_stamp(ev),
                            .is_matched = work_for(ev, n, one->count)};
    ret->items = room_for(ev, n, m.many->count);
    if (!mark_one_side(&m))
        return false;
    for (size_t i = 0; i < m.many->count; i++) {
        if (!match_element(&m, &m.many->items[i], ret))
            return false;
    }
    return elements_differ(ev, ret->items, ret->count);
}

/* ---- and, or, unless ---- */

static uint64_t mark_keys(struct evaluation *ev, const struct promql_node *n,
                          struct set_map *map, const struct answer *side)
{
    const uint64_t stamp = next_stamp(ev);
    for (size_t i = 0; i < side->count; i++)
        match_key(ev, n, map, side->items[i].set)->stamp = stamp;
    return stamp;
}

/* Elements of side whose key carries the stamp, or does not. */
static void add_elements(struct evaluation *ev, const struct promql_node *n,
                         struct set_map *map, const struct answer *side, uint64_t stamp,
                         bool wanted, struct answer *ret)
{
    for (size_t i = 0; i < side->count; i++) {
        const struct label_set *key = match_key(ev, n, map, side->items[i].set);
        if ((key->stamp == stamp) == wanted)
            ret->items[ret->count++] = side->items[i];
    }
}

bool match_sets(struct evaluation *ev, const struct promql_node *n,
                const struct answer *left, const struct answer *right, struct answer *ret)
{
    struct set_map *lefts = &ev->states[n->id].made;
    struct set_map *rights = &ev->states[n->id].made_other;
    ret->items = room_for(ev, n, left->count + right->count);
    if (n->op == OP_OR) {
        const uint64_t stamp = mark_keys(ev, n, lefts, left);
        if (left->count)
            memcpy(ret->items, left->items, left->count * sizeof(*ret->items));
        ret->count = left->count;
        add_elements(ev, n, rights, right, stamp, false, ret);
        return elements_differ(ev, ret->items, ret->count);
    }
    const uint64_t stamp = mark_keys(ev, n, rights, right);
    add_elements(ev, n, lefts, left, stamp, n->op == OP_AND, ret);
    return true;
}
