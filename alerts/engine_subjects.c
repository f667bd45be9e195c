/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes as alerting knows them: whose series theirs are, what the frame keeps of each in the history, when each was last
 * known. Called by engine.c, and by evaluation for coverage. Judges nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/engine_impl.h"
#include "lib/base/memory.h"
#include "lib/core/probe.h"

/* A run that started this close to its slot has its samples at the slot: a hundredth of the interval, within these. */
#define TOLERANCE_LEAST (10 * NSEC_PER_MSEC)
#define TOLERANCE_MOST NSEC_PER_SEC
/* Asked within so many intervals, a probe is known. */
#define KNOWN_INTERVALS 3
/* After this, what has not run is not waited for. */
#define SETTLES_AFTER (2 * NSEC_PER_MINUTE)

/* ---- who ---- */

static struct bytes key_of(const struct history_owner *const *owner)
{
    return (struct bytes){(const char *)owner, sizeof(*owner)};
}

static struct subject *by_labels(const struct engine *e, struct labels labels)
{
    const uint64_t hash = labels_hash(labels);
    struct subject *s =
        map_get(e->by_labels, (struct bytes){(const char *)&hash, sizeof(hash)});
    return s && labels_equal(s->labels, labels) ? s : NULL;
}

struct subject *subject_of(const struct engine *e, const struct history_owner *owner)
{
    return map_get(e->by_owner, key_of(&owner));
}

struct subject *subject_named(const struct engine *e, const char *probe)
{
    return map_get(e->by_name, bytes_of(probe));
}

struct subject *subject_make(struct engine *e, struct labels labels)
{
    struct subject *s = by_labels(e, labels);
    if (s)
        return s;
    struct arena *arena = arena_create(0);
    const uint64_t hash = labels_hash(labels);
    s = arena_alloc(arena, sizeof(*s));
    *s = (struct subject){
        .arena = arena, .labels = labels_copy(arena, labels), .name = "", .type = ""};
    s->owner = history_owner(e->history, s->labels);
    map_put(e->by_owner, key_of((const struct history_owner *const *)&s->owner), s);
    map_put(e->by_labels, (struct bytes){(const char *)&hash, sizeof(hash)}, s);
    e->not_run++;
    return s;
}

static void forget(struct engine *e, struct subject *s)
{
    const uint64_t hash = labels_hash(s->labels);
    map_remove(e->by_owner, key_of((const struct history_owner *const *)&s->owner));
    map_remove(e->by_labels, (struct bytes){(const char *)&hash, sizeof(hash)});
    if (*s->name && subject_named(e, s->name) == s)
        map_remove(e->by_name, bytes_of(s->name));
    e->not_run -= !s->has_run;
    free(s->detail);
    arena_destroy(s->found_arena);
    arena_destroy(s->arena);
}

void subject_end(struct engine *e, struct subject *s, struct wall now)
{
    const int64_t ms = wall_to_ms(now);
    history_owner_end(s->owner, ms > s->last_ms ? ms : s->last_ms + 1);
    forget(e, s);
}

void subjects_destroy(struct engine *e)
{
    for (const struct map_entry *x = map_next(e->by_owner, NULL); x;
         x = map_next(e->by_owner, NULL))
        forget(e, x->value);
}

/* ---- what is kept of a verdict ---- */

/* The slot, when the run started on time; else when it started. Rising in any case. */
static int64_t sample_ms(const struct subject *s, const struct verdict *v)
{
    const nsec late = v->started.ns - v->due.ns;
    nsec tolerance = s->interval / 100;
    tolerance = tolerance < TOLERANCE_LEAST ? TOLERANCE_LEAST : tolerance;
    tolerance = tolerance > TOLERANCE_MOST ? TOLERANCE_MOST : tolerance;
    const bool is_on_time = late >= -NSEC_PER_MSEC && late <= tolerance;
    const int64_t ms = wall_to_ms(is_on_time ? v->due : v->started);
    return ms > s->last_ms ? ms : s->last_ms + 1;
}

static void put_info(const struct subject *s, int64_t ms, double value)
{
    const struct label info[] = {
        {"pack", s->pack}, {"severity", s->severity}, {"type", s->type}};
    const size_t left_out = !s->pack;
    history_put(s->owner, "probe_info",
                (struct labels){info + left_out, ARRAY_LEN(info) - left_out}, ms, value);
}

/* Another severity is another series: the former ends. */
static void set_severity(struct subject *s, const char *severity)
{
    if (s->severity && !strcmp(s->severity, severity))
        return;
    if (s->severity)
        put_info(s, s->last_ms, stale_marker());
    s->severity = arena_strdup(s->arena, severity);
}

static const char *text_kept(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : "";
}

