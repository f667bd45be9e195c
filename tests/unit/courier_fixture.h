/* SPDX-License-Identifier: Apache-2.0 */
/* A courier on a stage of its own, for test_courier*.c: a notifier that writes down what it sends, a transport that a story
 * scripts, a clock that it moves. */
#ifndef HEALTHD_TESTS_UNIT_COURIER_FIXTURE_H
#define HEALTHD_TESTS_UNIT_COURIER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alerts/courier_impl.h"
#include "lib/base/log.h"

#define START (INT64_C(1764200000) * NSEC_PER_SEC)

/* ---- a notifier that writes down what it is asked to send ---- */

struct plain_conf {
    const char *unused;
};
static const struct opt plain_opts[] = {{0}};

static inline void plain_render(const void *conf, const struct notice *n,
                                const struct attempt *a, struct arena *arena,
                                struct request *ret)
{
    struct buf b = BUF_MAX(4096);
    buf_printf(&b, "%s %s %s", n->receiver, notice_kind_name(n->kind), n->title);
    if (*n->also)
        buf_printf(&b, " (%s)", n->also);
    for (size_t i = 0; i < n->alert_count; i++)
        buf_printf(&b, " [%s %g %s]", labels_get(n->alerts[i].labels, "probe"),
                   n->alerts[i].value, n->alerts[i].detail);
    if (a->is_degraded)
        buf_add_text(&b, " degraded");
    if (a->is_in_doubt)
        buf_add_text(&b, " re-sent");
    if (a->merged_count)
        buf_printf(&b, " +%zu from %s", a->merged_count, a->merged_first->title);
    if (*a->remote)
        buf_printf(&b, " remote %s", a->remote);
    ret->body = bytes_of(arena_strdup(arena, buf_text(&b)));
    buf_finish(&b);
}

/* The fake's status says the outcome: 200 ok, 429 wait 60 s, 500 retry, 403 config, 400 reject, 410 anew. */
static inline void plain_judge(const void *conf, const struct notice *n,
                               const struct attempt *a, const struct reply *reply,
                               struct arena *arena, struct judgement *ret)
{
    static const struct {
        int status;
        enum outcome outcome;
    } outcomes[] = {{200, OUTCOME_OK},     {429, OUTCOME_RETRY},  {500, OUTCOME_RETRY},
                    {403, OUTCOME_CONFIG}, {400, OUTCOME_REJECT}, {410, OUTCOME_ANEW}};
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (outcomes[i].status == reply->status)
            ret->outcome = outcomes[i].outcome;
    }
    ret->why = arena_printf(arena, "HTTP %d", reply->status);
    ret->retry_after = reply->status == 429 ? NSEC_PER_MINUTE : 0;
    ret->remote = reply->status == 200 ? arena_printf(arena, "r%s", n->title) : NULL;
}

static const struct notifier_type plain = {.name = "plain",
                                           .opts = plain_opts,
                                           .conf_size = sizeof(struct plain_conf),
                                           .timeout = NSEC_PER_SEC,
                                           .render = plain_render,
                                           .judge = plain_judge};

/* ---- the stage ---- */

#define MAX_ANSWERS 64
struct stage {
    struct arena *arena;
    struct ledger *ledger;
    struct outbox *outbox;
    struct courier *courier;
    struct secrets *secrets;
    struct receiver receivers[3];
    const struct receiver *list[3];
    struct buf got;           /* a line each */
    struct buf said;          /* of the log */
    int answers[MAX_ANSWERS]; /* to come; 0: 200 */
    size_t answered, answers_left;
    bool hangs;
    void (*done)(void *ctx, const struct reply *reply);
    void *done_ctx;
    struct wall now;
};

static inline void *fake_send(void *ctx, struct arena *arena,
                              const struct request *request,
                              void (*done)(void *done_ctx, const struct reply *reply),
                              void *done_ctx)
{
    struct stage *s = ctx;
    buf_add_bytes(&s->got, request->body);
    buf_add_text(&s->got, "\n");
    if (s->hangs) {
        s->done = done;
        s->done_ctx = done_ctx;
        return s;
    }
    const int status = s->answered < s->answers_left ? s->answers[s->answered++] : 200;
    done(done_ctx, &(struct reply){.status = status});
    return NULL;
}

