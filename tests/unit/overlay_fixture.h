/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for the overlay's tests: alerts that fire when told to, probes in the phase they are set to, a ledger that
 * is a map, and a clock that stands. Stories are tables of steps over it; each step that expects something says it as
 * text.
 */
#ifndef HEALTHD_TESTS_UNIT_OVERLAY_FIXTURE_H
#define HEALTHD_TESTS_UNIT_OVERLAY_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/inhibit.h"
#include "alerts/maintenance.h"
#include "alerts/overlay.h"
#include "alerts/target.h"
#include "lib/base/attr.h"
#include "lib/base/map.h"

#define T0 (1795694400LL) /* 2026-11-26 12:00:00 UTC */

/* ---- the ledger ---- */

struct ledger_txn {
    struct map *rows; /* "3 id" → JSON */
};

static char row_key[256];
static struct bytes key_of(enum ledger_kind kind, const char *key)
{
    snprintf(row_key, sizeof(row_key), "%d %s", (int)kind, key);
    return bytes_of(row_key);
}

void ledger_put(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                const char *json)
{
    free(map_put(t->rows, key_of(kind, key), strdup(json)));
}

void ledger_drop(struct ledger_txn *t, enum ledger_kind kind, const char *key)
{
    free(map_remove(t->rows, key_of(kind, key)));
}

/* ---- alerts ---- */

static const struct rule disk_crit = {.name = "Disk", .id = "f/g/Disk:critical"};
static const struct rule disk_warn = {
    .name = "Disk", .id = "f/g/Disk:warning", .worse = &disk_crit};
static const struct rule probe_down = {.name = "ProbeDown", .id = "f/g/ProbeDown"};
static const struct rule slow = {.name = "Slow", .id = "f/g/Slow"};
static const struct rule self = {.name = "CutOff", .id = "f/g/CutOff"};

#define LABELS(...)                                                            \
    {                                                                          \
        (const struct label[]){__VA_ARGS__},                                   \
            sizeof((const struct label[]){__VA_ARGS__}) / sizeof(struct label) \
    }
#define PROBE_ALERT(given, probe_name, component, level)                       \
    {                                                                          \
        .rule = &probe_down, .rule_id = "f/g/ProbeDown", .name = "ProbeDown",  \
        .key = given,                                                          \
        .labels = LABELS({"alertname", "ProbeDown"}, {"component", component}, \
                         {"probe", probe_name}, {"severity", level})           \
    }

static const struct alert cast[] = {
    PROBE_ALERT("payload", "payload", "shop", "critical"),
    PROBE_ALERT("cart", "cart", "shop", "critical"),
    PROBE_ALERT("web", "web", "shop", "critical"),
    PROBE_ALERT("orders-db", "orders-db", "data", "critical"),
    PROBE_ALERT("users-db", "users-db", "data", "critical"),
    PROBE_ALERT("cache", "cache", "data", "warning"),
    PROBE_ALERT("host", "host", "machine", "critical"),
    PROBE_ALERT("loop-a", "loop-a", "loop", "critical"),
    PROBE_ALERT("loop-b", "loop-b", "loop", "critical"),
    {.rule = &slow,
     .rule_id = "f/g/Slow",
     .name = "Slow",
     .key = "cart-slow",
     .labels = LABELS({"alertname", "Slow"}, {"component", "shop"}, {"probe", "cart"},
                      {"severity", "warning"})},
    {.rule = &slow,
     .rule_id = "f/g/Slow",
     .name = "Slow",
     .key = "slow",
     .labels = LABELS({"alertname", "Slow"}, {"component", "shop"}, {"probe", "payload"},
                      {"severity", "warning"})},
    {.rule = &disk_warn,
     .rule_id = "f/g/Disk:warning",
     .name = "Disk",
     .key = "disk-warn",
     .labels = LABELS({"alertname", "Disk"}, {"mount", "/"}, {"severity", "warning"})},
    {.rule = &disk_warn,
     .rule_id = "f/g/Disk:warning",
     .name = "Disk",
     .key = "data-warn",
     .labels =
         LABELS({"alertname", "Disk"}, {"mount", "/data"}, {"severity", "warning"})},
    {.rule = &disk_crit,
     .rule_id = "f/g/Disk:critical",
     .name = "Disk",
     .key = "disk-crit",
     .labels = LABELS({"alertname", "Disk"}, {"mount", "/"}, {"severity", "critical"})},
    {.rule = &self,
     .rule_id = "f/g/CutOff",
     .name = "CutOff",
     .key = "cut-off",
     .labels = LABELS({"alertname", "CutOff"}, {"severity", "critical"})},
};

struct book {
    struct alert alerts[ARRAY_LEN(cast)];
};

void book_each(const struct book *b, void (*fn)(void *ctx, struct alert *a), void *ctx)
{
    for (size_t i = 0; i < ARRAY_LEN(cast); i++) {
        if (b->alerts[i].status.state != ALERT_INACTIVE)
            fn(ctx, (struct alert *)&b->alerts[i]);
    }
}

