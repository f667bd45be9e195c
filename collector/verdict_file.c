/* SPDX-License-Identifier: Apache-2.0 */
/* See verdict_file.h. Each struct below is one piece of work: made on the loop, run on the store thread, ended on the loop. */
#include "collector/verdict_file.h"

#include <stdlib.h>
#include <string.h>

#include "collector/availability_json.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/store.h"

#define CLOSE_GRACE NSEC_PER_SEC
#define READ_CHANGES_MAX 2000 /* the newest of one probe */

struct verdict_file {
    struct store *store;
    bool is_failing; /* said once, until it works again */
};

static const char *const schema[] = {
    "CREATE TABLE probe (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " health INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE change (probe INTEGER NOT NULL, at INTEGER NOT NULL,"
    " health INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,"
    " PRIMARY KEY (probe, at)) WITHOUT ROWID",
    "CREATE TABLE hour (probe INTEGER NOT NULL, hour INTEGER NOT NULL,"
    " up INTEGER NOT NULL, degraded INTEGER NOT NULL, down INTEGER NOT NULL,"
    " runs INTEGER NOT NULL, failed INTEGER NOT NULL, total REAL NOT NULL,"
    " slowest REAL NOT NULL, PRIMARY KEY (hour, probe)) WITHOUT ROWID",
    "CREATE INDEX hour_of ON hour (probe, hour)",
    "CREATE INDEX change_at ON change (at)",
    NULL,
};

static const struct err busy = {.text = "the disk is too slow: work on it piles up"};

static int64_t to_ms(struct wall at)
{
    return at.ns / NSEC_PER_MSEC;
}

static struct wall from_ms(int64_t ms)
{
    return (struct wall){ms * NSEC_PER_MSEC};
}

/* A full or broken disk is said once; the page goes on with what is in memory. */
static void tell(struct verdict_file *f, enum store_fault fault, const struct err *e)
{
    if (fault != STORE_OK && !f->is_failing)
        log_warning(EV("verdict history not kept"), STR("why", e->text),
                    STR("effect", "the status page forgets what is not on disk over a "
                                  "restart"));
    f->is_failing = fault != STORE_OK;
}

/* ---- the last health of each ---- */

struct states {
    verdict_file_state *fn;
    void *ctx;
};

static bool state_row(void *ctx, struct store_row *r)
{
    const struct states *s = ctx;
    const int64_t health = store_int(r, 1);
    if (health > HEALTH_UNKNOWN && health <= HEALTH_DOWN)
        s->fn(s->ctx, store_text(r, 0), (enum health)health, from_ms(store_int(r, 2)),
              store_int(r, 3) != 0);
    return true;
}

static bool read_states(void *ctx, struct store_db *db, struct err *e)
{
    return store_query(
        db, e, state_row, ctx,
        "SELECT name, health, since, health IN (1, 2)" /* HEALTH_UP, HEALTH_DEGRADED */
        " OR EXISTS (SELECT 1 FROM change WHERE probe = probe.id AND change.health IN "
        "(1, 2))"
        " OR EXISTS (SELECT 1 FROM hour WHERE probe = probe.id AND up + degraded > 0)"
        " FROM probe",
        "");
}

void verdict_file_states(struct verdict_file *f, verdict_file_state *fn, void *ctx)
{
    struct states s = {fn, ctx};
    struct err e = {0};
    tell(f, store_now(f->store, read_states, &s, &e), &e);
}

/* ---- the last month ---- */

struct load {
    struct map *by_name;
    int64_t first_hour;
    void (*done)(void *ctx, struct map *by_name);
    void *ctx;
};

static struct tally read_tally(struct store_row *r, int column)
{
    return (struct tally){
        .up_ms = (uint32_t)store_int(r, column),
        .degraded_ms = (uint32_t)store_int(r, column + 1),
        .down_ms = (uint32_t)store_int(r, column + 2),
        .runs = (uint32_t)store_int(r, column + 3),
        .failed = (uint32_t)store_int(r, column + 4),
        .total_sec = (float)store_double(r, column + 5),
        .slowest_sec = (float)store_double(r, column + 6),
    };
}

static bool load_row(void *ctx, struct store_row *r)
{
    struct load *l = ctx;
    const char *name = store_text(r, 0);
    const struct tally t = read_tally(r, 2);
    struct availability *a = map_get(l->by_name, bytes_of(name));
    if (!a) {
        a = memory_take(sizeof(*a));
        *a = (struct availability){0};
        map_put(l->by_name, bytes_of(name), a);
    }
    availability_add_hour(a, store_int(r, 1), &t);
    return true;
}

static bool load_work(void *ctx, struct store_db *db, struct err *e)
{
    struct load *l = ctx;
    return store_query(db, e, load_row, l,
                       "SELECT name, hour, up, degraded, down, runs, failed, total,"
                       " slowest FROM hour JOIN probe ON probe.id = hour.probe"
                       " WHERE hour >= ? ORDER BY hour",
                       "i", l->first_hour);
}

static void load_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct load *l = ctx;
    if (fault != STORE_OK) {
        log_warning(EV("verdict history not read"), STR("why", e->text));
        const struct map_entry *x = NULL;
        while ((x = map_next(l->by_name, x)))
            free(x->value);
        map_destroy(l->by_name);
        l->by_name = NULL;
    }
    l->done(l->ctx, l->by_name);
    free(l);
}

