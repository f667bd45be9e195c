/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One engine and one GET of it: agree on a version, ask, read the answer. Called by docker_list.c, docker_events.c and
 * docker_logs.c; what is wrong is put into words by docker_trouble.c. Sends nothing but GET.
 */
#include "lib/core/docker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/docker_impl.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define LONG_BODY ((size_t)16 << 10) /* above this it is read on the pool */
#define MAX_HEADER ((size_t)64 << 10)

struct docker {
    struct frame *frame;
    struct arena *arena;
    const char *name;      /* as written, without a password */
    const char *unix_path; /* NULL: by URL */
    const char *base;      /* "http://docker", "https://proxy:2376/prefix" */
    struct tls_conf tls;
    bool is_agreed, is_podman;
    char version[16]; /* "1.41"; "" with is_agreed: it did not say, ask without one */
    char libpod[16];  /* "4.3.1": of Podman's own API; "": it is not to be asked */
};

struct docker_call {
    struct docker *docker;
    struct arena *arena;
    struct docker_ask ask;
    struct fetch *fetch;
    struct job *job; /* reads the body */
    struct mono started;
    struct bytes body;
    struct wall now;
    void *result;
    struct err error;
    int status;
    bool is_podmans;      /* it is Podman's own API that is asked */
    struct buf complaint; /* of a stream */
};

/* ---- addresses ---- */

struct docker_place {
    const char *unix_path, *base, *name;
};

static const char *without_end_slash(struct arena *arena, const char *text)
{
    size_t len = strlen(text);
    while (len && text[len - 1] == '/')
        len--;
    return arena_strndup(arena, text, len);
}

static bool read_place(struct arena *arena, const char *address, struct docker_place *ret,
                       struct err *e)
{
    const struct bytes text = bytes_of(address);
    struct url url;
    if (bytes_starts(text, "unix://") || bytes_starts(text, "/")) {
        const char *path = address + (address[0] == '/' ? 0 : strlen("unix://"));
        if (path[0] != '/')
            return err_set(e, "'%s' is no path of a socket: unix:///var/run/docker.sock",
                           address);
        if (strlen(path) >= 108)
            return err_set(e, "'%s' is longer than a socket's path can be (107 bytes)",
                           path);
        path = arena_strdup(arena, path);
        *ret = (struct docker_place){path, "http://docker", path};
        return true;
    }
    if (bytes_starts(text, "tcp://"))
        address = arena_printf(arena, "http://%s", address + strlen("tcp://"));
    if (!bytes_starts(bytes_of(address), "http"))
        return err_set(e,
                       "'%s' is neither a socket (unix:///var/run/docker.sock) nor the "
                       "URL of a proxy (http://docker-proxy:2375)",
                       address);
    if (!url_parse(arena, address, &url, e))
        return false;
    *ret = (struct docker_place){NULL, without_end_slash(arena, address),
                                 without_end_slash(arena, url.text)};
    return true;
}

bool docker_address_check(struct arena *arena, const char *address, struct err *e)
{
    struct docker_place ignored;
    return read_place(arena, address, &ignored, e);
}

struct docker *docker_create(struct frame *frame, const char *address,
                             const struct tls_conf *tls, struct err *e)
{
    struct arena *arena = arena_create(0);
    struct docker *d = arena_alloc(arena, sizeof(*d));
    struct docker_place place = {0};
    if (!read_place(arena, address, &place, e)) {
        arena_destroy(arena);
        return NULL;
    }
    d->frame = frame;
    d->arena = arena;
    d->name = place.name;
    d->unix_path = place.unix_path;
    d->base = place.base;
    if (tls)
        tls_conf_copy(arena, tls, &d->tls);
    else
        opt_defaults(tls_opts, &d->tls, arena);
    return d;
}

void docker_destroy(struct docker *d)
{
    if (d)
        arena_destroy(d->arena);
}

const char *docker_name(const struct docker *d)
{
    return d->name;
}

