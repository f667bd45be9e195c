/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See budget.h. A row a name, changed in transactions of its own, so that several processes count together. The file is
 * opened for the first that needs it; most configurations never do.
 */
#include "lib/core/budget.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/store.h"

#define CLOSE_GRACE NSEC_PER_SEC

struct budgets {
    struct loop *loop;
    char *path; /* NULL: in memory */
    struct store *store;
};

struct row {
    int64_t day, spent, total;
    int64_t over; /* the most that a call used beyond what it was said to need */
};

static const char *const schema[] = {
    "CREATE TABLE budget (name TEXT PRIMARY KEY, day INTEGER NOT NULL,"
    " spent INTEGER NOT NULL, total INTEGER NOT NULL, over INTEGER NOT NULL)"
    " WITHOUT ROWID",
    NULL,
};

/* ---- the file ---- */

static char *file_path(const char *state_path)
{
    struct buf path = BUF_MAX(4096);
    size_t len;
    if (!state_path || access(state_path, R_OK | W_OK | X_OK) != 0)
        return NULL;
    buf_printf(&path, "%s/budgets.db", state_path);
    return buf_steal(&path, &len);
}

struct budgets *budgets_create(struct loop *l, const char *state_path)
{
    struct budgets *b = memory_take(sizeof(*b));
    *b = (struct budgets){.loop = l, .path = file_path(state_path)};
    return b;
}

void budgets_destroy(struct budgets *b)
{
    if (!b)
        return;
    store_close(b->store, CLOSE_GRACE);
    free(b->path);
    free(b);
}

static bool open_store(struct budgets *b, struct err *e)
{
    enum store_fault fault = STORE_OK;
    if (b->store)
        return true;
    b->store = store_open(b->loop,
                          &(struct store_conf){.path = b->path ? b->path : ":memory:",
                                               .schema = schema,
                                               .is_durable = true,
                                               .has_no_reserve = true,
                                               .is_inline = b->path == NULL},
                          &fault, e);
    if (b->store && fault == STORE_CORRUPT)
        log_error(EV("budgets lost"), STR("why", e->text));
    return b->store != NULL;
}

/* ---- rows ---- */

static int64_t within(int64_t number)
{
    return number < 0 ? 0 : number > BUDGET_MOST ? BUDGET_MOST : number;
}

static bool take_row(void *ctx, struct store_row *r)
{
    *(struct row *)ctx = (struct row){within(store_int(r, 0)), within(store_int(r, 1)),
                                      within(store_int(r, 2)), within(store_int(r, 3))};
    return false;
}

static bool read_row(struct store_db *db, const char *name, struct row *ret_row,
                     struct err *e)
{
    *ret_row = (struct row){0};
    return store_query(db, e, take_row, ret_row,
                       "SELECT day, spent, total, over FROM budget WHERE name = ?", "t",
                       name);
}

static bool write_row(struct store_db *db, const char *name, const struct row *r,
                      struct err *e)
{
    return store_run(db, e,
                     "INSERT INTO budget (name, day, spent, total, over)"
                     " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                     " day = excluded.day, spent = excluded.spent,"
                     " total = excluded.total, over = excluded.over",
                     "tiiii", name, r->day, r->spent, r->total, r->over);
}

/* Half of what calls used beyond their need is believed a day later, and never so much that a day has no call. */
static void begin_day(struct row *r, int64_t today, int64_t room)
{
    const int64_t days = today - r->day;
    const int64_t left = days < 63 ? r->over >> days : 0;
    *r = (struct row){
        .day = today, .total = r->total, .over = left < room ? left : within(room)};
}

/* ---- taking ---- */

struct budget_ask {
    struct budgets *of;
    char *name;
    int64_t need, most, today;
    budget_done *done; /* NULL: nobody waits any more */
    void *ctx;
    struct budget_answer answer;
};

static bool take(void *ctx, struct store_db *db, struct err *e)
{
    struct budget_ask *a = ctx;
    struct row r;
    if (!read_row(db, a->name, &r, e))
        return false;
    if (a->today > r.day)
        begin_day(&r, a->today, a->most - a->need);
    const int64_t over = a->need ? r.over : 0;
    const int64_t need = a->need + over;
    const bool is_spent = need > 0 && r.spent + need > a->most;
    const int64_t taken = is_spent ? 0 : need;
    r.spent += taken;
    r.total += taken;
    a->answer = (struct budget_answer){.state = is_spent ? BUDGET_SPENT : BUDGET_GRANTED,
                                       .day = r.day,
                                       .spent = r.spent,
                                       .total = r.total,
                                       .need = need,
                                       .over = over,
                                       .taken = taken};
    return taken == 0 || write_row(db, a->name, &r, e);
}

static void on_taken(void *ctx, enum store_fault fault, const struct err *e)
{
    struct budget_ask *a = ctx;
    if (fault != STORE_OK)
        a->answer = (struct budget_answer){.state = BUDGET_UNKNOWN, .why = *e};
    if (a->done)
        a->done(a->ctx, &a->answer);
    else if (a->answer.taken)
        budget_settle(a->of, a->name, &a->answer, 0);
    free(a->name);
    free(a);
}

struct budget_ask *budget_take(struct budgets *b, const char *name, int64_t need,
                               int64_t most, struct wall now, budget_done *done,
                               void *ctx)
{
    struct budget_ask *a = memory_take(sizeof(*a));
    struct err e = {0};
    *a = (struct budget_ask){.of = b,
                             .name = memory_strdup(name),
                             .need = within(need),
                             .most = within(most),
                             .today = now.ns / NSEC_PER_DAY,
                             .done = done,
                             .ctx = ctx};
    if (!b || !open_store(b, &e)) {
        on_taken(a, STORE_IO, &e);
        return NULL;
    }
    if (!store_submit(b->store, take, on_taken, a)) {
        err_set(&e, "too much waits to be written");
        on_taken(a, STORE_IO, &e);
        return NULL;
    }
    return b->path ? a : NULL;
}

void budget_forget(struct budget_ask *a)
{
    if (a)
        a->done = NULL;
}

/* ---- settling ---- */

struct settlement {
    char *name;
    int64_t day, change, over;
};

static bool settle(void *ctx, struct store_db *db, struct err *e)
{
    const struct settlement *s = ctx;
    struct row r;
    if (!read_row(db, s->name, &r, e))
        return false;
    r.total = within(r.total + s->change);
    if (r.day == s->day)
        r.spent = within(r.spent + s->change);
    if (s->over > r.over)
        r.over = s->over;
    return write_row(db, s->name, &r, e);
}

static void on_settled(void *ctx, enum store_fault fault, const struct err *e)
{
    struct settlement *s = ctx;
    if (fault != STORE_OK)
        log_warning(EV("budget not settled"), STR("name", s->name), STR("why", e->text),
                    STR("effect", "what was taken counts as used"));
    free(s->name);
    free(s);
}

void budget_settle(struct budgets *b, const char *name, struct budget_answer *a,
                   int64_t used)
{
    const int64_t change = within(used) - a->taken;
    const int64_t over = within(change + a->over);
    a->spent = within(a->spent + change);
    a->total = within(a->total + change);
    a->taken = 0;
    if (change == 0)
        return;
    struct settlement *s = memory_take(sizeof(*s));
    *s = (struct settlement){memory_strdup(name), a->day, change, over};
    if (!store_submit(b->store, settle, on_settled, s))
        on_settled(s, STORE_IO, &(struct err){"too much waits to be written"});
}
