/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as they stand: what fires, why somebody was or was not told; and taking one, and drills. */
#include <string.h>

#include "collector/act.h"
#include "collector/alert_keys.h"
#include "collector/alerts_json.h"
#include "collector/api.h"
#include "collector/list_job.h"
#include "lib/core/verdict_json.h"

/* ---- all ---- */

struct alerts_list {
    const struct daemon *daemon;
    struct alert_keys firing, others;
    bool is_begun;
};

static bool is_firing(const struct alert *a)
{
    return a->status.state == ALERT_FIRING;
}

static bool is_other(const struct alert *a)
{
    return a->status.state == ALERT_PENDING || a->status.state == ALERT_RESOLVED;
}

static bool print_those(struct alerts_list *l, struct alert_keys *keys, struct buf *out,
                        struct mono until)
{
    const struct alert *a;
    while (alert_keys_next(keys, engine_book(act_engine(l->daemon)), &a)) {
        if (a && a->status.state != ALERT_INACTIVE) {
            buf_add_text(out, out->len > 1 ? ",\n" : "");
            alert_print(out, l->daemon, a);
        }
        if (mono_reached(mono_read(), until))
            return false;
    }
    return true;
}

static bool print_list(void *ctx, struct buf *out, struct mono until)
{
    struct alerts_list *l = ctx;
    const struct book *book = engine_book(act_engine(l->daemon));
    if (!l->is_begun) {
        alert_keys_take(&l->firing, book, NULL, is_firing);
        alert_keys_take(&l->others, book, NULL, is_other);
        buf_add_byte(out, '[');
        l->is_begun = true;
    }
    if (!print_those(l, &l->firing, out, until) ||
        !print_those(l, &l->others, out, until))
        return false;
    buf_add_text(out, "]\n");
    return true;
}

static void list_finish(void *list)
{
    struct alerts_list *l = list;
    alert_keys_finish(&l->firing);
    alert_keys_finish(&l->others);
}

static void get_alerts(struct exchange *x, struct daemon *d)
{
    static const struct list_kind kind = {
        "alerts", "The alerts are more than 64 MiB of text.", print_list};
    struct arena *arena = arena_create(0);
    struct alerts_list *l = arena_alloc(arena, sizeof(*l));
    l->daemon = d;
    arena_cleanup(arena, list_finish, l);
    list_job_answer(x, d, &kind, arena, l);
}

/* ---- taking one ---- */

#define MEANT_MAX 1000

struct meaning { /* which firing alerts a word means */
    const char *word;
    const char *keys[MEANT_MAX];
    size_t count;
};

static bool means(const char *word, const struct alert *a)
{
    char fingerprint[24];
    const char *probe = labels_get(a->labels, "probe");
    snprintf(fingerprint, sizeof(fingerprint), "%016jx", (uintmax_t)a->fingerprint);
    return !strcmp(word, a->key) || !strcmp(word, fingerprint) ||
           !strcmp(word, a->name) || (probe && !strcmp(word, probe));
}

static void add_meant(void *ctx, struct alert *a)
{
    struct meaning *m = ctx;
    if (a->status.state == ALERT_FIRING && m->count < MEANT_MAX && means(m->word, a))
        m->keys[m->count++] = a->key;
}

/* Those that fire and are meant; NULL after answering 404. */
static struct meaning *find_meant(struct exchange *x, struct daemon *d, const char *word)
{
    struct meaning *m = arena_alloc(exchange_arena(x), sizeof(*m));
    m->word = word;
    book_each(engine_book(act_engine(d)), add_meant, m);
    if (m->count > 0)
        return m;
    exchange_error(x, 404,
                   "No alert that fires is called '%.100s', by its name, probe, key or "
                   "fingerprint; /api/alerts lists them.",
                   word);
    return NULL;
}

static json_t *keys_to_json(const struct meaning *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(list, json_string(m->keys[i]));
    return list;
}

static bool put_acks(struct daemon *d, const struct meaning *m, struct ack *ack,
                     struct err *e)
{
    struct engine *engine = act_engine(d);
    struct ledger_txn *txn = engine_begin(engine, ack->at);
    bool ok = true;
    for (size_t i = 0; i < m->count && ok; i++) {
        const struct alert *a = book_find(engine_book(engine), m->keys[i]);
        ack->alert_key = m->keys[i];
        ok = ack_put(engine_overlay(engine), ack, txn, e);
        if (ok)
            dispatch_ack(engine_dispatch(engine), a, ack, ack->at, txn);
    }
    engine_commit(engine, txn);
    return ok;
}