void verdict_file_load(struct verdict_file *f, struct wall now,
                       void (*done)(void *ctx, struct map *by_name), void *ctx)
{
    struct load *l = memory_take(sizeof(*l));
    *l = (struct load){
        map_create(), availability_number(WINDOW_DAY, now) - (int64_t)30 * 24, done, ctx};
    if (!store_submit(f->store, load_work, load_done, l))
        load_done(l, STORE_IO, &busy);
}

/* ---- writing ---- */

struct put {
    struct verdict_file *file;
    char *name, *detail; /* of a change */
    struct health_change change;
    struct hour_row *rows; /* of hours */
    size_t count;
    struct wall now; /* of pruning */
};

static void put_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct put *p = ctx;
    tell(p->file, fault, e);
    for (size_t i = 0; i < p->count; i++)
        free(p->rows[i].name);
    free(p->rows);
    free(p->name);
    free(p->detail);
    free(p);
}

static void submit(struct verdict_file *f, store_work *work, const struct put *values)
{
    struct put *p = memory_take(sizeof(*p));
    *p = *values;
    p->file = f;
    if (!store_submit(f->store, work, put_done, p))
        put_done(p, STORE_IO, &busy);
}

static bool name_probe(struct store_db *db, struct err *e, const char *name)
{
    return store_run(db, e,
                     "INSERT INTO probe (name) VALUES (?) ON CONFLICT (name) DO NOTHING",
                     "t", name);
}

static bool change_work(void *ctx, struct store_db *db, struct err *e)
{
    const struct put *p = ctx;
    const int64_t at = to_ms(p->change.at), health = p->change.health;
    return name_probe(db, e, p->name) &&
           store_run(db, e, "UPDATE probe SET health = ?, since = ? WHERE name = ?",
                     "iit", health, at, p->name) &&
           store_run(db, e,
                     "INSERT OR REPLACE INTO change (probe, at, health, reason, detail)"
                     " SELECT id, ?, ?, ?, ? FROM probe WHERE name = ?",
                     "iittt", at, health, reason_word(p->change.reason), p->detail,
                     p->name);
}

void verdict_file_put_change(struct verdict_file *f, const char *name,
                             const struct health_change *c)
{
    submit(f, change_work,
           &(struct put){.name = memory_strdup(name),
                         .detail = memory_strdup(c->detail),
                         .change = *c});
}

static bool hours_work(void *ctx, struct store_db *db, struct err *e)
{
    const struct put *p = ctx;
    bool ok = true;
    for (size_t i = 0; i < p->count && ok; i++) {
        const struct hour_row *r = &p->rows[i];
        const struct tally *t = &r->tally;
        ok = name_probe(db, e, r->name) &&
             store_run(db, e,
                       "INSERT OR REPLACE INTO hour (probe, hour, up, degraded, down,"
                       " runs, failed, total, slowest)"
                       " SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM probe WHERE name = ?",
                       "iiiiiiddt", r->hour, (int64_t)t->up_ms, (int64_t)t->degraded_ms,
                       (int64_t)t->down_ms, (int64_t)t->runs, (int64_t)t->failed,
                       (double)t->total_sec, (double)t->slowest_sec, r->name);
    }
    return ok;
}

void verdict_file_put_hours(struct verdict_file *f, struct hour_row *rows, size_t count)
{
    submit(f, hours_work, &(struct put){.rows = rows, .count = count});
}

