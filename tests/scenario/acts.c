/* SPDX-License-Identifier: Apache-2.0 */
/* What people do in a story: what the API and healthctl do, by the same functions. */
#include <string.h>

#include "alerts/target.h"
#include "lib/base/units.h"
#include "tests/scenario/world.h"

static const char *word(const struct step *s, size_t i)
{
    return i < s->count ? s->words[i] : "";
}

static bool fail(struct world *w, const struct step *s)
{
    return err_wrap(&w->e, "line %d", s->line);
}

static bool is_probe(void *ctx, const char *name)
{
    return actor_find(ctx, name) != NULL;
}

static bool is_alert(void *ctx, const char *name)
{
    return strchr(name, '=') == NULL;
}

static bool read_target(struct world *w, const char *text, struct matchers *ret)
{
    const struct target_names names = {w, is_probe, is_alert};
    return target_parse(w->arena, text, &names, ret, &w->e);
}

/* silence TARGET DURATION [COMMENT] */
static bool silence(struct world *w, const struct step *s)
{
    const struct wall now = world_now(w);
    struct silence silence = {.starts = now, .creator = "ana", .comment = word(s, 3)};
    nsec length;
    if (!read_target(w, word(s, 1), &silence.matchers) ||
        !duration_parse(bytes_of(word(s, 2)), &length, &w->e))
        return fail(w, s);
    silence.ends = wall_add(now, length);
    struct ledger_txn *txn = engine_begin(w->engine, now);
    const char *id = silence_put(engine_overlay(w->engine), &silence, now, txn, &w->e);
    engine_commit(w->engine, txn);
    if (!id)
        return fail(w, s);
    w->silences[w->silence_count++ % ARRAY_LEN(w->silences)] = arena_strdup(w->arena, id);
    return true;
}

/* unsilence: ends the newest */
static bool unsilence(struct world *w, const struct step *s)
{
    const struct wall now = world_now(w);
    if (w->silence_count == 0)
        return err_set(&w->e, "line %d: there is no silence", s->line);
    struct ledger_txn *txn = engine_begin(w->engine, now);
    const bool ok = silence_expire(engine_overlay(w->engine),
                                   w->silences[w->silence_count - 1], now, txn, &w->e);
    engine_commit(w->engine, txn);
    return ok || fail(w, s);
}

struct taking {
    struct world *world;
    const char *name;
    struct ack ack;
    const char *keys[100];
    size_t count;
};

static void find_taken(void *ctx, struct alert *a)
{
    struct taking *t = ctx;
    const char *probe = labels_get(a->labels, "probe");
    const bool is_meant = !strcmp(a->name, t->name) || (probe && !strcmp(probe, t->name));
    if (is_meant && a->status.state == ALERT_FIRING && t->count < ARRAY_LEN(t->keys))
        t->keys[t->count++] = a->key;
}

/* ack ALERT-OR-PROBE [DURATION] */
static bool ack(struct world *w, const struct step *s)
{
    const struct wall now = world_now(w);
    nsec length = ACK_DEFAULT;
    struct taking t = {.world = w, .name = word(s, 1)};
    if (s->count > 2 && !duration_parse(bytes_of(word(s, 2)), &length, &w->e))
        return fail(w, s);
    book_each(engine_book(w->engine), find_taken, &t);
    if (t.count == 0)
        return err_set(&w->e, "line %d: nothing of that name fires", s->line);
    struct ledger_txn *txn = engine_begin(w->engine, now);
    bool ok = true;
    for (size_t i = 0; i < t.count && ok; i++) {
        const struct ack one = {.alert_key = t.keys[i],
                                .at = now,
                                .until = wall_add(now, length),
                                .who = "ana",
                                .comment = ""};
        ok = ack_put(engine_overlay(w->engine), &one, txn, &w->e);
        if (ok)
            dispatch_ack(engine_dispatch(w->engine),
                         book_find(engine_book(w->engine), t.keys[i]), &one, now, txn);
    }
    engine_commit(w->engine, txn);
    return ok || fail(w, s);
}

/* deploy WHAT [RELEASE] · deploy-end [failed] */
static bool deploy(struct world *w, const struct step *s)
{
    const struct wall now = world_now(w);
    const struct deploy d = {.what = word(s, 1), .release = word(s, 2), .who = "ci"};
    struct ledger_txn *txn = engine_begin(w->engine, now);
    const char *id = deploy_begin(engine_overlay(w->engine), &d, now, txn, &w->e);
    if (id) {
        w->deploy = arena_strdup(w->arena, id);
        dispatch_deploy(engine_dispatch(w->engine),
                        deploy_find(engine_overlay(w->engine), id), now, txn);
    }
    engine_commit(w->engine, txn);
    return id || fail(w, s);
}

