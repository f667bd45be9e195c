/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an answer is what was expected: `expect` (else down), then `should` (else degraded), for every item
 * when a run has items; the run is as healthy as the worst of them. Called by conclude.c while a run's values
 * still exist. Never asks anybody anything.
 */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/expr.h"
#include "lib/core/run_impl.h"

struct judgement {
    enum health health;
    enum reason reason;
    const char *detail;
};

static bool is_about_time(const struct expr *x)
{
    for (const struct var *var = runner_vars; var->name; var++) {
        if (!strncmp(var->name, "timing.", strlen("timing.")) && expr_uses(x, var->name))
            return true;
    }
    return false;
}

/* The first of list that does not hold decides. */
static bool holds_all(struct run *run, const struct expr *const *list,
                      enum health otherwise, struct wall now,
                      struct judgement *ret_judgement)
{
    for (size_t i = 0; list && list[i]; i++) {
        const char *detail = "";
        enum reason reason = REASON_EXPECT;

        switch (expr_judge(list[i], run, now, run->arena, &detail)) {
        case EXPR_HOLDS:
            continue;
        case EXPR_ERROR:
            reason = REASON_EXPECT_ERROR;
            otherwise = HEALTH_DOWN;
            break;
        case EXPR_FAILS:
            if (otherwise == HEALTH_DEGRADED && is_about_time(list[i]))
                reason = REASON_TOO_SLOW;
            break;
        }
        *ret_judgement = (struct judgement){otherwise, reason, detail};
        return false;
    }
    return true;
}

/* What the expectations make of an answer that was not down by itself. */
static void judge_one(struct run *run, struct wall now, struct judgement *j)
{
    if (j->health != HEALTH_UP && j->health != HEALTH_DEGRADED)
        return;
    if (!holds_all(run, run->probe->expect, HEALTH_DOWN, now, j))
        return;
    if (j->health == HEALTH_UP)
        holds_all(run, run->probe->should, HEALTH_DEGRADED, now, j);
}

static void judge_items(struct run *run, struct wall now)
{
    for (struct item_link *link = run->items; link; link = link->next) {
        struct judgement j = {link->item.health, link->item.reason, link->item.detail};
        run->current_item = &link->item;
        judge_one(run, now, &j);
        link->item.health = j.health;
        link->item.reason = j.reason;
        link->item.detail = j.detail;
    }
    run->current_item = NULL;
}

/* The worst item speaks for the run, unless the run's own answer is as bad. */
static void take_worst_item(struct run *run)
{
    const struct item *worst = NULL;
    size_t alike = 0;

    for (const struct item_link *link = run->items; link; link = link->next) {
        const struct item *item = &link->item;
        if (item->health <= run->verdict.health ||
            (worst && item->health < worst->health))
            continue;
        alike = worst && item->health == worst->health ? alike + 1 : 1;
        if (alike == 1)
            worst = item;
    }
    if (!worst)
        return;
    run->verdict.health = worst->health;
    run->verdict.reason = worst->reason;
    if (alike == 1)
        run->verdict.detail =
            arena_printf(run->arena, "%s: %s", worst->key, worst->detail);
    else
        run->verdict.detail =
            arena_printf(run->arena, "%s: %s (and %zu more of %zu)", worst->key,
                         worst->detail, alike - 1, run->verdict.item_count);
}

void run_judge(struct run *run, struct wall now)
{
    struct verdict *v = &run->verdict;

    if (v->health != HEALTH_UP && v->health != HEALTH_DEGRADED)
        return;
    const bool has_expectations =
        run->probe && (run->probe->expect || run->probe->should);
    if (has_expectations && run->items) {
        judge_items(run, now);
    } else if (has_expectations) {
        struct judgement j = {v->health, v->reason, v->detail};
        judge_one(run, now, &j);
        v->health = j.health;
        v->reason = j.reason;
        v->detail = j.detail;
    }
    take_worst_item(run);
}
