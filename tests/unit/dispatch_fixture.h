/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: a dispatch with a virtual clock, told as a story. The book, the overlay and the ledger are stand-ins that do
 * what a step says; routing is read from a configuration by the real loaders. Each step happens at its second, after
 * all that was due before it; what is told is written down as lines
 *
 *   SECOND RECEIVER KIND TITLE +FIRING -ENDED
 */
#ifndef HEALTHD_TESTS_DISPATCH_FIXTURE_H
#define HEALTHD_TESTS_DISPATCH_FIXTURE_H

#include <stdlib.h>

#include "alerts/dispatch_impl.h"
#include "lib/base/attr.h"
#include "tests/unit/routing_fixture.h"

#define STORY_START ((int64_t)1772668800) /* Thursday 2026-03-05 00:00:00 UTC */
#define ALERTS_MAX 40

struct fake_alert {
    struct alert alert;
    enum overlay_kind held; /* what the overlay says of it */
    bool is_acknowledged;
    bool is_forgotten; /* the book does not know it any more */
};

struct ledger_txn {
    struct map *rows; /* key → JSON: the group rows */
    struct buf *told;
    struct buf *reasons;
    struct wall now;
};

struct overlay {
    struct fake_alert *alerts;
    size_t count;
    struct ack ack;
    struct deploy deploy;
    bool has_deploy;
};
struct book {
    struct fake_alert *alerts;
    size_t *count;
};

struct story_fixture {
    struct arena *arena;
    size_t slices; /* of all passes */
    struct fake_alert alerts[ALERTS_MAX];
    size_t count;
    struct overlay overlay;
    struct book book;
    struct ledger_txn txn;
    struct dispatch *dispatch;
    struct routing_fixture routing[8];
    size_t routing_count;
    struct wall next;
    struct buf told, reasons;
    struct rule rules[ALERTS_MAX];
};

/* ---- stand-ins ---- */

struct alert *book_find(const struct book *b, const char *key)
{
    for (size_t i = 0; i < *b->count; i++) {
        if (!strcmp(b->alerts[i].alert.key, key) && !b->alerts[i].is_forgotten)
            return &b->alerts[i].alert;
    }
    return NULL;
}

void book_each(const struct book *b, void (*fn)(void *ctx, struct alert *a), void *ctx)
{
    for (size_t i = 0; i < *b->count; i++) {
        if (!b->alerts[i].is_forgotten)
            fn(ctx, &b->alerts[i].alert);
    }
}

bool book_walk(const struct book *b, struct book_cursor *c,
               void (*fn)(void *ctx, struct alert *a), void *ctx,
               const struct slice *slice)
{
    for (; c->item < *b->count; c->item++) {
        if (!b->alerts[c->item].is_forgotten)
            fn(ctx, &b->alerts[c->item].alert);
    }
    return true;
}

bool overlay_survey(struct overlay *o, struct wall now, const struct slice *slice)
{
    return true;
}

bool overlay_survey_hidden(struct overlay *o, struct wall now, const struct slice *slice)
{
    return true;
}

void alert_hold(struct alert *a)
{
    a->holds++;
}

void alert_release(struct book *b, struct alert *a)
{
    (void)b;
    assert_true(a->holds > 0);
    a->holds--;
}

static inline struct fake_alert *fake_of(const struct alert *a)
{
    return CONTAINER_OF(a, struct fake_alert, alert);
}

const char *overlay_kind_name(enum overlay_kind kind)
{
    return kind == OVERLAY_NONE ? "none" : "held";
}

struct overlay_verdict overlay_judge(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena)
{
    (void)o;
    (void)now;
    (void)arena;
    return (struct overlay_verdict){.kind = fake_of(a)->held, .by = "the story"};
}

const char *const *overlay_hidden_by(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena)
{
    (void)o;
    (void)a;
    (void)now;
    (void)arena;
    return NULL;
}

struct wall overlay_next(struct overlay *o, struct wall now)
{
    (void)o;
    (void)now;
    return (struct wall){0};
}