const char *docker_version(const struct docker *d)
{
    return d->version;
}

bool docker_is_podman(const struct docker *d)
{
    return d->is_podman;
}

struct frame *docker_frame(const struct docker *d)
{
    return d->frame;
}

/* ---- a call's end ---- */

static void call_destroy(struct docker_call *c)
{
    if (c->ask.release)
        c->ask.release(c->ask.ctx);
    buf_finish(&c->complaint);
    arena_destroy(c->arena);
}

static void call_end(struct docker_call *c, const struct trouble *why)
{
    if (why)
        c->docker->is_agreed = false; /* it may be another engine by then */
    c->ask.done(c->ask.ctx, c->result, why);
    call_destroy(c);
}

static void call_end_unread(struct docker_call *c)
{
    struct trouble why = {.reason = REASON_BODY};
    snprintf(why.detail, sizeof(why.detail), "%s answered GET %.80s with %.300s",
             c->docker->name, c->ask.path, c->error.text);
    call_end(c, &why);
}

static void read_work(void *ctx)
{
    struct docker_call *c = ctx;
    c->result = c->ask.read(c->body, c->now, &c->error);
}

static void on_read(void *ctx)
{
    struct docker_call *c = ctx;
    c->job = NULL;
    if (c->result)
        call_end(c, NULL);
    else
        call_end_unread(c);
}

static void on_read_disposed(void *ctx)
{
    struct docker_call *c = ctx;
    if (c->result)
        c->ask.dispose(c->result);
    call_destroy(c);
}

static void call_read(struct docker_call *c, struct bytes body)
{
    struct frame *frame = c->docker->frame;
    c->body = body;
    c->now = loop_wall(frame->loop);
    if (body.len > LONG_BODY)
        c->job = pool_submit(frame->pool, "docker", read_work, on_read, c);
    if (c->job)
        return;
    read_work(c);
    on_read(c);
}

static void call_go(struct docker_call *c);

/* A proxy may know the paths of Docker alone. */
static bool is_refused(const struct docker_call *c)
{
    return c->status == 401 || (c->status >= 403 && c->status <= 405);
}

static void on_answer(void *ctx, const struct reply *reply)
{
    struct docker_call *c = ctx;
    c->fetch = NULL;
    c->status = reply->status;
    struct trouble why = reply->trouble;
    if (c->is_podmans && why.reason == REASON_NONE && is_refused(c)) {
        c->docker->libpod[0] = '\0';
        call_go(c);
        return;
    }
    if (why.reason != REASON_NONE) {
        if (c->docker->unix_path)
            docker_explain_socket(c->docker->name, c->docker->unix_path, &why);
        call_end(c, &why);
    } else if (reply->status != 200) {
        const struct docker_refusal refusal = {
            .engine = c->docker->name,
            .path = c->ask.path,
            .status = c->status,
            .body = c->ask.take ? buf_bytes(&c->complaint) : reply->body};
        docker_explain_status(&refusal, c->arena, &why);
        call_end(c, &why);
    } else if (c->ask.read) {
        call_read(c, reply->body);
    } else {
        call_end(c, NULL);
    }
}

/* ---- a call ---- */

static bool on_piece(void *ctx, struct bytes piece)
{
    struct docker_call *c = ctx;
    if (fetch_so_far(c->fetch)->status == 200)
        return c->ask.take(c->ask.ctx, piece);
    buf_add_bytes(&c->complaint, piece);
    return !c->complaint.overflow;
}

static struct request *request_of(struct docker_call *c, const char *path)
{
    const struct docker *d = c->docker;
    struct request *q = arena_alloc(c->arena, sizeof(*q));
    const nsec passed = mono_since(loop_now_exact(d->frame->loop), c->started);
    const nsec left = c->ask.timeout - passed;
    q->method = "GET";
    q->url = arena_printf(c->arena, "%s%s", d->base, path);
    q->unix_path = d->unix_path;
    q->tls = d->tls;
    q->max_header = MAX_HEADER;
    q->timeout = left > NSEC_PER_MSEC ? left : NSEC_PER_MSEC;
    return q;
}

