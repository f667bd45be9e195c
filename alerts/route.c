/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which routes of a tree take an alert, and why. Called by dispatch for each alert, by the configuration's lint, and by
 * `healthctl route test`. Never looks at the time: whether a route is muted now is dispatch's question.
 */
#include "alerts/route.h"

#include <string.h>

#include "alerts/severity.h"
#include "lib/core/labels.h"

struct walk {
    struct labels labels;
    const struct route **taken; /* NULL: only steps are wanted */
    size_t count, max;
    void (*step)(void *ctx, const struct route_step *s);
    void *ctx;
};

static const struct matcher *first_that_differs(const struct route *r,
                                                struct labels labels)
{
    for (size_t i = 0; i < r->matchers.count; i++) {
        const struct matcher *m = &r->matchers.items[i];
        if (!matcher_matches(m, labels_get(labels, m->name)))
            return m;
    }
    return NULL;
}

static void tell(const struct walk *w, const struct route *r, size_t depth,
                 enum route_answer answer, const struct matcher *differs)
{
    const struct route_step step = {r, depth, answer, differs};
    if (w->step)
        w->step(w->ctx, &step);
}

static void tell_below(const struct walk *w, const struct route *r, size_t depth,
                       enum route_answer answer)
{
    for (const struct route *const *child = r->routes; child && *child; child++) {
        tell(w, *child, depth, answer, NULL);
        tell_below(w, *child, depth + 1, answer);
    }
}

static bool any_child_matches(const struct route *r, struct labels labels)
{
    for (const struct route *const *child = r->routes; child && *child; child++) {
        if (!first_that_differs(*child, labels))
            return true;
    }
    return false;
}

/* The route is known to match. */
static void visit(struct walk *w, const struct route *r, size_t depth)
{
    const bool passes_on = any_child_matches(r, w->labels);
    bool is_over = false;
    tell(w, r, depth, passes_on ? ROUTE_PASSES_ON : ROUTE_TAKES, NULL);
    if (!passes_on && w->count < w->max)
        w->taken[w->count++] = r;
    for (const struct route *const *child = r->routes; child && *child; child++) {
        const struct matcher *differs = first_that_differs(*child, w->labels);
        if (!is_over && !differs) {
            visit(w, *child, depth + 1);
            is_over = !(*child)->has_continue;
            continue;
        }
        tell(w, *child, depth + 1, is_over ? ROUTE_NOT_ASKED : ROUTE_DIFFERS,
             is_over ? NULL : differs);
        tell_below(w, *child, depth + 2, ROUTE_NOT_ASKED);
    }
}

size_t route_match(const struct route *root, struct labels labels,
                   const struct route **ret, size_t max)
{
    struct walk w = {.labels = labels, .taken = ret, .max = max};
    if (root && !first_that_differs(root, labels))
        visit(&w, root, 0);
    return w.count;
}

void route_explain(const struct route *root, struct labels labels,
                   void (*step)(void *ctx, const struct route_step *s), void *ctx)
{
    struct walk w = {.labels = labels, .step = step, .ctx = ctx};
    if (root && !first_that_differs(root, labels))
        visit(&w, root, 0);
}

static bool is_grouped_by(const struct route *r, const char *name)
{
    for (const char *const *by = r->group_by; by && *by; by++) {
        if (!strcmp(*by, name) || !strcmp(*by, "..."))
            return true;
    }
    return false;
}

/* ---- floors ---- */

bool receiver_leaves_out(const struct receiver *r, struct labels labels)
{
    const char *floor = r->severity_floor;
    return floor && *floor &&
           severity_rank(labels_get(labels, "severity")) < severity_rank(floor);
}

static bool is_among(const struct receiver *r, const struct receiver *const *list,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == r)
            return true;
    }
    return false;
}

size_t route_left_out(const struct route *root, struct labels labels,
                      const struct receiver **ret, size_t max)
{
    const struct route *taken[ROUTES_TAKEN_MAX];
    const size_t routes = route_match(root, labels, taken, ROUTES_TAKEN_MAX);
    size_t count = 0;
    for (size_t i = 0; i < routes; i++) {
        for (const struct receiver *const *r = taken[i]->receivers; *r; r++) {
            if (count < max && receiver_leaves_out(*r, labels) &&
                !is_among(*r, ret, count))
                ret[count++] = *r;
        }
    }
    return count;
}

/* ---- groups ---- */

struct labels route_group_labels(const struct route *r, struct labels labels,
                                 struct arena *arena)
{
    struct label *items = arena_alloc(arena, (labels.count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < labels.count; i++) {
        if (is_grouped_by(r, labels.items[i].name))
            items[count++] = labels.items[i];
    }
    return labels_copy(arena, (struct labels){items, count});
}

const char *route_group_key(const struct route *r, struct labels group_labels,
                            struct arena *arena)
{
    struct buf out = BUF_MAX((size_t)1 << 20);
    buf_printf(&out, "%s:{", r->key);
    labels_print(group_labels, &out);
    buf_add_byte(&out, '}');
    return arena_keep(arena, &out);
}
