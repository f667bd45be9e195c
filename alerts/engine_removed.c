/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes that are configured no more: their alerts end with the reason "removed", and what the history has of them ends,
 * too, also what comes back from disk, so that no rule brings an alert back. A label `probe` that a rule itself sets, or
 * that a probe's target uses as its own, says nothing of ours. Called by engine.c, engine_keeping.c and evaluation.
 */
#include <string.h>

#include "alerts/engine_impl.h"
#include "alerts/rule_build.h"

static struct matcher is_of(const char *probe)
{
    return (struct matcher){.name = "probe", .op = MATCH_EQUAL, .value = probe};
}

/* ---- somebody else's ---- */

struct users {
    const char *probe;
    bool are_any;
};

/* Not a rule group's or healthd's own series, which go by what they read. */
static bool is_another(void *ctx, struct history_owner *owner, const struct selector *by)
{
    struct users *u = ctx;
    const char *probe = labels_get(history_owner_labels(owner), "probe");
    u->are_any = probe && strcmp(probe, u->probe) != 0;
    return !u->are_any;
}

/* Is there a probe whose target has series with this label? */
static bool has_users(const struct engine *e, const char *probe)
{
    const struct matcher matcher = is_of(probe);
    const struct selector selector = {.matchers = {&matcher, 1}};
    const struct selector *const selectors[] = {&selector};
    struct users users = {.probe = probe};
    history_owners(e->history, selectors, 1, is_another, &users);
    return users.are_any;
}

/* The same, once for all that a rule reads of it. */
static bool is_used(const struct engine *e, struct roster_name *name)
{
    if (name->looked_at.ns != e->now.ns)
        name->is_used = has_users(e, name->text);
    name->looked_at = e->now;
    return name->is_used;
}

/* ---- alerts ---- */

/* NULL: it is no label of ours, or of one that is configured. */
static struct roster_name *gone_name(const struct engine *e, const struct rule *rule,
                                     struct labels labels)
{
    const char *probe = roster_has_gone(e->roster) ? labels_get(labels, "probe") : NULL;
    if (!probe || rule->reads_absence || rule_texts_get(rule->labels, "probe"))
        return NULL;
    return roster_gone(e->roster, probe);
}

bool removed_has(void *ctx, const struct rule *rule, struct labels labels)
{
    const struct engine *e = ctx;
    struct roster_name *name = gone_name(e, rule, labels);
    return name && !is_used(e, name);
}

/* What fires with a name that has long been gone is somebody else's, who may not have been asked yet after a start. */
static bool is_over(void *ctx, const struct alert *a)
{
    const struct engine *e = ctx;
    const struct roster_name *name = a->rule ? gone_name(e, a->rule, a->labels) : NULL;
    return name && name->gone_at.ns == e->now.ns && !has_users(e, name->text);
}

/* ---- series ---- */

static void end_series(void *ctx, const struct roster_name *name)
{
    const struct engine *e = ctx;
    const struct matcher matcher = is_of(name->text);
    history_end_unowned(e->history, (struct matchers){&matcher, 1});
}

void removed_end_series(struct engine *e)
{
    roster_each_gone(e->roster, end_series, e);
}

void removed_adopt(struct engine *e, const struct alerting *a, struct ledger_txn *txn)
{
    roster_adopt(e->roster, a->probes, e->now, txn);
    removed_end_series(e);
    book_end(e->book, is_over, e, e->now, txn);
}