static inline void fake_cancel(void *ctx, void *sending)
{
    ((struct stage *)ctx)->done = NULL;
}

static inline void quiet(void *ctx, struct buf *line)
{
}

static inline struct template *template_empty(struct arena *arena)
{
    const struct opt_part part = {plain_opts, sizeof(struct plain_conf)};
    const struct opt_ctx ctx = {.arena = arena, .diag = diag_create(arena)};
    return template_load(&ctx, &part, 1, NULL, NULL);
}

static inline void stage_set(struct stage *s)
{
    static const char *const names[] = {"page", "chat", "mail"};
    enum store_fault fault;
    struct err e = {0};
    *s =
        (struct stage){.arena = arena_create(0), .got = BUF_MAX(1 << 20), .now = {START}};
    log_to(quiet, NULL);
    s->secrets = secrets_create();
    s->ledger = ledger_open(NULL, ":memory:", true, &fault, &e);
    assert_non_null(s->ledger);
    s->outbox = outbox_open(s->ledger, NULL, &e);
    s->courier = courier_create(s->outbox, s->secrets,
                                (struct transport){s, fake_send, fake_cancel});
    courier_seed(s->courier, 1);
    for (size_t i = 0; i < 3; i++) {
        s->receivers[i] =
            (struct receiver){.name = names[i],
                              .type = &plain,
                              .conf = template_empty(s->arena),
                              .backlog = i ? BACKLOG_COALESCE : BACKLOG_REPLAY,
                              .rate = 100,
                              .burst = 100,
                              .max_age = 7 * NSEC_PER_DAY,
                              .canonical = names[i]};
        s->list[i] = &s->receivers[i];
    }
    static const char *const fallback[] = {"mail"};
    ledger_advance(s->ledger, s->now);
    courier_adopt(s->courier, &(struct receivers){s->list, 3},
                  &(struct texts){fallback, 1}, s->now);
}

static inline void stage_clear(struct stage *s)
{
    courier_destroy(s->courier);
    outbox_close(s->outbox);
    ledger_close(s->ledger, 0);
    secrets_destroy(s->secrets);
    buf_finish(&s->got);
    arena_destroy(s->arena);
    log_to(NULL, NULL);
}

static inline void tell_of(struct stage *s, const char *receiver, const char *lane,
                           enum notice_kind kind, const char *title,
                           const struct notice_alert *alert)
{
    struct ledger_txn *txn = ledger_begin(s->ledger);
    ledger_notice(txn, &(struct notice){.kind = kind,
                                        .alerts = alert,
                                        .alert_count = alert ? 1 : 0,
                                        .receiver = receiver,
                                        .lane = lane,
                                        .dedup_key = "hd-0",
                                        .site = "",
                                        .group_key = "",
                                        .severity = strcmp(receiver, "page") ? "warning"
                                                                             : "critical",
                                        .reason = "",
                                        .title = title,
                                        .external_url = "",
                                        .runbook = "",
                                        .last_deploy = "",
                                        .also = "",
                                        .ack_hint = "",
                                        .timezone = "UTC",
                                        .made = s->now});
    ledger_commit(txn, NULL, NULL);
}

static inline void tell(struct stage *s, const char *receiver, const char *lane,
                        enum notice_kind kind, const char *title)
{
    tell_of(s, receiver, lane, kind, title, NULL);
}

/* Seconds pass, one call a second. */
static inline void pass(struct stage *s, int seconds)
{
    for (int i = 0; i <= seconds; i++) {
        courier_advance(s->courier, s->now);
        if (i < seconds)
            s->now = wall_add(s->now, NSEC_PER_SEC);
    }
}

static inline void answer(struct stage *s, const int *statuses, size_t count)
{
    memcpy(s->answers, statuses, count * sizeof(*statuses));
    s->answered = 0;
    s->answers_left = count;
}
#define ANSWERS(s, ...)                   \
    answer(s, (const int[]){__VA_ARGS__}, \
           sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static inline void expect_got(struct stage *s, const char *lines)
{
    assert_string_equal(buf_text(&s->got), lines);
    buf_clear(&s->got);
}

#endif
