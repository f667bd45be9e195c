/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop, a pool and a runner that live for one test, and a peer whose behaviour flags choose. Called by tests of types
 * and of the runner. Asserts nothing about a verdict: that is the test's.
 */
#include "tests/loopback/stand.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/core/loop.h"
#include "lib/core/node.h"
#include "lib/core/pool.h"
#include "lib/core/secret.h"
#include "lib/core/session.h"
#include "lib/core/talk.h"

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

/* Whoever has hung up meanwhile does not hear it. */
static void peer_say(struct peer *p, const char *text)
{
    if (!p->is_silent && write(p->fd, text, strlen(text)) < 0 && errno != EPIPE)
        die("write", strerror(errno));
}

static void peer_on_data(void *ctx, int events)
{
    struct peer *p = ctx;
    char text[256];
    const ssize_t got = read(p->fd, text, sizeof(text));

    if (got > 0)
        peer_say(p, "pong\n");
    if (got <= 0)
        peer_hang_up(p);
}

void peer_hang_up(struct peer *p)
{
    watch_destroy(p->watch);
    p->watch = NULL;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static void peer_on_accept(void *ctx, int events)
{
    struct peer *p = ctx;

    peer_hang_up(p);
    p->fd = accept4(p->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (p->fd < 0)
        return;
    p->accepted++;
    peer_say(p, "hello\n");
    if (p->is_short) {
        shutdown(p->fd, SHUT_WR);
        return;
    }
    p->watch = loop_watch_create(p->loop, "peer", p->fd, peer_on_data, p);
    watch_set(p->watch, WATCH_READ);
}

static void peer_begin(struct peer *p, struct loop *loop)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/healthd-test-XXXXXX";

    *p = (struct peer){.loop = loop, .fd = -1};
    if (!mkdtemp(folder))
        die("mkdtemp", strerror(errno));
    snprintf(p->path, sizeof(p->path), "%s/peer", folder);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/peer", folder);
    p->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->listen_fd < 0 || bind(p->listen_fd, (struct sockaddr *)&at, sizeof(at)) ||
        listen(p->listen_fd, 8))
        die("listen", strerror(errno));
    p->listen_watch = loop_watch_create(loop, "listen", p->listen_fd, peer_on_accept, p);
    watch_set(p->listen_watch, WATCH_READ);
}

static void peer_end(struct peer *p)
{
    peer_hang_up(p);
    watch_destroy(p->listen_watch);
    close(p->listen_fd);
    unlink(p->path);
    *strrchr(p->path, '/') = '\0';
    rmdir(p->path);
}

void stand_begin(struct stand *s)
{
    struct err e = {0};

    *s = (struct stand){.arena = arena_create(0)};
    s->frame.loop = loop_create(&e);
    if (!s->frame.loop)
        die("loop", e.text);
    s->frame.pool = pool_create(s->frame.loop, 2);
    s->frame.secrets = secrets_create();
    s->runner = runner_create(&s->frame, 10);
    peer_begin(&s->peer, s->frame.loop);
}

void stand_end(struct stand *s)
{
    peer_end(&s->peer);
    runner_destroy(s->runner);
    pool_destroy(s->frame.pool, NSEC_PER_SEC);
    secrets_destroy(s->frame.secrets);
    loop_destroy(s->frame.loop);
    arena_destroy(s->arena);
}

struct probe *stand_probe(struct stand *s, const struct probe_type *type,
                          const char *yaml, const char *expect)
{
    struct diag *diag = diag_create(s->arena);
    struct opt_ctx ctx = {.arena = s->arena, .diag = diag, .secrets = s->frame.secrets};
    struct probe *probe = arena_alloc(s->arena, sizeof(*probe));
    const struct expr **list = arena_alloc(s->arena, 2 * sizeof(const struct expr *));
    const struct var *const vars[] = {runner_vars, type->vars, NULL};
    const struct opt_part parts[] = {{type->opts, type->conf_size},
                                     {dial_opts, sizeof(struct dial_conf)}};
    struct err e = {0};

    const struct node *node = node_parse(s->arena, "test", bytes_of(yaml), diag);
    *probe =
        (struct probe){.name = type->name, .type = type, .interval = 15 * NSEC_PER_SEC};
    probe->conf =
        node ? template_load(&ctx, parts, type->talk ? 2 : 1, node, NULL) : NULL;
    if (!probe->conf)
        die(yaml, diag_first(diag)->text);
    if (expect && !(list[0] = expr_compile(s->arena, expect, vars, &e)))
        die(expect, e.text);
    probe->expect = expect ? list : NULL;
    return probe;
}

static void on_wake(void *ctx, struct session *session, enum wake why)
{
    struct stand *s = ctx;
    s->woken++;
    loop_stop(s->frame.loop);
}

struct session *stand_session(struct stand *s, const struct probe_type *type)
{
    struct err e = {0};
    struct session *session = session_create(&s->frame, type, type->name, &e);

    if (!session)
        die("session", e.text);
    session->on_wake = on_wake;
    session->wake_ctx = s;
    return session;
}

static void on_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct stand *s = ctx;
    struct item *items = arena_alloc(s->arena, (v->item_count + 1) * sizeof(*items));

    s->done++;
    s->verdict = *v;
    s->verdict.detail = arena_strdup(s->arena, v->detail);
    s->verdict.address = arena_strdup(s->arena, v->address);
    s->verdict.trace = NULL;
    for (size_t i = 0; i < v->item_count; i++)
        items[i] = (struct item){.key = arena_strdup(s->arena, v->items[i].key),
                                 .health = v->items[i].health};
    s->verdict.items = items;
    s->samples = 0;
    for (const struct batch_group *g = b->first; g; g = g->next)
        s->samples += g->count;
    if (s->look)
        s->look(s, v, b);
}

static void on_gone(void *ctx)
{
    struct stand *s = ctx;
    s->gone++;
    loop_stop(s->frame.loop);
}

static void on_patience(void *ctx)
{
    loop_stop(ctx);
}

bool stand_wait(struct stand *s, const int *count, int reaches)
{
    struct loop *loop = s->frame.loop;
    const struct mono until = mono_add(mono_read(), 5 * NSEC_PER_SEC);
    struct timer *patience = loop_timer_create(loop, "patience", on_patience, loop);

    timer_at(patience, until);
    while (*count < reaches && !mono_reached(mono_read(), until))
        loop_run(loop);
    timer_destroy(patience);
    return *count >= reaches;
}

const struct verdict *stand_ask(struct stand *s, const struct probe *probe,
                                struct session *session, nsec timeout,
                                const struct scope *scope)
{
    const int gone = s->gone;

    runner_start(s->runner, &(struct ask){.probe = probe,
                                          .session = session,
                                          .origin = ORIGIN_SCHEDULED,
                                          .timeout = timeout,
                                          .scope = scope,
                                          .done = on_done,
                                          .gone = on_gone,
                                          .ctx = s});
    if (!stand_wait(s, &s->gone, gone + 1))
        die(probe->name, "the run did not end");
    return &s->verdict;
}

double batch_value(const struct batch *b, const char *name)
{
    for (const struct batch_group *g = b->first; g; g = g->next) {
        for (const struct sample *sample = g->first; sample; sample = sample->next) {
            if (!strcmp(sample->metric->name, name))
                return sample->value;
        }
    }
    return NAN;
}
