/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places where a healthd may listen, asked one after the other until one answers; token, errors in people's words,
 * JSON. Called by every command that needs a daemon. Prints nothing but why there was no answer.
 */
#include "healthctl/client.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "healthctl/frame_setup.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"

enum { PLACES_MAX = 5, TOKEN_MAX = 4096, ESCAPED_MAX = 256 << 10 };
/* What the last place gets when a former one has used the time up. */
#define LEAST_TIMEOUT (50 * NSEC_PER_MSEC)
#define DEFAULT_URL "http://127.0.0.1:9990"

static const char *url_of(struct arena *arena, const char *address)
{
    const size_t len = strlen(address);
    const char *text =
        arena_strndup(arena, address, len && address[len - 1] == '/' ? len - 1 : len);
    return strstr(text, "://") ? text : arena_printf(arena, "http://%s", text);
}

const char *const *client_places(const struct invocation *in)
{
    struct arena *arena = in->arena;
    const char **places = arena_alloc(arena, (PLACES_MAX + 1) * sizeof(*places));
    const char *socket = invocation_flag(in, "socket");
    const char *address = invocation_flag(in, "address");
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    size_t count = 0;
    if (!socket && !address)
        socket = getenv("HEALTHD_SOCKET");
    if (socket && *socket)
        places[count++] = arena_printf(arena, "unix:%s", socket);
    if (address)
        places[count++] = url_of(arena, address);
    if (count)
        return places;
    places[count++] = "unix:/run/healthd/healthd.sock";
    places[count++] = "unix:/var/lib/healthd/healthd.sock";
    if (state && *state)
        places[count++] = arena_printf(arena, "unix:%s/healthd/healthd.sock", state);
    else if (home && *home)
        places[count++] =
            arena_printf(arena, "unix:%s/.local/state/healthd/healthd.sock", home);
    places[count++] = DEFAULT_URL;
    return places;
}

static bool read_token(const struct invocation *in, const char **ret_token, struct err *e)
{
    const char *path = invocation_flag(in, "token-file");
    const char *token = getenv("HEALTHCTL_TOKEN");
    if (path) {
        char text[TOKEN_MAX + 1];
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        const ssize_t len = fd >= 0 ? read(fd, text, TOKEN_MAX) : -1;
        const int error = errno;
        if (fd >= 0)
            close(fd);
        if (len < 0)
            return err_errno(e, error, "--token-file: %s cannot be read", path);
        const struct bytes trimmed = bytes_trim((struct bytes){text, (size_t)len});
        token = arena_strndup(in->arena, trimmed.ptr, trimmed.len);
    }
    token = token ? token : "";
    for (const char *c = token; *c; c++) {
        if (!isgraph((unsigned char)*c))
            return err_set(e,
                           "%s holds a line break or blank inside: a token is one word",
                           path ? path : "$HEALTHCTL_TOKEN");
    }
    secrets_add(in->secrets, bytes_of(token));
    *ret_token = token;
    return true;
}

struct exchange { /* one request under way */
    struct loop *loop;
    const struct reply *reply;
};

static void on_reply(void *ctx, const struct reply *reply)
{
    struct exchange *x = ctx;
    x->reply = reply;
    loop_stop(x->loop);
}

/* False after why was set: nobody answered there. */
static bool ask_place(struct frame *f, struct arena *arena, struct request *request,
                      const char *place, const char *path, struct answer *ret_answer,
                      struct err *why)
{
    const bool is_unix = !strncmp(place, "unix:", 5);
    request->unix_path = is_unix ? place + 5 : NULL;
    request->url =
        arena_printf(arena, "%s%s", is_unix ? "http://localhost" : place, path);
    if (is_unix && access(request->unix_path, F_OK))
        return err_errno(why, errno, "%s", place);
    if (is_unix && access(request->unix_path, R_OK | W_OK))
        return err_set(why, "%s: you may not use it; ask for its group, or run as root",
                       place);

    struct exchange x = {.loop = f->loop};
    struct fetch *fetch = fetch_start(f->fetcher, arena, request, NULL, on_reply, &x);
    if (fetch && !x.reply)
        loop_run(f->loop);
    if (!x.reply)
        return err_set(why, "%s: the request could not be made", place);
    if (x.reply->trouble.reason != REASON_NONE)
        return err_set(why, "%s: %s", place, x.reply->trouble.detail);
    *ret_answer = (struct answer){x.reply->status, x.reply->body, place};
    return true;
}

static void explain_absence(const char *const *tried, size_t count, struct err *e)
{
    struct buf text = BUF_MAX(ERR_TEXT_SIZE - 1);
    buf_add_text(&text, "no healthd answers. Looked at:\n");
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "  %s\n", tried[i]);
    buf_add_text(
        &text,
        "Start one (systemctl start healthd, or healthd --config FILE), or say where "
        "it is with --socket PATH or --address URL.");
    err_set(e, "%s", buf_text(&text));
    buf_finish(&text);
}

