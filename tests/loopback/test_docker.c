/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the Docker Engine API against a scripted engine on a Unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/docker.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"
#include "tests/loopback/stand.h"

#define ID "40d7c85c8c03cf592a106b0ad654a5335ad2a015200f72240b87bbcf577da9b4"
#define PATIENCE (3 * NSEC_PER_SEC)

/* ---- the engine: each line of the script answers one request ---- */

struct line {
    const char *asked;  /* within the request's first line */
    const char *answer; /* head and body, as they are sent */
    bool is_open;       /* the connection stays */
};

struct engine {
    char path[108];
    int listener;
    const struct line *script;
    size_t count, at;
    pthread_mutex_t lock;
    pthread_t accepting, serving[16];
    int fds[16];
    size_t served;
};

static const struct line *engine_next(struct engine *en, const char *request)
{
    pthread_mutex_lock(&en->lock);
    const struct line *line = en->at < en->count ? &en->script[en->at++] : NULL;
    pthread_mutex_unlock(&en->lock);
    if (!line || !strstr(request, line->asked)) {
        print_error("not in the script: %s\n", request);
        return NULL;
    }
    return line;
}

struct guest {
    struct engine *engine;
    int fd;
};

static void *engine_serve(void *ctx)
{
    struct guest guest = *(struct guest *)ctx;
    char text[4096];
    size_t len = 0;
    free(ctx);
    ssize_t n;
    while ((n = read(guest.fd, text + len, sizeof(text) - 1 - len)) > 0) {
        len += (size_t)n;
        text[len] = '\0';
        if (!strstr(text, "\r\n\r\n"))
            continue;
        const struct line *line = engine_next(guest.engine, text);
        len = 0;
        if (!line)
            break;
        if (write(guest.fd, line->answer, strlen(line->answer)) < 0 || !line->is_open)
            break;
    }
    shutdown(guest.fd, SHUT_RDWR);
    return NULL;
}

static void *engine_accept(void *ctx)
{
    struct engine *en = ctx;
    int fd;
    while (en->served < ARRAY_LEN(en->serving) &&
           (fd = accept(en->listener, NULL, NULL)) >= 0) {
        struct guest *guest = malloc(sizeof(*guest));
        *guest = (struct guest){en, fd};
        en->fds[en->served] = fd;
        pthread_create(&en->serving[en->served++], NULL, engine_serve, guest);
    }
    return NULL;
}

static void engine_start(struct engine *en, const struct line *script, size_t count)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *en = (struct engine){.script = script, .count = count};
    pthread_mutex_init(&en->lock, NULL);
    snprintf(en->path, sizeof(en->path), "/tmp/healthd-engine-%d.sock", (int)getpid());
    memcpy(at.sun_path, en->path, sizeof(en->path));
    unlink(en->path);
    en->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(en->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(en->listener, 16), 0);
    pthread_create(&en->accepting, NULL, engine_accept, en);
}

static void engine_stop(struct engine *en)
{
    shutdown(en->listener, SHUT_RDWR);
    pthread_join(en->accepting, NULL);
    close(en->listener);
    for (size_t i = 0; i < en->served; i++) {
        shutdown(en->fds[i], SHUT_RDWR);
        pthread_join(en->serving[i], NULL);
        close(en->fds[i]);
    }
    unlink(en->path);
    pthread_mutex_destroy(&en->lock);
}

/* ---- what the client said ---- */

struct heard {
    struct stand stand;
    struct engine engine;
    struct docker *docker;
    int count; /* calls of anything */
    struct docker_list *list;
    struct trouble why;
    struct buf said;
};

static void heard_more(struct heard *h)
{
    h->count++;
    loop_stop(h->stand.frame.loop); /* for stand_wait to look */
}

static void on_list(void *ctx, struct docker_list *list, const struct trouble *why)
{
    struct heard *h = ctx;
    docker_list_destroy(h->list);
    h->list = list;
    h->why = why ? *why : (struct trouble){0};
    heard_more(h);
}

