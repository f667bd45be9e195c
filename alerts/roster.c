/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of the configured probes and of those that are gone, each a row of the ledger: who comes, who goes, and who
 * is forgotten because no rule reaches back so far. Called by engine_removed.c. Ends no alert: it only says who is
 * gone.
 */
#include "alerts/roster.h"

#include <stdlib.h>

#include "alerts/ledger_row.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/query/history.h"

enum { ROW_MAX = 4096 };

struct entry {
    struct roster_name name; /* first: the two are cast into each other */
    char *text;
};

struct roster {
    struct map *names; /* → struct entry */
    size_t gone_count;
};

static void entry_free(struct entry *x)
{
    free(x->text);
    free(x);
}

struct roster *roster_create(void)
{
    struct roster *r = memory_take(sizeof(*r));
    *r = (struct roster){.names = map_create()};
    return r;
}

void roster_destroy(struct roster *r)
{
    if (!r)
        return;
    for (const struct map_entry *x = NULL; (x = map_next(r->names, x));)
        entry_free(x->value);
    map_destroy(r->names);
    free(r);
}

static struct entry *entry_make(struct roster *r, const char *name)
{
    struct entry *x = memory_take(sizeof(*x));
    *x = (struct entry){.text = memory_strdup(name)};
    x->name.text = x->text;
    map_put(r->names, bytes_of(name), x);
    return x;
}

static void entry_save(const struct entry *x, struct ledger_txn *txn)
{
    char row[64];
    snprintf(row, sizeof(row), "{\"gone_at\":%lld}", (long long)x->name.gone_at.ns);
    ledger_put(txn, LEDGER_PROBE, x->text, row);
}

bool roster_restore(struct roster *r, const char *name, const char *json, struct err *e)
{
    struct arena *scratch = arena_create(0);
    const json_t *row = row_object(scratch, json, ROW_MAX, e);
    if (row && !map_get(r->names, bytes_of(name))) {
        struct entry *x = entry_make(r, name);
        x->name.gone_at = row_time(row, "gone_at");
        r->gone_count += x->name.gone_at.ns != 0;
    }
    arena_destroy(scratch);
    return row || err_wrap(e, "the probe %.80s of the last run", name);
}

/* ---- a new configuration ---- */

static struct map *set_of(struct texts names)
{
    struct map *set = map_create();
    for (size_t i = 0; i < names.count; i++)
        map_put(set, bytes_of(names.items[i]), (void *)names.items[i]);
    return set;
}

static void come(struct roster *r, struct texts names, struct ledger_txn *txn)
{
    for (size_t i = 0; i < names.count; i++) {
        struct entry *x = map_get(r->names, bytes_of(names.items[i]));
        if (x && !x->name.gone_at.ns)
            continue;
        r->gone_count -= x != NULL;
        x = x ? x : entry_make(r, names.items[i]);
        x->name.gone_at = (struct wall){0};
        entry_save(x, txn);
    }
}

static void go(struct roster *r, const struct map *configured, struct wall now,
               struct ledger_txn *txn)
{
    for (const struct map_entry *at = NULL; (at = map_next(r->names, at));) {
        struct entry *x = at->value;
        if (x->name.gone_at.ns || map_get(configured, bytes_of(x->text)))
            continue;
        x->name.gone_at = now;
        x->name.looked_at = (struct wall){0};
        r->gone_count++;
        entry_save(x, txn);
    }
}

static int by_going(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a;
    const struct entry *y = *(const struct entry *const *)b;
    return (x->name.gone_at.ns > y->name.gone_at.ns) -
           (x->name.gone_at.ns < y->name.gone_at.ns);
}

/* Those that are gone, the first to go first. */
static struct entry **gone_list(const struct roster *r)
{
    struct entry **gone = memory_take((r->gone_count + 1) * sizeof(struct entry *));
    size_t count = 0;
    for (const struct map_entry *at = NULL; (at = map_next(r->names, at));) {
        struct entry *x = at->value;
        if (x->name.gone_at.ns)
            gone[count++] = x;
    }
    qsort(gone, count, sizeof(struct entry *), by_going);
    return gone;
}

/* No rule reads what is older. */
static void forget(struct roster *r, struct wall now, struct ledger_txn *txn)
{
    struct entry **gone = gone_list(r);
    for (size_t i = 0; r->gone_count > 0; i++, r->gone_count--) {
        struct entry *x = gone[i];
        if (r->gone_count <= ROSTER_GONE_MAX &&
            now.ns - x->name.gone_at.ns < HISTORY_ROLLUP_KEEP)
            break;
        ledger_drop(txn, LEDGER_PROBE, x->text);
        map_remove(r->names, bytes_of(x->text));
        entry_free(x);
    }
    free(gone);
}

void roster_adopt(struct roster *r, struct texts names, struct wall now,
                  struct ledger_txn *txn)
{
    struct map *configured = set_of(names);
    come(r, names, txn);
    go(r, configured, now, txn);
    forget(r, now, txn);
    map_destroy(configured);
}

/* ---- asking ---- */

bool roster_has_gone(const struct roster *r)
{
    return r->gone_count > 0;
}

struct roster_name *roster_gone(const struct roster *r, const char *name)
{
    struct entry *x = map_get(r->names, bytes_of(name));
    return x && x->name.gone_at.ns ? &x->name : NULL;
}

void roster_each_gone(const struct roster *r,
                      void (*fn)(void *ctx, const struct roster_name *name), void *ctx)
{
    for (const struct map_entry *at = NULL; (at = map_next(r->names, at));) {
        const struct entry *x = at->value;
        if (x->name.gone_at.ns)
            fn(ctx, &x->name);
    }
}