/* Asks one place after the other; their faults are told together. */
static bool ask_places(const struct invocation *in, struct frame *f,
                       struct request *request, const char *path, nsec timeout,
                       struct answer *ret_answer, struct err *e)
{
    const char *const *places = client_places(in);
    const char *tried[PLACES_MAX];
    const struct mono end = mono_add(loop_now_exact(f->loop), timeout);
    size_t count = 0;
    for (; places[count]; count++) {
        struct err why = {0};
        const nsec left = mono_since(end, loop_now_exact(f->loop));
        request->timeout = left > LEAST_TIMEOUT ? left : LEAST_TIMEOUT;
        if (ask_place(f, in->arena, request, places[count], path, ret_answer, &why))
            return true;
        tried[count] = arena_strdup(in->arena, why.text);
    }
    explain_absence(tried, count, e);
    return false;
}

static bool needs_trust(const struct invocation *in)
{
    for (const char *const *p = client_places(in); *p; p++) {
        if (!strncmp(*p, "https:", 6))
            return true;
    }
    return false;
}

static int send_request(const struct invocation *in, struct request *request,
                        const char *path, nsec timeout, struct answer *ret_answer,
                        struct err *e)
{
    const char *token;
    struct frame f;
    request->password = (struct secret){""};
    request->proxy = "";
    request->is_decoded = true;
    request->max_body = CLIENT_MAX_ANSWER;
    request->max_header = 64 << 10;
    if (!read_token(in, &token, e))
        return CODE_USAGE;
    request->bearer = (struct secret){token};
    const enum frame_use use = needs_trust(in) ? FRAME_WHOLE : FRAME_PLAIN;
    int code = CODE_UNKNOWN;
    if (frame_setup(&f, use, NULL, in->secrets, e))
        code = ask_places(in, &f, request, path, timeout, ret_answer, e)
                   ? CODE_PASS
                   : CODE_UNREACHABLE;
    frame_finish(&f);
    return code;
}

int client_send(const struct invocation *in, const char *method, const char *path,
                json_t *body, nsec timeout, struct answer *ret_answer, struct err *e)
{
    static const struct pair content_type[] = {{"Content-Type", "application/json"}};
    struct request request = {.method = method};
    if (body) {
        char *text = json_dumps(body, JSON_COMPACT);
        json_decref(body);
        request.headers = (struct pairs){content_type, 1};
        request.body = bytes_of(arena_strdup(in->arena, text ? text : "null"));
        free(text);
    }
    return send_request(in, &request, path, timeout, ret_answer, e);
}

int client_post_text(const struct invocation *in, const char *path, struct bytes text,
                     nsec timeout, struct answer *ret_answer, struct err *e)
{
    static const struct pair content_type[] = {{"Content-Type", "text/plain"}};
    struct request request = {
        .method = "POST", .headers = {content_type, 1}, .body = text};
    return send_request(in, &request, path, timeout, ret_answer, e);
}

int client_ask(const struct invocation *in, const char *method, const char *path,
               nsec timeout, struct answer *ret_answer, struct err *e)
{
    return client_send(in, method, path, NULL, timeout, ret_answer, e);
}

int client_refused(const struct invocation *in, const struct answer *a)
{
    struct err e = {0};
    json_t *value = json_read(in->arena, a->body, CLIENT_MAX_ANSWER, &e);
    const char *said = json_string_value(json_object_get(value, "error"));
    if (!said)
        said = arena_strndup(in->arena, a->body.ptr ? a->body.ptr : "", a->body.len);
    if (a->status == 401 || a->status == 403)
        return complain(in, CODE_UNREACHABLE,
                        "%s does not allow that (HTTP %d). Use healthd's socket "
                        "(--socket PATH), or give "
                        "its token in $HEALTHCTL_TOKEN or with --token-file FILE.",
                        a->place, a->status);
    const bool is_ours = a->status == 400 || a->status == 404 || a->status == 422;
    return complain(in, is_ours ? CODE_USAGE : CODE_UNREACHABLE, "%s says: %s (HTTP %d)",
                    a->place, said, a->status);
}

int client_send_json(const struct invocation *in, const char *method, const char *path,
                     json_t *body, nsec timeout, json_t **ret_value)
{
    struct answer a = {0};
    struct err e = {0};
    const int code = client_send(in, method, path, body, timeout, &a, &e);
    if (code)
        return complain(in, code, "%s", e.text);
    if (a.status != 200)
        return client_refused(in, &a);
    *ret_value = json_read(in->arena, a.body, CLIENT_MAX_ANSWER, &e);
    if (!*ret_value)
        return complain(in, CODE_UNREACHABLE, "%s answers, but not as healthd does: %s",
                        a.place, e.text);
    return CODE_PASS;
}

int client_ask_json(const struct invocation *in, const char *method, const char *path,
                    nsec timeout, json_t **ret_value)
{
    return client_send_json(in, method, path, NULL, timeout, ret_value);
}

const char *client_escape(struct arena *arena, const char *text)
{
    struct buf out = BUF_MAX(ESCAPED_MAX);
    for (; *text; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text))
            buf_add_byte(&out, *text);
        else
            buf_printf(&out, "%%%02X", (unsigned char)*text);
    }
    return arena_keep(arena, &out);
}