static void on_event(void *ctx, const struct docker_event *ev)
{
    struct heard *h = ctx;
    buf_printf(&h->said, "[%d %s %lld]", (int)ev->action, ev->name,
               (long long)(ev->at.ns % 1000));
    heard_more(h);
}

static void on_changed(void *ctx, const struct trouble *why)
{
    struct heard *h = ctx;
    buf_printf(&h->said, "(%s)", why ? reason_word(why->reason) : "open");
    heard_more(h);
}

/* Nothing is wanted after "two!". */
static bool on_line(void *ctx, const struct docker_line *line)
{
    struct heard *h = ctx;
    buf_printf(&h->said, "[%.*s]", (int)line->text.len, line->text.ptr);
    return !bytes_is(line->text, "two!");
}

static void on_logged(void *ctx, const struct trouble *why)
{
    struct heard *h = ctx;
    buf_printf(&h->said, "(%s)", why ? reason_word(why->reason) : "end");
    heard_more(h);
}

static void heard_begin(struct heard *h, const struct line *script, size_t count)
{
    struct err e = {0};
    char address[128];
    *h = (struct heard){.said = BUF_MAX(4096)};
    stand_begin(&h->stand);
    h->stand.frame.fetcher = fetcher_create(&h->stand.frame, &e);
    engine_start(&h->engine, script, count);
    snprintf(address, sizeof(address), "unix://%s", h->engine.path);
    h->docker = docker_create(&h->stand.frame, address, NULL, &e);
    assert_non_null(h->docker);
}

static void heard_end(struct heard *h)
{
    assert_int_equal(h->engine.at, h->engine.count); /* all was asked */
    docker_list_destroy(h->list);
    docker_destroy(h->docker);
    fetcher_destroy(h->stand.frame.fetcher);
    h->stand.frame.fetcher = NULL;
    engine_stop(&h->engine);
    stand_end(&h->stand);
    buf_finish(&h->said);
}

static void ask_list(struct heard *h)
{
    const int before = h->count;
    docker_list(h->docker, PATIENCE, on_list, h);
    assert_true(stand_wait(&h->stand, &h->count, before + 1));
}

/* ---- stories ---- */

#define PING(version)                          \
    "HTTP/1.1 200 OK\r\nApi-Version: " version \
    "\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK"
#define BODY(status, len, body) \
    "HTTP/1.1 " status "\r\nContent-Length: " len "\r\n\r\n" body