static const char *path_of(const struct docker_call *c)
{
    const struct docker *d = c->docker;
    if (c->is_podmans)
        return arena_printf(c->arena, "/v%s/libpod%s", d->libpod, c->ask.podmans);
    return d->version[0] ? arena_printf(c->arena, "/v%s%s", d->version, c->ask.path)
                         : c->ask.path;
}

static void call_go(struct docker_call *c)
{
    const struct docker *d = c->docker;
    c->is_podmans = c->ask.podmans && d->libpod[0];
    struct request *q = request_of(c, path_of(c));
    q->max_body = c->ask.max_body;
    if (c->ask.take) {
        q->take = on_piece;
        q->is_endless = c->ask.is_endless;
    } else {
        q->reuse = FETCH_REUSE;
    }
    c->fetch = fetch_start(d->frame->fetcher, c->arena, q, NULL, on_answer, c);
}

/* The newer one of the two that both know: "1.41". */
static void agree(struct docker *d, const char *theirs)
{
    uint64_t minor = 0;
    struct bytes text = bytes_of(theirs), major = {0};
    d->is_agreed = true;
    d->version[0] = '\0';
    if (!bytes_token(&text, '.', &major) || !bytes_is(major, "1") ||
        !bytes_to_u64(text, &minor))
        return;
    if (minor > DOCKER_API_NEWEST)
        minor = DOCKER_API_NEWEST;
    snprintf(d->version, sizeof(d->version), "1.%" PRIu64, minor);
}

/* libpod: "4.3.1", "5.0.0-dev"; NULL: it is no Podman. */
static void know_podman(struct docker *d, const char *libpod)
{
    static const char *const version_chars = "0123456789abcdefghijklmnopqrstuvwxyz.-";
    const bool is_usable = libpod && strlen(libpod) < sizeof(d->libpod) &&
                           strspn(libpod, version_chars) == strlen(libpod);
    d->is_podman = libpod != NULL;
    snprintf(d->libpod, sizeof(d->libpod), "%s", is_usable ? libpod : "");
}

static void on_ping(void *ctx, const struct reply *reply)
{
    struct docker_call *c = ctx;
    const char *theirs = reply_header(reply, "Api-Version");
    if (reply->trouble.reason != REASON_NONE) {
        on_answer(ctx, reply);
        return;
    }
    know_podman(c->docker, reply_header(reply, "Libpod-Api-Version"));
    agree(c->docker, theirs ? theirs : "");
    call_go(c);
}

struct docker_call *docker_ask(struct docker *d, const struct docker_ask *ask)
{
    struct arena *arena = arena_create(0);
    struct docker_call *c = arena_alloc(arena, sizeof(*c));
    c->docker = d;
    c->arena = arena;
    c->ask = *ask;
    c->ask.path = arena_strdup(arena, ask->path);
    if (ask->ctx_size)
        c->ask.ctx = arena_memdup(arena, ask->ctx, ask->ctx_size);
    c->complaint = BUF_MAX(DOCKER_MAX_COMPLAINT);
    c->started = loop_now_exact(d->frame->loop);
    if (d->is_agreed) {
        call_go(c);
        return c;
    }
    struct request *q = request_of(c, "/_ping");
    q->max_body = DOCKER_MAX_COMPLAINT;
    q->reuse = FETCH_REUSE;
    c->fetch = fetch_start(d->frame->fetcher, arena, q, NULL, on_ping, c);
    return c;
}

void docker_cancel(struct docker_call *c)
{
    if (!c)
        return;
    if (c->job) {
        job_abandon(c->job, on_read_disposed);
        return;
    }
    fetch_cancel(c->fetch);
    call_destroy(c);
}
