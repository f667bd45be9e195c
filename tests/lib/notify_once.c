/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends one notice to one receiver by hand, without an outbox: prints what the answer means as one JSON object. For
 * integration tests.
 *
 *   notify_once [--remote TEXT] [--number N] [--late SECONDS] [--timeout MS] [--degraded yes] [--doubt yes]
 *               RECEIVER <NOTICE
 *
 * RECEIVER is what would stand after a name in `receivers:`, NOTICE (standard input) the outbox's JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/config/generation.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/resolve.h"
#include "lib/core/secret.h"
#include "lib/core/tls.h"

#define REPLY_MAX_BYTES (64u << 10)

struct once {
    struct arena *arena;
    struct frame frame;
    struct generation *g;
    const struct notifier_type *type;
    const void *conf;
    struct notice notice;
    struct attempt attempt;
    nsec timeout;
};

static bool make_frame(struct frame *f, struct err *e)
{
    static const struct resolver_conf conf = {.kind = RESOLVER_CARES,
                                              .max_ttl = 5 * NSEC_PER_SEC,
                                              .resolv_conf = "/etc/resolv.conf",
                                              .hosts = "/etc/hosts"};
    f->loop = loop_create(e);
    if (!f->loop)
        return false;
    f->pool = pool_create(f->loop, 1);
    f->resolver = resolver_create(f->loop, f->pool, &conf, e);
    if (!f->resolver)
        return false;
    f->tls = tls_create(f->pool, e);
    if (!f->tls)
        return false;
    f->fetcher = fetcher_create(f, e);
    return f->fetcher != NULL;
}

static void end(struct once *o)
{
    struct frame *f = &o->frame;
    generation_unref(o->g);
    fetcher_destroy(f->fetcher);
    tls_destroy(f->tls);
    resolver_destroy(f->resolver);
    if (f->pool)
        pool_destroy(f->pool, NSEC_PER_SEC);
    if (f->loop)
        loop_destroy(f->loop);
    secrets_destroy(f->secrets);
    arena_destroy(o->arena);
}

static bool read_notice(struct once *o, struct err *e)
{
    struct buf text = BUF_MAX(NOTICE_MAX_BYTES);
    char *room;
    size_t len = 1;
    while (len && (room = buf_room(&text, 65536))) {
        len = fread(room, 1, 65536, stdin);
        buf_grew(&text, len);
    }
    const char *copy = arena_keep(o->arena, &text);
    return notice_from_json(o->arena, bytes_of(copy), &o->notice, e);
}

static bool load(struct once *o, const char *receiver, struct err *e)
{
    struct diag *d = diag_create(o->arena);
    const char *text = arena_printf(o->arena, "receivers: {x: %s}", receiver);
    o->g = generation_parse("argument", bytes_of(text), o->frame.secrets, d);
    if (!o->g) {
        struct buf out = BUF_MAX(65536);
        diag_render(d, &out, false);
        fputs(buf_text(&out), stderr);
        buf_finish(&out);
        return err_set(e, "the receiver is not accepted");
    }
    const struct receiver *r = o->g->alerting.receivers.items[0];
    o->type = r->type;
    return template_fill(r->conf, NULL, NULL, o->arena, &o->conf, e) && read_notice(o, e);
}

static void on_reply(void *ctx, const struct reply *reply)
{
    struct once *o = ctx;
    struct judgement j = {0};
    struct buf out = BUF_MAX(1u << 20);
    o->type->judge(o->conf, &o->notice, &o->attempt, reply, o->arena, &j);
    buf_printf(&out,
               "{\"outcome\":\"%s\",\"retry_after\":%.3f,\"never_arrived\":%s,\"why\":",
               outcome_name(j.outcome), nsec_to_sec(j.retry_after),
               j.never_arrived ? "true" : "false");
    buf_add_json(&out, bytes_of(j.why));
    buf_add_text(&out, ",\"remote\":");
    buf_add_json(&out, bytes_of(j.remote));
    buf_add_text(&out, ",\"warning\":");
    buf_add_json(&out, bytes_of(j.warning));
    printf("%s}\n", buf_text(&out));
    buf_finish(&out);
    loop_stop(o->frame.loop);
}

static void go(void *ctx)
{
    struct once *o = ctx;
    struct request *request = arena_alloc(o->arena, sizeof(*request));
    o->type->render(o->conf, &o->notice, &o->attempt, o->arena, request);
    request->timeout = o->timeout ? o->timeout : o->type->timeout;
    request->max_body = request->max_header = REPLY_MAX_BYTES;
    request->reuse = FETCH_REUSE;
    fetch_start(o->frame.fetcher, o->arena, request, NULL, on_reply, o);
}

/* Returns how many words were options, or -1. */
static int read_options(struct once *o, int argc, char **argv)
{
    int i = 1;
    for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
        const char *value = argv[i + 1];
        if (!strcmp(argv[i], "--remote"))
            o->attempt.remote = value;
        else if (!strcmp(argv[i], "--number"))
            o->attempt.number = (unsigned)strtoul(value, NULL, 10);
        else if (!strcmp(argv[i], "--late"))
            o->attempt.late = strtol(value, NULL, 10) * NSEC_PER_SEC;
        else if (!strcmp(argv[i], "--timeout"))
            o->timeout = strtol(value, NULL, 10) * NSEC_PER_MSEC;
        else if (!strcmp(argv[i], "--degraded"))
            o->attempt.is_degraded = true;
        else if (!strcmp(argv[i], "--doubt"))
            o->attempt.is_in_doubt = true;
        else
            return -1;
    }
    return i;
}

int main(int argc, char **argv)
{
    struct once o = {.arena = arena_create(0), .frame = {.secrets = secrets_create()}};
    struct err e = {0};
    o.attempt = (struct attempt){.number = 1,
                                 .remote = "",
                                 .late_why = "receiver unreachable",
                                 .now = wall_read()};
    const int at = read_options(&o, argc, argv);
    bool ok = at > 0 && at + 1 == argc;
    if (!ok)
        err_set(&e, "usage: notify_once [OPTION VALUE]… RECEIVER <NOTICE");
    ok = ok && make_frame(&o.frame, &e) && load(&o, argv[at], &e);
    if (ok) {
        tls_when_ready(o.frame.tls, go, &o);
        loop_run(o.frame.loop);
    } else {
        fprintf(stderr, "notify_once: %s\n", e.text);
    }
    end(&o);
    return ok ? 0 : 2;
}
