/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run's numbers and subjects: samples, groups, items, and the families that every run has. Called by probes
 * (also on a pool thread) and at the end by conclude.c. Never renders and never keeps anything: see registry.h.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/core/reason.h"
#include "lib/core/run.h"
#include "lib/core/run_impl.h"
#include "lib/core/runner.h"

static const struct metric success_metric = {
    .name = "probe_success",
    .help = "1 when the target answered as expected (up or degraded), else 0",
};
static const struct metric duration_metric = {
    .name = "probe_duration_seconds",
    .unit = "seconds",
    .help = "Time from the start of the run to its answer",
};
static const struct metric lookup_metric = {
    .name = "probe_dns_lookup_time_seconds",
    .unit = "seconds",
    .help = "Time taken to find the target's address",
};
static const struct metric protocol_metric = {
    .name = "probe_ip_protocol",
    .help = "IP version of the address used: 4 or 6, and 0 when none was found",
};
static const struct metric hash_metric = {
    .name = "probe_ip_addr_hash",
    .help = "FNV-1a hash of the address used, 0 when none was found: changes when the "
            "address does",
};
static const struct metric failure_metric = {
    .name = "probe_failure_info",
    .help =
        "Why the latest run was not up; absent when it was. `pack` names the rules that "
        "tell of it in ProbeDown's place",
    .labels = {"pack", "reason"},
};
static const struct metric item_metric = {
    .name = "probe_item_state",
    .help = "What the latest run found for each subject of a probe: 0 unknown, 1 up, 2 "
            "degraded, 3 down",
    .labels = {"item"},
};

const struct metric *const runner_metrics[] = {
    &success_metric, &duration_metric, &lookup_metric, &protocol_metric,
    &hash_metric,    &failure_metric,  &item_metric,   NULL,
};

static struct batch_group *current_group(struct run *run)
{
    if (!run->group)
        run->group = batch_group(run->batch, "");
    return run->group;
}

void run_sample_labelled(struct run *run, const struct metric *metric,
                         const char *const *values, struct labels extra, double value)
{
    batch_add(run->batch, current_group(run), metric, values, extra, value);
}

void run_sample_with(struct run *run, const struct metric *metric,
                     const char *const *values, double value)
{
    run_sample_labelled(run, metric, values, (struct labels){0}, value);
}

void run_sample(struct run *run, const struct metric *metric, double value)
{
    run_sample_labelled(run, metric, NULL, (struct labels){0}, value);
}

void run_sample_kept(struct run *run, const struct metric *metric,
                     const char *const *values, double value)
{
    batch_add_kept(run->batch, current_group(run), metric, values, (struct labels){0},
                   value);
}

void run_group(struct run *run, const char *name)
{
    run->group = batch_group(run->batch, name);
}

void run_group_failed(struct run *run, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    batch_group(run->batch, name)->failed = true;
    run->verdict.has_failed_group = true;
    run_trace_add(run, name, text);
}

static size_t group_index(const struct probe_type *type, const char *name)
{
    for (size_t i = 0; type->groups && type->groups[i].name; i++) {
        if (!strcmp(type->groups[i].name, name))
            return i;
    }
    assert(!"a group that its type does not declare");
    return 0;
}

/* A slot that comes a moment early, because the loop was late last time, still counts. */
static nsec due_tolerance(const struct run *run, nsec interval)
{
    const nsec slot = run->probe ? run->probe->interval : 0;
    return (slot > 0 && slot < interval ? slot : interval) / 2;
}

bool run_is_due(const struct run *run, struct mono due, nsec interval)
{
    const struct mono soon = mono_add(run->started, due_tolerance(run, interval));
    return !interval || !due.ns || mono_reached(soon, due);
}

struct mono run_next_due(const struct run *run, struct mono due, nsec interval)
{
    /* On its own grid while it keeps up, else from now. */
    const struct mono next = mono_add(due, interval);
    return due.ns && !mono_reached(run->started, next) ? next
                                                       : mono_add(run->started, interval);
}

bool run_group_is_due(const struct run *run, const char *name)
{
    const size_t i = group_index(run->type, name);

    return run_is_due(run, run->session->next_due[i], run->type->groups[i].interval);
}

static bool is_collected(const struct run *run, const char *name)
{
    for (const struct batch_group *g = run->batch->first; g; g = g->next) {
        if (!strcmp(g->name, name))
            return true;
    }
    return false;
}

void run_move_groups(struct run *run)
{
    const struct group *groups = run->type->groups;

    for (size_t i = 0; groups && groups[i].name; i++) {
        struct mono *due = &run->session->next_due[i];
        if (!groups[i].interval || !is_collected(run, groups[i].name))
            continue;
        *due = run_next_due(run, *due, groups[i].interval);
    }
}

void run_item(struct run *run, const char *key, struct labels labels, enum health health,
              enum reason reason, const char *detail)
{
    if (run->verdict.item_count == RUN_MAX_ITEMS)
        return;
    struct item_link *link = arena_alloc(run->arena, sizeof(*link));
    link->item = (struct item){
        .key = arena_strdup(run->arena, key),
        .labels = labels_copy(run->arena, labels),
        .health = health,
        .reason = reason,
        .detail = detail ? arena_strdup(run->arena, detail) : "",
        .last_log = "",
    };
    if (run->last_item)
        run->last_item->next = link;
    else
        run->items = link;
    run->last_item = link;
    run->verdict.item_count++;
}

void run_item_stopped(struct run *run, struct wall at, bool is_back)
{
    if (!run->last_item)
        return;
    run->last_item->item.stopped = at;
    run->last_item->item.is_back = is_back;
}

void run_last_log(struct run *run, const char *text)
{
    const char **place =
        run->last_item ? &run->last_item->item.last_log : &run->verdict.last_log;
    *place = arena_strdup(run->arena, text);
}

static void add_address_samples(struct run *run)
{
    const struct address *a = &run->address;
    struct bytes raw = {0};

    if (run->has_address && address_family(a) == 4)
        raw = (struct bytes){(const char *)&a->to.in.sin_addr, sizeof(a->to.in.sin_addr)};
    else if (run->has_address)
        raw = (struct bytes){(const char *)&a->to.in6.sin6_addr,
                             sizeof(a->to.in6.sin6_addr)};
    run_sample(run, &lookup_metric, nsec_to_sec(run->resolve_took));
    run_sample(run, &protocol_metric, run->has_address ? address_family(a) : 0);
    run_sample(run, &hash_metric, raw.len ? bytes_hash32(raw) : 0);
}

void run_add_frame_samples(struct run *run)
{
    const struct verdict *v = &run->verdict;
    const bool is_success = v->health == HEALTH_UP || v->health == HEALTH_DEGRADED;

    run_group(run, "");
    run_sample(run, &success_metric, is_success);
    run_sample(run, &duration_metric, nsec_to_sec(v->duration));
    if (run->is_resolved)
        add_address_samples(run);
    if (v->health != HEALTH_UP)
        run_sample_with(run, &failure_metric,
                        (const char *const[]){probe_pack_telling_of(run->type, v->reason),
                                              reason_word(v->reason)},
                        1);
    for (const struct item_link *link = run->items; link; link = link->next) {
        run_sample_labelled(run, &item_metric, (const char *const[]){link->item.key},
                            link->item.labels, link->item.health);
    }
}
