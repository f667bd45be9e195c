/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dead-man ping (deadman.h) is decided by, gathered from the engine's parts when a ping is due. Before that a row
 * is written, so that a ping says of the disk what holds now. Called by engine.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "alerts/engine_impl.h"

/* When all of a group's rules were evaluated last; 0: one of them never was. */
static struct wall group_evaluated(const struct engine *e, const struct rule_group *g)
{
    struct wall first = {INT64_MAX};
    for (size_t i = 0; i < g->count; i++) {
        const struct rule_health health = evaluation_rule(e->evaluation, g->rules[i]);
        if (!health.was_evaluated)
            return (struct wall){0};
        if (health.last.ns < first.ns)
            first = health.last;
    }
    return first;
}

static void write_row(struct engine *e, struct wall now)
{
    char json[64];
    struct ledger_txn *txn = engine_begin(e, now);
    snprintf(json, sizeof(json), "{\"at\":%" PRId64 "}", now.ns);
    ledger_put(txn, LEDGER_META, "deadman", json);
    engine_commit(e, txn);
}

static struct deadman_facts gather(struct engine *e)
{
    const struct rules *rules = &e->alerting->rules;
    struct deadman_facts facts = {
        .is_config_accepted =
            !e->io.is_config_accepted || e->io.is_config_accepted(e->io.ctx),
        .has_looked = e->has_looked,
        .ledger = ledger_health(e->ledger),
        .oldest_critical = outbox_stats(e->outbox, NULL).oldest_critical,
    };
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        if (g->count > 0)
            deadman_saw_group(&facts, group_evaluated(e, g), e->adopted, g->interval);
    }
    return facts;
}

struct wall engine_deadman_advance(struct engine *e, struct wall now)
{
    const struct wall next = deadman_next(e->deadman);
    if (!next.ns || next.ns > now.ns)
        return next;
    const struct ledger_health health = ledger_health(e->ledger);
    if (deadman_wants_write(&health, now))
        write_row(e, now);
    const struct deadman_facts facts = gather(e);
    return deadman_advance(e->deadman, &facts, now);
}
