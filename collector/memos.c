/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See memos.h. All rows are held in memory too, so that recalling never waits for the disk. Most configurations keep
 * nothing: file and thread are made for the first that has a type which does.
 */
#include "collector/memos.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/core/store.h"

#define CLOSE_GRACE NSEC_PER_SEC

struct memo {
    char *type, *text;
    bool is_refused; /* by the disk: written again with the probe's next run */
    bool is_said;    /* that it was */
};

struct memos {
    struct loop *loop;
    char *path;
    struct store *store;  /* NULL: nothing was ever kept */
    struct map *by_probe; /* → struct memo * */
};

static const char *const schema[] = {
    "CREATE TABLE memo (probe TEXT PRIMARY KEY, type TEXT NOT NULL, text TEXT NOT NULL)"
    " WITHOUT ROWID",
    NULL,
};

static void memo_free(struct memo *memo)
{
    if (!memo)
        return;
    free(memo->type);
    free(memo->text);
    free(memo);
}

static void remember(struct memos *m, const char *probe, const char *type,
                     const char *text)
{
    struct memo *memo = memory_take(sizeof(*memo));
    const struct memo *before = map_get(m->by_probe, bytes_of(probe));
    *memo = (struct memo){.type = memory_strdup(type),
                          .text = memory_strdup(text),
                          .is_said = before && before->is_said};
    memo_free(map_put(m->by_probe, bytes_of(probe), memo));
}

/* ---- the file ---- */

struct write { /* one row on its way; text NULL: it goes */
    struct memos *memos;
    char *probe, *type, *text;
    void (*done)(void *ctx, bool is_kept);
    void *ctx;
};

static bool write_row(void *ctx, struct store_db *db, struct err *e)
{
    const struct write *w = ctx;
    if (!w->text)
        return store_run(db, e, "DELETE FROM memo WHERE probe = ?", "t", w->probe);
    return store_run(db, e,
                     "INSERT INTO memo (probe, type, text) VALUES (?, ?, ?)"
                     " ON CONFLICT (probe) DO UPDATE SET type = excluded.type,"
                     " text = excluded.text",
                     "ttt", w->probe, w->type, w->text);
}

static void end_write(struct write *w, bool is_kept)
{
    if (w->done)
        w->done(w->ctx, is_kept);
    free(w->probe);
    free(w->type);
    free(w->text);
    free(w);
}

static void on_written(void *ctx, enum store_fault fault, const struct err *e)
{
    struct write *w = ctx;
    struct memo *memo = map_get(w->memos->by_probe, bytes_of(w->probe));
    const bool is_refused = fault != STORE_OK;
    if (is_refused && !(memo && memo->is_said))
        log_error(EV("memo not kept"), STR("probe", w->probe), STR("why", e->text),
                  STR("effect", "a restart would forget what it holds"),
                  STR("hint", "make room or repair the disk; it is written again with "
                              "each run of the probe"));
    if (memo)
        memo->is_refused = memo->is_said = is_refused;
    end_write(w, fault == STORE_OK);
}

static bool read_row(void *ctx, struct store_row *r)
{
    const struct memos *m = ctx;
    if (!map_get(m->by_probe, bytes_of(store_text(r, 0)))) /* else refused, and newer */
        remember(ctx, store_text(r, 0), store_text(r, 1), store_text(r, 2));
    return true;
}

static bool read_rows(void *ctx, struct store_db *db, struct err *e)
{
    return store_query(db, e, read_row, ctx, "SELECT probe, type, text FROM memo", "");
}

static bool open_store(struct memos *m, struct err *e)
{
    enum store_fault fault = STORE_OK;
    m->store = store_open(
        m->loop,
        &(struct store_conf){.path = m->path, .schema = schema, .is_durable = true},
        &fault, e);
    if (m->store && fault == STORE_CORRUPT)
        log_error(EV("memos lost"), STR("why", e->text));
    if (m->store && store_now(m->store, read_rows, m, e) == STORE_OK)
        return true;
    store_close(m->store, 0);
    m->store = NULL;
    return false;
}

static void submit(struct memos *m, struct write *w)
{
    struct err e = {0};
    if (!m->store && !open_store(m, &e))
        on_written(w, STORE_IO, &e);
    else if (!store_submit(m->store, write_row, on_written, w))
        on_written(w, STORE_IO, &(struct err){"too many pieces wait for the disk"});
}

struct memos *memos_create(struct loop *l, const char *state_path, struct err *e)
{
    struct memos *m = memory_take(sizeof(*m));
    struct buf path = BUF_MAX(4096);
    size_t len;
    buf_printf(&path, "%s/memos.db", state_path);
    *m = (struct memos){
        .loop = l, .path = buf_steal(&path, &len), .by_probe = map_create()};
    if (access(m->path, F_OK) != 0 || open_store(m, e))
        return m;
    memos_destroy(m);
    return NULL;
}

void memos_destroy(struct memos *m)
{
    if (!m)
        return;
    store_close(m->store, CLOSE_GRACE);
    const struct map_entry *x = NULL;
    while ((x = map_next(m->by_probe, x)))
        memo_free(x->value);
    map_destroy(m->by_probe);
    free(m->path);
    free(m);
}

/* ---- sessions ---- */

void memos_recall(const struct memos *m, struct session *s)
{
    const struct memo *memo = map_get(m->by_probe, bytes_of(s->name));
    if (memo && !strcmp(memo->type, s->type->name))
        session_recall(s, memo->text);
}

void memos_keep(struct memos *m, struct session *s, void (*done)(void *ctx, bool is_kept),
                void *ctx)
{
    const struct memo *before = map_get(m->by_probe, bytes_of(s->name));
    if (!s->memo_changed && !(before && before->is_refused)) {
        if (done)
            done(ctx, true);
        return;
    }
    s->memo_changed = false;
    remember(m, s->name, s->type->name, s->memo);
    struct write *w = memory_take(sizeof(*w));
    *w = (struct write){m,
                        memory_strdup(s->name),
                        memory_strdup(s->type->name),
                        memory_strdup(s->memo),
                        done,
                        ctx};
    submit(m, w);
}

static bool is_configured(const struct generation *g, const char *name,
                          const struct memo *memo)
{
    const struct probe *probe = generation_probe(g, name);
    return probe && !strcmp(probe->type->name, memo->type);
}

/* Opening waits for the disk: now, and not when the first memo comes. */
static void open_for(struct memos *m, const struct generation *g)
{
    struct err e = {0};
    for (size_t i = 0; i < g->probe_count && !m->store; i++) {
        if (g->probes[i]->type->keeps_memo && !open_store(m, &e)) {
            log_error(EV("memos not kept"), STR("why", e.text));
            return;
        }
    }
}

void memos_retain(struct memos *m, const struct generation *g)
{
    open_for(m, g);
    struct map *kept = map_create();
    const struct map_entry *x = NULL;
    while ((x = map_next(m->by_probe, x))) {
        if (is_configured(g, x->key, x->value)) {
            map_put(kept, bytes_of(x->key), x->value);
            continue;
        }
        struct write *w = memory_take(sizeof(*w));
        *w = (struct write){.memos = m, .probe = memory_strdup(x->key)};
        submit(m, w);
        memo_free(x->value);
    }
    map_destroy(m->by_probe);
    m->by_probe = kept;
}