static bool prune_work(void *ctx, struct store_db *db, struct err *e)
{
    const struct put *p = ctx;
    const struct wall oldest = wall_add(p->now, -VERDICT_DAYS * NSEC_PER_DAY);
    return store_run(db, e, "DELETE FROM hour WHERE hour < ?", "i",
                     availability_number(WINDOW_DAY, oldest)) &&
           store_run(db, e, "DELETE FROM change WHERE at < ?", "i", to_ms(oldest)) &&
           store_run(db, e,
                     "DELETE FROM hour WHERE hour <= (SELECT hour FROM hour"
                     " ORDER BY hour DESC, probe DESC LIMIT 1 OFFSET ?)",
                     "i", (int64_t)VERDICT_HOURS_MAX) &&
           store_run(db, e,
                     "DELETE FROM change WHERE at <= (SELECT at FROM change"
                     " ORDER BY at DESC LIMIT 1 OFFSET ?)",
                     "i", (int64_t)VERDICT_CHANGES_MAX) &&
           store_run(db, e,
                     "DELETE FROM probe WHERE id NOT IN (SELECT probe FROM hour)"
                     " AND id NOT IN (SELECT probe FROM change)",
                     "");
}

void verdict_file_prune(struct verdict_file *f, struct wall now)
{
    submit(f, prune_work, &(struct put){.now = now});
}

/* ---- reading one ---- */

struct read {
    char *name;
    int64_t from_ms;
    struct buf text;
    const char *comma;
    verdict_history_done *done;
    void *ctx;
};

static bool print_change(void *ctx, struct store_row *r)
{
    struct read *w = ctx;
    const int64_t health = store_int(r, 1);
    if (health < HEALTH_UNKNOWN || health > HEALTH_DOWN)
        return true;
    buf_add_text(&w->text, w->comma);
    health_change_print(&w->text, from_ms(store_int(r, 0)), (enum health)health,
                        store_text(r, 2), store_text(r, 3));
    w->comma = ",";
    return true;
}

static bool print_hour(void *ctx, struct store_row *r)
{
    struct read *w = ctx;
    const struct tally t = read_tally(r, 1);
    buf_add_text(&w->text, w->comma);
    hour_print(&w->text, store_int(r, 0), &t);
    w->comma = ",";
    return true;
}

static bool read_work(void *ctx, struct store_db *db, struct err *e)
{
    struct read *w = ctx;
    const size_t head = w->text.len;
    buf_add_text(&w->text, "\"kept\":\"file\",\"changes\":[");
    w->comma = "";
    bool ok = store_query(
        db, e, print_change, w,
        "SELECT at, change.health, reason, detail FROM change JOIN probe ON probe.id ="
        " change.probe WHERE name = ? AND at >= ? ORDER BY at DESC LIMIT ?",
        "tii", w->name, w->from_ms, (int64_t)READ_CHANGES_MAX);
    buf_add_text(&w->text, "],\"hours\":[");
    w->comma = "";
    ok = ok && store_query(db, e, print_hour, w,
                           "SELECT hour, up, degraded, down, runs, failed, total, slowest"
                           " FROM hour JOIN probe ON probe.id = hour.probe"
                           " WHERE name = ? AND hour >= ? ORDER BY hour",
                           "ti", w->name, w->from_ms / (NSEC_PER_HOUR / NSEC_PER_MSEC));
    buf_add_text(&w->text, "]}\n");
    if (!ok)
        w->text.len = head; /* it may be tried once more */
    return ok;
}

static void read_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct read *w = ctx;
    if (fault == STORE_OK)
        w->done(w->ctx, &w->text, NULL);
    else
        w->done(w->ctx, NULL, e);
    buf_finish(&w->text);
    free(w->name);
    free(w);
}

void verdict_file_read(struct verdict_file *f, const char *name, struct wall from,
                       struct buf *taken, verdict_history_done *done, void *ctx)
{
    struct read *w = memory_take(sizeof(*w));
    *w = (struct read){
        .name = memory_strdup(name), .from_ms = to_ms(from), .done = done, .ctx = ctx};
    w->text = *taken;
    *taken = BUF_MAX(0);
    if (!store_submit(f->store, read_work, read_done, w))
        read_done(w, STORE_IO, &busy);
}

/* ---- life ---- */

struct verdict_file *verdict_file_open(struct loop *l, const char *state_path,
                                       struct err *e)
{
    struct buf path = BUF_MAX(4096);
    enum store_fault fault = STORE_OK;
    buf_printf(&path, "%s/verdicts.db", state_path);
    struct store *store = store_open(
        l,
        &(struct store_conf){.path = buf_text(&path), .schema = schema, .is_inline = !l},
        &fault, e);
    buf_finish(&path);
    if (!store)
        return NULL;
    if (fault == STORE_CORRUPT)
        log_warning(EV("verdict history begins anew"), STR("why", e->text));
    struct verdict_file *f = memory_take(sizeof(*f));
    *f = (struct verdict_file){.store = store};
    return f;
}

void verdict_file_close(struct verdict_file *f)
{
    if (!f)
        return;
    store_close(f->store, CLOSE_GRACE);
    free(f);
}