static void a_version_that_both_know_is_asked_for(void **state)
{
    static const struct {
        const char *ping, *path, *version;
        bool is_podman;
    } cases[] = {
        {PING("1.41"), "GET /v1.41/containers/json?all=1 ", "1.41", false},
        {PING("1.99"), "GET /v1.52/containers/json?all=1 ", "1.52", false},
        {BODY("403 Forbidden", "0", ""), "GET /containers/json?all=1 ", "", false},
        {BODY("200 OK", "2", "OK"), "GET /containers/json?all=1 ", "", false},
        {"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n"
         "Content-Length: 2\r\n\r\nOK",
         "GET /v4.3.1/libpod/containers/json?all=true ", "1.41", true},
        {"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 5/../../x\r\n"
         "Content-Length: 2\r\n\r\nOK",
         "GET /v1.41/containers/json?all=1 ", "1.41", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct line script[] = {{"GET /_ping ", cases[i].ping, true},
                                      {cases[i].path, BODY("200 OK", "2", "[]"), true},
                                      {cases[i].path, BODY("200 OK", "2", "[]"), true}};
        struct heard h;
        heard_begin(&h, script, ARRAY_LEN(script));
        ask_list(&h);
        ask_list(&h); /* the version is known by now */
        assert_non_null(h.list);
        assert_string_equal(docker_version(h.docker), cases[i].version);
        assert_int_equal(docker_is_podman(h.docker), cases[i].is_podman);
        heard_end(&h);
    }
}

static void a_proxy_that_knows_no_podman_is_asked_as_docker(void **state)
{
    const struct line script[] = {
        {"GET /_ping ",
         "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n"
         "Content-Length: 2\r\n\r\nOK",
         true},
        {"GET /v4.3.1/libpod/containers/json", BODY("403 Forbidden", "0", ""), true},
        {"GET /v1.41/containers/json?all=1 ", BODY("200 OK", "2", "[]"), true},
        {"GET /v1.41/containers/json?all=1 ", BODY("200 OK", "2", "[]"), true}};
    struct heard h;
    (void)state;
    heard_begin(&h, script, ARRAY_LEN(script));
    ask_list(&h);
    ask_list(&h); /* the other is not tried again */
    assert_non_null(h.list);
    heard_end(&h);
}

static void what_an_engine_refuses_is_said(void **state)
{
    static const struct {
        const char *answer, *why;
        enum reason reason;
        bool is_unknown;
    } cases[] = {
        {BODY("403 Forbidden", "0", ""),
         " does not let healthd ask GET /containers/json?all=1 (status 403): a proxy "
         "has to allow /_ping, /containers/json and /events",
         REASON_AUTH, true},
        {BODY("500 Internal Server Error", "22", "{\"message\":\"it burns\"}"),
         " answered GET /containers/json?all=1 with status 500: it burns", REASON_STATUS,
         false},
        {BODY("200 OK", "6", "<html>"),
         " answered GET /containers/json?all=1 with no JSON at line 1, column 1: "
         "invalid token near '<'",
         REASON_BODY, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
         " announced a body of 99,999,999 bytes; the limit is 16,777,216",
         REASON_TOO_LARGE, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct line script[] = {
            {"GET /_ping ", PING("1.41"), true},
            {"GET /v1.41/containers/json", cases[i].answer, true}};
        struct heard h;
        char expected[600];
        heard_begin(&h, script, ARRAY_LEN(script));
        ask_list(&h);
        snprintf(expected, sizeof(expected), "%s%s", docker_name(h.docker), cases[i].why);
        assert_null(h.list);
        assert_string_equal(h.why.detail, expected);
        assert_int_equal(h.why.reason, cases[i].reason);
        assert_int_equal(h.why.is_unknown, cases[i].is_unknown);
        heard_end(&h);
    }
}

static void a_socket_that_is_not_there_is_said(void **state)
{
    struct heard h;
    (void)state;
    heard_begin(&h, NULL, 0);
    char expected[300];
    snprintf(
        expected, sizeof(expected),
        "there is no %s: is the Docker Engine running, and is its socket mounted into "
        "healthd's container?",
        h.engine.path);
    unlink(h.engine.path);
    ask_list(&h);
    assert_string_equal(h.why.detail, expected);
    assert_int_equal(h.why.reason, REASON_UNREACHABLE);
    heard_end(&h);
}

#define EVENT(action, nsec)                                                             \
    "{\"Type\":\"container\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" ID         \
    "\",\"Attributes\":{\"name\":\"web\"}},\"time\":1795751993,\"timeNano\":1795751993" \
    "000000" nsec "}\n"
#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

static void a_broken_stream_goes_on_where_it_ended(void **state)
{
    const struct line script[] = {
        {"GET /_ping ", PING("1.41"), true},
        {"GET /v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D HTTP",
         STREAM EVENT("die", "100") "nonsense\n" EVENT("start", "200"), false},
        {"GET "
         "/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A"
         "%5B%22create%22",
         STREAM EVENT("start", "200") EVENT("oom", "300"), true}};
    struct heard h;
    (void)state;
    heard_begin(&h, script, ARRAY_LEN(script));
    struct docker_events *events = docker_events_open(
        h.docker, (struct docker_events_hooks){on_event, on_changed}, &h);
    assert_true(stand_wait(&h.stand, &h.count, 4));
    char expected[100];
    snprintf(expected, sizeof(expected), "(open)[%d web 100][%d web 200][%d web 300]",
             DOCKER_DIE, DOCKER_START, DOCKER_OOM);
    assert_string_equal(buf_text(&h.said), expected);
    docker_events_close(events);
    heard_end(&h);
}

static void a_refused_stream_is_told_once(void **state)
{
    const struct line script[] = {
        {"GET /_ping ", PING("1.41"), true},
        {"GET /v1.41/events", BODY("403 Forbidden", "2", "no"), true},
        {"GET /_ping ", PING("1.41"), true},
        {"GET /v1.41/events", STREAM, true}};
    struct heard h;
    (void)state;
    heard_begin(&h, script, ARRAY_LEN(script));
    struct docker_events *events = docker_events_open(
        h.docker, (struct docker_events_hooks){on_event, on_changed}, &h);
    assert_true(stand_wait(&h.stand, &h.count, 2));
    assert_string_equal(buf_text(&h.said), "(auth)(open)");
    docker_events_close(events);
    heard_end(&h);
}

static void logs_come_as_lines(void **state)
{
    const struct line script[] = {
        {"GET /_ping ", PING("1.41"), true},
        {"GET /v1.41/containers/web-1/logs?stdout=1&stderr=1&timestamps=1&tail=20 HTTP",
         "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\none\ntwo\nlast", true},
        {"GET /v1.41/containers/no-such-name/logs?", BODY("404 Not Found", "0", ""),
         true},
        {"GET /_ping ", PING("1.41"), true},
        {"GET /v1.41/containers/web-1/logs?",
         "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\none\ntwo!\nthree\n", true}};
    struct heard h;
    (void)state;
    heard_begin(&h, script, ARRAY_LEN(script));
    struct docker_logs q = {
        .container = "web-1", .tail = 20, .max_line = 1000, .timeout = PATIENCE};
    docker_logs(h.docker, &q, on_line, on_logged, &h);
    assert_true(stand_wait(&h.stand, &h.count, 1));
    q.container = "../json";
    docker_logs(h.docker, &q, on_line, on_logged, &h);
    assert_true(stand_wait(&h.stand, &h.count, 2));
    assert_string_equal(buf_text(&h.said), "[one][two][last](end)(missing)");
    q.container = "web-1";
    buf_clear(&h.said);
    docker_logs(h.docker, &q, on_line, on_logged, &h);
    assert_true(stand_wait(&h.stand, &h.count, 3));
    assert_string_equal(buf_text(&h.said), "[one][two!](end)");
    heard_end(&h);
}

static void what_is_cancelled_says_nothing(void **state)
{
    const struct line script[] = {
        {"GET /_ping ", PING("1.41"), true},
        {"GET /v1.41/containers/json", BODY("200 OK", "2", "[]"), true}};
    struct heard h;
    (void)state;
    heard_begin(&h, script, ARRAY_LEN(script));
    ask_list(&h);
    docker_cancel(docker_list(h.docker, PATIENCE, on_list, &h));
    struct docker_logs q = {.container = "web", .tail = -1, .timeout = PATIENCE};
    docker_cancel(docker_logs(h.docker, &q, on_line, on_logged, &h));
    docker_cancel(NULL);
    assert_int_equal(h.count, 1);
    heard_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_that_both_know_is_asked_for),
        cmocka_unit_test(a_proxy_that_knows_no_podman_is_asked_as_docker),
        cmocka_unit_test(what_an_engine_refuses_is_said),
        cmocka_unit_test(a_socket_that_is_not_there_is_said),
        cmocka_unit_test(a_broken_stream_goes_on_where_it_ended),
        cmocka_unit_test(a_refused_stream_is_told_once),
        cmocka_unit_test(logs_come_as_lines),
        cmocka_unit_test(what_is_cancelled_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