const struct ack *ack_of(const struct overlay *o, const struct alert *a, struct wall now)
{
    (void)now;
    return fake_of(a)->is_acknowledged ? &o->ack : NULL;
}

const struct deploy *deploy_last(const struct overlay *o, struct labels labels)
{
    (void)labels;
    return o->has_deploy ? &o->deploy : NULL;
}

const char *deploy_words(const struct deploy *d, struct arena *arena)
{
    return arena_printf(arena, "deploy%s%s%s%s", *d->release ? " " : "", d->release,
                        *d->what ? " of " : "", d->what);
}

const char *deploy_story(const struct overlay *o, const struct alert *a, struct wall now,
                         struct arena *arena)
{
    (void)o;
    (void)a;
    (void)now;
    (void)arena;
    return "";
}

void ledger_put(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                const char *json)
{
    assert_int_equal(kind, LEDGER_GROUP);
    free(map_put(t->rows, bytes_of(key), strdup(json)));
}

void ledger_put_taken(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                      char *json, size_t len)
{
    assert_int_equal(kind, LEDGER_GROUP);
    assert_int_equal(strlen(json), len);
    free(map_put(t->rows, bytes_of(key), json));
}

void ledger_drop(struct ledger_txn *t, enum ledger_kind kind, const char *key)
{
    assert_int_equal(kind, LEDGER_GROUP);
    free(map_remove(t->rows, bytes_of(key)));
}

void ledger_note(struct ledger_txn *t, struct wall at, const char *event,
                 const char *json)
{
    (void)t;
    (void)at;
    assert_string_equal(event, "suppressed");
    assert_true(json[0] == '{');
    assert_non_null(strstr(json, "\"alert\":\""));
    assert_non_null(strstr(json, "\"labels\":{\"alertname\""));
}

static const char *const kind_words[] = {"trigger", "update", "reminder", "resolve",
                                         "ack",     "deploy", "test"};

void ledger_notice(struct ledger_txn *t, const struct notice *n)
{
    size_t firing = 0;
    for (size_t i = 0; i < n->alert_count; i++)
        firing += n->alerts[i].is_firing;
    buf_printf(t->told, "%lld %s %s %s",
               (long long)(t->now.ns / NSEC_PER_SEC - STORY_START), n->receiver,
               kind_words[n->kind], n->title);
    if (n->alert_count > 0)
        buf_printf(t->told, " +%zu -%zu", firing, n->alert_count - firing);
    buf_add_byte(t->told, '\n');
    buf_printf(t->reasons, "%s|%s|%s|%s|%s\n", n->dedup_key, n->severity, n->reason,
               n->last_deploy, n->ack_hint);
}

/* ---- the story ---- */

static inline struct wall story_time(int64_t seconds)
{
    return (struct wall){(STORY_START + seconds) * NSEC_PER_SEC};
}

static inline void story_adopt(struct story_fixture *s, const char *conf, struct wall now)
{
    struct routing_fixture *f = &s->routing[s->routing_count++];
    const struct dispatch_words words = {.site = "test", .timezone = "UTC"};
    *f = routing_read(conf, "UTC");
    if (!f->ok)
        fail_msg("%s", routing_said(f));
    s->txn.now = now;
    dispatch_adopt(s->dispatch, f->routing, &words, &s->txn);
}

static inline void story_begin(struct story_fixture *s, const char *conf)
{
    memset(s, 0, sizeof(*s));
    s->arena = arena_create(0);
    s->told = BUF_MAX(100000);
    s->reasons = BUF_MAX(100000);
    s->txn = (struct ledger_txn){map_create(), &s->told, &s->reasons, story_time(0)};
    s->book = (struct book){s->alerts, &s->count};
    s->overlay = (struct overlay){.alerts = s->alerts};
    s->dispatch = dispatch_create(&s->book, &s->overlay);
    story_adopt(s, conf, story_time(0));
}