bool book_walk(const struct book *b, struct book_cursor *c,
               void (*fn)(void *ctx, struct alert *a), void *ctx,
               const struct slice *slice)
{
    book_each(b, fn, ctx);
    return true;
}

struct alert *book_find(const struct book *b, const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(cast); i++) {
        if (!strcmp(cast[i].key, key))
            return (struct alert *)&b->alerts[i];
    }
    return NULL;
}

/* ---- probes ---- */

static const struct {
    const char *name, *parents[3];
} families[] = {
    {"web", {"payload"}},    {"payload", {"orders-db", "cache"}},
    {"orders-db", {"host"}}, {"loop-a", {"loop-b"}},
    {"loop-b", {"loop-a"}},  {"users-db", {NULL}},
    {"cache", {NULL}},       {"host", {NULL}},
    {"cart", {NULL}},
};

struct world {
    struct arena *arena;
    struct book book;
    struct ledger_txn ledger;
    struct overlay *overlay;
    struct routing routing;
    enum probe_phase phases[ARRAY_LEN(families)];
    struct wall since[ARRAY_LEN(families)];
    struct buf asked; /* probes that were asked, since last looked at */
    bool is_cut_off;
    struct wall started;
};

static struct wall at_second(int second)
{
    return (struct wall){(T0 + second) * NSEC_PER_SEC};
}

static size_t family_of(const char *probe)
{
    size_t i = 0;
    while (i < ARRAY_LEN(families) && strcmp(families[i].name, probe))
        i++;
    return i;
}

static enum probe_phase phase_of(void *ctx, const char *probe, struct wall *ret_since)
{
    const struct world *w = ctx;
    const size_t i = family_of(probe);
    if (i == ARRAY_LEN(families)) {
        *ret_since = (struct wall){0};
        return PROBE_UNKNOWN;
    }
    *ret_since = w->since[i];
    return w->phases[i];
}

static const char *const *parents_of(void *ctx, const char *probe)
{
    const size_t i = family_of(probe);
    return i < ARRAY_LEN(families) ? families[i].parents : NULL;
}

static void run_probe(void *ctx, const char *probe)
{
    struct world *w = ctx;
    buf_printf(&w->asked, "%s%s", w->asked.len ? " " : "", probe);
}

static enum probe_answer answer_of(void *ctx, const char *probe)
{
    const struct world *w = ctx;
    if (strcmp(probe, "uplink") != 0)
        return PROBE_NOT_ASKED;
    return w->is_cut_off ? PROBE_SILENT : PROBE_ANSWERED;
}

static struct probes_view view_of(struct world *w)
{
    return (struct probes_view){.ctx = w,
                                .phase = phase_of,
                                .depends_on = parents_of,
                                .run = run_probe,
                                .answer = answer_of,
                                .started = w->started};
}

static void world_open(struct world *w, const struct routing *routing)
{
    *w = (struct world){.arena = arena_create(0), .asked = BUF_MAX(4096)};
    memcpy(w->book.alerts, cast, sizeof(cast));
    w->ledger.rows = map_create();
    w->started = at_second(-3600);
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        w->since[i] = w->started;
    w->routing = *routing;
    w->overlay = overlay_create(&w->book, view_of(w));
    overlay_adopt(w->overlay, &w->routing, at_second(0));
}

static void world_close(struct world *w)
{
    overlay_destroy(w->overlay);
    for (const struct map_entry *it = NULL; (it = map_next(w->ledger.rows, it));)
        free(it->value);
    map_destroy(w->ledger.rows);
    buf_finish(&w->asked);
    arena_destroy(w->arena);
}

/* The process ends, and another one reads the ledger. */
UNUSED static void world_restart(struct world *w, struct wall now)
{
    overlay_destroy(w->overlay);
    w->started = now;
    w->overlay = overlay_create(&w->book, view_of(w));
    for (const struct map_entry *it = NULL; (it = map_next(w->ledger.rows, it));) {
        struct err e = {0};
        if (!overlay_restore(w->overlay, (enum ledger_kind)(it->key[0] - '0'),
                             it->key + 2, it->value, now, &e))
            fail_msg("row %s: %s", it->key, e.text);
    }
    overlay_adopt(w->overlay, &w->routing, now);
}

static UNUSED void alert_set(struct world *w, const char *key, enum alert_state state,
                             struct wall now)
{
    struct alert *a = book_find(&w->book, key);
    assert_non_null(a);
    if (state == ALERT_FIRING && a->status.state != ALERT_FIRING)
        a->status.active_at = a->status.fired_at = now;
    a->status.state = state;
    overlay_touch(w->overlay);
}

UNUSED static void phase_set(struct world *w, const char *probe, enum probe_phase phase,
                             struct wall now)
{
    const size_t i = family_of(probe);
    assert_true(i < ARRAY_LEN(families));
    w->phases[i] = phase;
    w->since[i] = now;
}

static UNUSED struct matchers matchers_of(struct world *w, const char *text)
{
    struct matchers m = {0};
    struct err e = {0};
    if (!matchers_parse(w->arena, text, &m, &e))
        fail_msg("%s: %s", text, e.text);
    return m;
}

#endif