static bool deploy_over(struct world *w, const struct step *s)
{
    const struct wall now = world_now(w);
    struct overlay *o = engine_overlay(w->engine);
    if (!w->deploy)
        return err_set(&w->e, "line %d: there is no deployment", s->line);
    struct ledger_txn *txn = engine_begin(w->engine, now);
    const bool ok = deploy_end(o, w->deploy, !strcmp(word(s, 1), "failed"), word(s, 2),
                               now, txn, &w->e);
    if (ok)
        dispatch_deploy(engine_dispatch(w->engine), deploy_find(o, w->deploy), now, txn);
    engine_commit(w->engine, txn);
    return ok || fail(w, s);
}

/* drill PROBE DURATION */
static bool drill(struct world *w, const struct step *s)
{
    nsec length = 0;
    if (s->count > 2 && !duration_parse(bytes_of(word(s, 2)), &length, &w->e))
        return fail(w, s);
    return engine_drill_start(w->engine, word(s, 1), length, world_now(w), &w->e) ||
           fail(w, s);
}

/* uplink up|down */
static bool uplink(struct world *w, const struct step *s)
{
    w->is_cut_off = !strcmp(word(s, 1), "down");
    return true;
}

/* ---- show: what is so, into the transcript ---- */

struct showing {
    struct world *world;
    const struct alert *alert;
    bool is_held;
};

static void show_told(void *ctx, const struct told *t)
{
    struct showing *x = ctx;
    if (t->held.kind != OVERLAY_NONE && !x->is_held) {
        x->is_held = true;
        buf_printf(&x->world->heard, " held: %s", overlay_kind_name(t->held.kind));
    }
    buf_printf(&x->world->heard, " %s:%s", t->receiver,
               t->was_told ? "told" : "not-told");
}

static void show_alert(void *ctx, struct alert *a)
{
    struct showing x = {ctx, a, false};
    const char *probe = labels_get(a->labels, "probe");
    struct buf *out = &x.world->heard;
    buf_printf(out, "      %s%s%s %s%s%s%s", a->name, probe ? " " : "",
               probe ? probe : "", alert_state_name(a->status.state),
               a->status.unknown_since.ns ? " unknown" : "",
               *a->status.end_reason ? " because " : "", a->status.end_reason);
    dispatch_each(engine_dispatch(x.world->engine), a, show_told, &x);
    buf_add_byte(out, '\n');
}

static bool show(struct world *w, const struct step *s)
{
    world_say(w, "alerts");
    book_each(engine_book(w->engine), show_alert, w);
    return true;
}

static bool show_outbox(struct world *w, const struct step *s)
{
    const struct outbox_stats stats = outbox_stats(engine_outbox(w->engine), NULL);
    world_say(w, "outbox pending %zu dead %zu", stats.pending, stats.dead);
    return true;
}

/* tries RECEIVER: how often it was asked since it was last shown */
static bool show_tries(struct world *w, const struct step *s)
{
    struct answering *r = answering_find(w, word(s, 1));
    world_say(w, "tries %s %zu", word(s, 1), r ? r->tries : 0);
    if (r)
        r->tries = 0;
    return true;
}

static bool reload(struct world *w, const struct step *s)
{
    return world_load(w, word(s, 1)) || fail(w, s);
}

/* reject CONFIG: a reload that has to be refused; why it was stands in the log */
static bool reject(struct world *w, const struct step *s)
{
    if (world_load(w, word(s, 1)))
        return err_set(&w->e, "line %d: '%s' is accepted", s->line, word(s, 1));
    w->has_rejected = true;
    buf_add_text(&w->log, w->e.text);
    w->e = (struct err){0};
    return true;
}

bool act_play(struct world *w, const struct step *s, bool *ret_ok)
{
    static const struct {
        const char *name;
        bool (*act)(struct world *w, const struct step *s);
    } acts[] = {
        {"silence", silence},
        {"unsilence", unsilence},
        {"ack", ack},
        {"deploy", deploy},
        {"deploy-end", deploy_over},
        {"drill", drill},
        {"uplink", uplink},
        {"alerts", show},
        {"outbox", show_outbox},
        {"tries", show_tries},
        {"reload", reload},
        {"reject", reject},
    };
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (!strcmp(acts[i].name, s->words[0])) {
            *ret_ok = acts[i].act(w, s);
            return true;
        }
    }
    return false;
}