static void post_ack(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_json(x);
    struct ack ack = {.at = act_now(d)};
    struct err e = {0};
    if (!body)
        return;
    exchange_note_what(x, act_text(body, "alert"));
    ack.who = act_who(x, body, "who");
    if (!act_until(x, body, "until", ack.at, ACK_DEFAULT, &ack.until))
        return;
    const struct meaning *m = find_meant(x, d, act_text(body, "alert"));
    if (!m)
        return;
    ack.comment = act_text(body, "comment");
    if (put_acks(d, m, &ack, &e))
        exchange_reply_value(x, 200,
                             json_pack("{s:o, s:o}", "acknowledged", keys_to_json(m),
                                       "until", wall_to_json(ack.until)));
    else
        exchange_error(x, 400, "%s", e.text);
}

static void delete_ack(struct exchange *x, struct daemon *d)
{
    struct engine *engine = act_engine(d);
    const struct meaning *m = find_meant(x, d, exchange_segment(x, "alert"));
    if (!m)
        return;
    struct ledger_txn *txn = engine_begin(engine, act_now(d));
    for (size_t i = 0; i < m->count; i++)
        ack_clear(engine_overlay(engine), m->keys[i], txn);
    engine_commit(engine, txn);
    exchange_reply_value(x, 200, json_pack("{s:o}", "cleared", keys_to_json(m)));
}

static void post_drill(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_json(x);
    const struct wall now = act_now(d);
    struct wall ends;
    struct err e = {0};
    if (!body)
        return;
    exchange_note_what(x, act_text(body, "probe"));
    if (!act_until(x, body, "until", now, DRILL_DEFAULT, &ends))
        return;
    const char *id = engine_drill_start(act_engine(d), act_text(body, "probe"),
                                        ends.ns - now.ns, now, &e);
    if (id)
        act_reply(x, "id", id);
    else
        exchange_error(x, 400, "%s", e.text);
}

static const struct endpoint_param alert_segment[] = {
    {"alert", "An alert's key, fingerprint, name or probe.", true}, {0}};
static const struct endpoint_field ack_fields[] = {
    {"alert", "string", "Its key, fingerprint, name or probe.", true},
    {"comment", "string", "Why, for others to read.", false},
    {"duration", "string", "How long, as 4h.", false},
    {"until", "time", "Or until when.", false},
    {"who", "string", "Who takes it; else whoever asks.", false},
    {0}};
static const struct endpoint_field acked_fields[] = {
    {"acknowledged", "array", "Keys of the alerts that were taken.", true},
    {"until", "time", "When the acknowledgement ends.", true},
    {0}};
static const struct endpoint_field cleared_fields[] = {
    {"cleared", "array", "Keys of the alerts that were given back.", true}, {0}};
static const struct endpoint_field drill_fields[] = {
    {"probe", "string", "Which one is said to be down.", true},
    {"duration", "string", "How long, as 5m.", false},
    {"until", "time", "Or until when.", false},
    {0}};
static const struct endpoint_field id_fields[] = {
    {"id", "string", "The drill's id.", true}, {0}};

const struct endpoint alerts_endpoints[] = {
    {"GET", "/api/alerts", RIGHT_READ, NULL,
     "Every alert that is pending, fires or has just ended: what holds it, and who was "
     "told.",
     get_alerts},
    {"POST", "/api/acks", RIGHT_ACT, NULL,
     "Takes an alert: {alert, comment, duration or until, who}. Nobody is reminded of it "
     "until then.",
     post_ack, .body = ack_fields, .answer = acked_fields, .statuses = "404"},
    {"DELETE", "/api/acks/{alert}", RIGHT_ACT, alert_segment,
     "Gives an alert back that was taken.", delete_ack, .answer = cleared_fields,
     .statuses = "404"},
    {"POST", "/api/drills", RIGHT_ACT, NULL,
     "A fake outage, {probe, duration}, through rules, routes and the real receivers; "
     "marked DRILL.",
     post_drill, .body = drill_fields, .answer = id_fields},
    {0}};