static inline void story_end(struct story_fixture *s)
{
    dispatch_destroy(s->dispatch);
    for (size_t i = 0; i < s->count; i++)
        assert_int_equal(s->alerts[i].alert.holds, 0);
    for (const struct map_entry *x = NULL; (x = map_next(s->txn.rows, x));)
        free(x->value);
    map_destroy(s->txn.rows);
    for (size_t i = 0; i < s->routing_count; i++)
        routing_finish(&s->routing[i]);
    buf_finish(&s->told);
    buf_finish(&s->reasons);
    arena_destroy(s->arena);
}

static inline bool story_slice_is_over(void *ctx)
{
    return true;
}

/* In the smallest slices: it comes to the same. */
static inline void story_advance(struct story_fixture *s, struct wall now)
{
    const struct slice slice = {.is_over = story_slice_is_over};
    s->txn.now = now;
    struct dispatch_pass *pass = dispatch_pass_begin(s->dispatch, now, &s->txn);
    for (size_t slices = 0; !dispatch_pass_go(pass, &slice); slices++) {
        assert_true(slices < 10000);
        s->slices++;
    }
    s->next = dispatch_pass_end(pass);
    dispatch_committed(s->dispatch, &s->txn);
}

/* All that is due until then, each thing at its own time. */
static inline void story_until(struct story_fixture *s, struct wall until)
{
    for (size_t rounds = 0; s->next.ns && s->next.ns <= until.ns; rounds++) {
        assert_true(rounds < 10000);
        story_advance(s, s->next);
    }
}

/* "Down/db": its name and its probe. */
static inline struct fake_alert *story_alert(struct story_fixture *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!strcmp(s->alerts[i].alert.key, key))
            return &s->alerts[i];
    }
    fail_msg("the story has no alert %s", key);
    return NULL;
}

static inline void story_fire(struct story_fixture *s, const char *key,
                              const char *labels, struct wall now)
{
    struct fake_alert *f = NULL;
    for (size_t i = 0; i < s->count && !f; i++)
        f = strcmp(s->alerts[i].alert.key, key) ? NULL : &s->alerts[i];
    if (!f) {
        assert_true(s->count < ALERTS_MAX);
        f = &s->alerts[s->count++];
        const char *slash = strchr(key, '/');
        const char *level = strchr(key, ':');
        const char *name =
            arena_strndup(s->arena, key, (size_t)((level ? level : slash) - key));
        const char *all = arena_printf(s->arena, "alertname=%s,probe=%s%s%s", name,
                                       slash + 1, *labels ? "," : "", labels);
        f->alert.key = arena_strdup(s->arena, key);
        f->alert.name = name;
        f->alert.rule_id =
            arena_printf(s->arena, "f/g/%s%.*s", name, level ? (int)(slash - level) : 0,
                         level ? level : "");
        f->alert.labels = labels_of_text(s->arena, all);
        f->alert.rule = &s->rules[s->count - 1];
    }
    f->is_forgotten = false;
    f->alert.status = (struct alert_status){
        .state = ALERT_FIRING, .active_at = now, .fired_at = now, .end_reason = ""};
    dispatch_change(s->dispatch, &f->alert, CHANGE_FIRED, now, &s->txn);
}

static inline void story_resolve(struct story_fixture *s, const char *key,
                                 struct wall now)
{
    struct alert *a = &story_alert(s, key)->alert;
    a->status.state = ALERT_RESOLVED;
    a->status.resolved_at = now;
    dispatch_change(s->dispatch, a, CHANGE_RESOLVED, now, &s->txn);
}

/* The process ends and begins again: only rows survive. */
static inline void story_restart(struct story_fixture *s, const char *conf,
                                 struct wall now)
{
    struct err e = {0};
    dispatch_destroy(s->dispatch);
    for (size_t i = 0; i < s->count; i++) {
        assert_int_equal(s->alerts[i].alert.holds, 0);
        s->alerts[i].alert.status.is_unconfirmed = true;
    }
    s->dispatch = dispatch_create(&s->book, &s->overlay);
    for (const struct map_entry *x = NULL; (x = map_next(s->txn.rows, x));) {
        if (!dispatch_restore(s->dispatch, x->key, x->value, &e))
            fail_msg("%s", e.text);
    }
    story_adopt(s, conf, now);
}

#endif
