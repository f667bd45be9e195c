/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The victim of the crash suite: commits numbered events for three receivers and delivers them to a URL, by the real
 * ledger, outbox, courier and libcurl. Can be killed at any instruction; the next one goes on from the same folder.
 *
 *   courier_crash FOLDER URL EVENTS     commits events until there are EVENTS, ends when all have arrived
 *
 * The number of committed events is a fact of the same transactions. Events of a lane are trigger, update, resolve, and
 * so on; `c` takes a backlog as one message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/courier.h"
#include "lib/base/attr.h"
#include "lib/core/loop.h"
#include "lib/core/node.h"
#include "lib/core/pool.h"
#include "lib/core/resolve.h"

enum { LANES = 5, MAX_WAITING = 40, MAX_COMMITS = 5000 };
#define TURN (3 * NSEC_PER_MSEC)
#define GRACE (5 * NSEC_PER_SEC)

/* ---- a notifier that posts what it was given ---- */

struct post_conf {
    const char *url;
};

#define OPT_STRUCT struct post_conf
static const struct opt post_opts[] = {
    OPT_ROW_TEXT("url", url, NULL, "Where to.", .flags = OPT_SHORTHAND), {0}};
#undef OPT_STRUCT

static void post_render(const void *conf, const struct notice *n, const struct attempt *a,
                        struct arena *arena, struct request *ret)
{
    const struct post_conf *c = conf;
    const char *first = a->merged_first ? a->merged_first->title : n->title;
    *ret = (struct request){
        .method = "POST",
        .url = arena_printf(arena, "%s/%s", c->url, n->receiver),
        .body = bytes_of(arena_printf(
            arena,
            "{\"key\":%llu,\"event\":%s,\"first\":%s,\"lane\":\"%s\",\"kind\":\"%s\","
            "\"again\":%s}",
            (unsigned long long)n->id, n->title, first, n->lane,
            notice_kind_name(n->kind), a->is_in_doubt ? "true" : "false")),
    };
}

static void post_judge(const void *conf, const struct notice *n, const struct attempt *a,
                       const struct reply *reply, struct arena *arena,
                       struct judgement *ret)
{
    judge_http(reply, a->now, arena, ret);
}

static const struct notifier_type post = {
    .name = "post",
    .opts = post_opts,
    .conf_size = sizeof(struct post_conf),
    .timeout = 400 * NSEC_PER_MSEC,
    .render = post_render,
    .judge = post_judge,
};

/* ---- the program ---- */

static const char *const names[] = {"a", "b", "c"};

struct crash {
    struct frame frame;
    struct arena *arena;
    struct ledger *ledger;
    struct outbox *outbox;
    struct courier *courier;
    struct receiver receivers[ARRAY_LEN(names)];
    const struct receiver *list[ARRAY_LEN(names)];
    struct timer *timer;
    long committed, events;
};

static bool read_committed(void *ctx, const char *key, const char *value)
{
    struct crash *c = ctx;
    if (!strcmp(key, "committed"))
        c->committed = strtol(value, NULL, 10);
    return true;
}

static void commit_event(struct crash *c)
{
    static const enum notice_kind kinds[] = {NOTICE_TRIGGER, NOTICE_UPDATE,
                                             NOTICE_RESOLVE};
    char title[24], lane[24], next[24];
    struct ledger_txn *t = ledger_begin(c->ledger);
    snprintf(title, sizeof(title), "%ld", c->committed);
    snprintf(lane, sizeof(lane), "lane%ld", c->committed % LANES);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ledger_notice(
            t, &(struct notice){.kind = kinds[c->committed / LANES % ARRAY_LEN(kinds)],
                                .receiver = names[i],
                                .lane = lane,
                                .title = title,
                                .severity = "critical",
                                .made = loop_wall(c->frame.loop)});
    snprintf(next, sizeof(next), "%ld", ++c->committed);
    ledger_put(t, LEDGER_META, "committed", next);
    ledger_commit(t, NULL, NULL);
}

static void on_turn(void *ctx)
{
    struct crash *c = ctx;
    const struct wall now = loop_wall(c->frame.loop);
    const size_t pending = outbox_stats(c->outbox, NULL).pending;
    const size_t waiting = ledger_health(c->ledger).waiting;
    if (c->committed < c->events && pending < MAX_WAITING && waiting < MAX_COMMITS)
        commit_event(c);
    courier_advance(c->courier, now);
    if (c->committed >= c->events && pending == 0 && waiting == 0)
        loop_stop(c->frame.loop);
    else
        timer_at(c->timer, mono_add(loop_now(c->frame.loop), TURN));
}