static bool is_worth_telling(const struct item *item)
{
    return (item->detail && *item->detail) || (item->last_log && *item->last_log);
}

/* Items that are well and quiet are not kept. */
static void learn_items(struct subject *s, const struct verdict *v)
{
    size_t count = 0;
    s->last_log = "";
    s->finding_count = 0;
    if (s->found_arena)
        arena_reset(s->found_arena);
    for (size_t i = 0; i < v->item_count; i++)
        count += is_worth_telling(&v->items[i]);
    if (!count && !(v->last_log && *v->last_log))
        return;
    if (!s->found_arena)
        s->found_arena = arena_create(0);
    struct finding *findings =
        arena_alloc(s->found_arena, (count + 1) * sizeof(*findings));
    for (size_t i = 0; i < v->item_count; i++) {
        const struct item *item = &v->items[i];
        if (is_worth_telling(item))
            findings[s->finding_count++] = (struct finding){
                .key = arena_strdup(s->found_arena, item->key),
                .labels = labels_copy(s->found_arena, item->labels),
                .detail = text_kept(s->found_arena, item->detail),
                .last_log = text_kept(s->found_arena, item->last_log),
            };
    }
    s->findings = findings;
    s->last_log = text_kept(s->found_arena, v->last_log);
}

static void learn(struct engine *e, struct subject *s, const struct verdict *v)
{
    const struct probe *p = v->probe;
    if (strcmp(s->name, p->name) != 0) {
        s->name = arena_strdup(s->arena, p->name);
        s->type = arena_strdup(s->arena, p->type->name);
        s->pack = probe_pack_telling_of(p->type, REASON_NONE);
        map_put(e->by_name, bytes_of(s->name), s);
    }
    set_severity(s, p->severity);
    e->not_run -= !s->has_run;
    s->has_run = true;
    if (*v->detail)
        s->detail_at = e->now;
    if (*v->detail && (!s->detail || strcmp(s->detail, v->detail) != 0)) {
        free(s->detail);
        s->detail = memory_strdup(v->detail);
    }
    if (v->health != HEALTH_UNKNOWN)
        learn_items(s, v);
}

static void put(const struct subject *s, const char *name, struct labels own, int64_t ms,
                double value)
{
    history_put(s->owner, name, own, ms, value);
}

/* What every probe has besides its own batch. `up` is Prometheus' for a scrape: did the target answer? */
static void put_frame(const struct subject *s, const struct verdict *v, size_t samples,
                      int64_t ms)
{
    const struct labels none = {0};
    const bool is_good = v->health == HEALTH_UP || v->health == HEALTH_DEGRADED;
    put(s, "probe_state", none, ms, (double)v->confirmed);
    put(s, "probe_unknown", none, ms, v->health == HEALTH_UNKNOWN);
    put_info(s, ms, 1);
    if (v->health == HEALTH_UNKNOWN)
        return;
    put(s, "up", none, ms, is_good);
    put(s, "scrape_duration_seconds", none, ms, nsec_to_sec(v->duration));
    put(s, "scrape_samples_scraped", none, ms, (double)samples);
}

void subject_publish(struct subject *s, const struct verdict *v, const struct batch *b,
                     struct history_publication *ret_samples)
{
    s->interval = v->probe->interval;
    s->last_ms = sample_ms(s, v);
    *ret_samples = (struct history_publication){0};
    if (v->health != HEALTH_UNKNOWN)
        history_publication_begin(ret_samples, s->owner, s->last_ms, b);
}

bool subject_observe(struct engine *e, struct subject *s, const struct verdict *v,
                     const struct batch *b, struct wall now)
{
    const enum health before = s->health;
    const bool was_first = !s->has_run;
    learn(e, s, v);
    if (!s->first_run.ns)
        s->first_run = wall_from_ms(s->last_ms);
    if (v->health != HEALTH_UNKNOWN) {
        s->last_known = now;
        s->health = v->health;
    }
    put_frame(s, v, b->count, s->last_ms);
    return v->changed || before != s->health || was_first;
}

/* ---- coverage ---- */

bool subject_is_known(void *ctx, struct labels owner, struct wall *ret_first_run)
{
    const struct engine *e = ctx;
    const struct subject *s = by_labels(e, owner);
    *ret_first_run = s ? s->first_run : e->started;
    if (!s)
        return true;
    return s->last_known.ns &&
           e->now.ns - s->last_known.ns <= KNOWN_INTERVALS * s->interval;
}

nsec subject_interval(void *ctx, struct labels owner)
{
    const struct subject *s = by_labels(ctx, owner);
    return s ? s->interval : 0;
}

bool subjects_are_settled(void *ctx)
{
    const struct engine *e = ctx;
    return e->not_run == 0 || e->now.ns - e->started.ns >= SETTLES_AFTER;
}