static bool frame_make(struct frame *f, struct err *e)
{
    static const struct resolver_conf resolver = {.kind = RESOLVER_CARES,
                                                  .max_ttl = NSEC_PER_SEC,
                                                  .resolv_conf = "/etc/resolv.conf",
                                                  .hosts = "/etc/hosts"};
    f->secrets = secrets_create();
    f->loop = loop_create(e);
    f->pool = f->loop ? pool_create(f->loop, 1) : NULL;
    f->resolver = f->pool ? resolver_create(f->loop, f->pool, &resolver, e) : NULL;
    f->fetcher = f->resolver ? fetcher_create(f, e) : NULL;
    return f->fetcher != NULL;
}

static bool receivers_make(struct crash *c, const char *url, struct err *e)
{
    struct diag *diag = diag_create(c->arena);
    const struct opt_part part = {post_opts, sizeof(struct post_conf)};
    const struct opt_ctx ctx = {
        .arena = c->arena, .diag = diag, .secrets = c->frame.secrets};
    const char *yaml = arena_printf(c->arena, "url: \"%s\"\n", url);
    const struct node *node = node_parse(c->arena, "command line", bytes_of(yaml), diag);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct template *conf = template_load(&ctx, &part, 1, node, NULL);
        if (!conf)
            return err_set(e, "not a URL: %s", url);
        c->receivers[i] = (struct receiver){
            .name = names[i],
            .type = &post,
            .conf = conf,
            .backlog = i == 2 ? BACKLOG_COALESCE : BACKLOG_REPLAY,
            .rate = 1000,
            .burst = 1000,
            .max_age = 7 * NSEC_PER_DAY,
            .send_resolved = true,
            /* Another one each time: pauses and back-off, which outlive a
                               * process, would leave little to be killed in. */
            .canonical = arena_printf(c->arena, "%ld", (long)getpid())};
        c->list[i] = &c->receivers[i];
    }
    return true;
}

static bool setup(struct crash *c, char *const *words, struct err *e)
{
    enum store_fault fault = STORE_OK;
    c->arena = arena_create(0);
    c->events = strtol(words[3], NULL, 10);
    if (!frame_make(&c->frame, e) || !receivers_make(c, words[2], e))
        return false;
    const char *path = arena_printf(c->arena, "%s/alerts.db", words[1]);
    c->ledger = ledger_open(c->frame.loop, path, false, &fault, e);
    if (!c->ledger || !ledger_load(c->ledger, LEDGER_META, read_committed, c, e))
        return false;
    if (fault != STORE_OK)
        fprintf(stderr, "courier_crash: opened with %s\n", e->text);
    c->outbox = outbox_open(c->ledger, NULL, e);
    if (!c->outbox)
        return false;
    c->courier =
        courier_create(c->outbox, c->frame.secrets, transport_fetch(c->frame.fetcher));
    courier_seed(c->courier, (uint64_t)mono_read().ns);
    courier_adopt(c->courier, &(struct receivers){c->list, ARRAY_LEN(names)},
                  &(struct texts){0}, loop_wall(c->frame.loop));
    c->timer = loop_timer_create(c->frame.loop, "turn", on_turn, c);
    return true;
}

static void clear(struct crash *c)
{
    timer_destroy(c->timer);
    courier_destroy(c->courier);
    ledger_close(c->ledger, GRACE);
    outbox_close(c->outbox);
    fetcher_destroy(c->frame.fetcher);
    resolver_destroy(c->frame.resolver);
    pool_destroy(c->frame.pool, GRACE);
    loop_destroy(c->frame.loop);
    secrets_destroy(c->frame.secrets);
    arena_destroy(c->arena);
}

int main(int argc, char **argv)
{
    struct crash c = {0};
    struct err e = {0};
    if (argc != 4 || !setup(&c, argv, &e)) {
        fprintf(stderr, "courier_crash: %s\n",
                argc == 4 ? e.text : "usage: courier_crash FOLDER URL EVENTS");
        return 2;
    }
    timer_at(c.timer, loop_now(c.frame.loop));
    loop_run(c.frame.loop);
    printf("%ld committed\n", c.committed);
    clear(&c);
    return 0;
}
