/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection tells of each kind of peer, plain and over a Unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/resource.h>

#include "lib/base/attr.h"
#include "lib/core/conn.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "tests/loopback/server.h"

struct story {
    struct frame frame;
    struct arena *arena;
    struct dial dial;
    struct conn *conn;
    struct buf got, phases;
    int opens, ends, datas;
    struct trouble why;
    bool is_orderly;
    const char *say;    /* written when open */
    size_t close_after; /* bytes; 0: when the peer ends */
    bool closes_when_open;
    bool takes_nothing;
    size_t floods; /* bytes that are written when open, besides */
};

static void on_phase(void *ctx, enum phase phase)
{
    static const char letters[] = "rctwx";
    struct story *s = ctx;
    buf_add_byte(&s->phases, letters[phase]);
}

static void on_open(void *ctx)
{
    struct story *s = ctx;
    s->opens++;
    assert_non_null(s->conn);
    assert_true(conn_is_open(s->conn));
    if (s->say)
        conn_write(s->conn, bytes_of(s->say));
    if (s->floods) {
        char *zeros = arena_alloc(s->arena, s->floods);
        conn_write(s->conn, (struct bytes){zeros, s->floods});
        conn_write(s->conn, (struct bytes){zeros, 1}); /* too late for anything */
        assert_int_equal(s->ends,
                         0); /* told later: whoever writes is within its own event */
    }
    if (s->closes_when_open) {
        conn_close(s->conn);
        s->conn = NULL;
    }
}

static void on_data(void *ctx, struct bytes *in)
{
    struct story *s = ctx;
    s->datas++;
    if (s->takes_nothing)
        return;
    buf_add_bytes(&s->got, *in);
    in->ptr += in->len;
    in->len = 0;
    if (s->close_after && s->got.len >= s->close_after) {
        conn_close(s->conn);
        s->conn = NULL;
    }
}

static void on_end(void *ctx, const struct trouble *why)
{
    struct story *s = ctx;
    s->ends++;
    s->is_orderly = why == NULL;
    if (why)
        s->why = *why;
}

static const struct conn_events events = {
    .phase = on_phase, .open = on_open, .data = on_data, .end = on_end};

static void story_begin(struct story *s)
{
    struct err e = {0};
    *s = (struct story){.got = BUF_MAX(64u << 20), .phases = BUF_MAX(100)};
    s->arena = arena_create(0);
    s->frame.loop = loop_create(&e);
    s->frame.pool = pool_create(s->frame.loop, 1);
    const struct resolver_conf conf = {.resolv_conf = "/nonexistent",
                                       .hosts = "/etc/hosts"};
    s->frame.resolver = resolver_create(s->frame.loop, s->frame.pool, &conf, &e);
    if (!s->frame.resolver)
        fail_msg("%s", e.text);
    s->dial = (struct dial){.host = "127.0.0.1"};
}

static void story_run(struct story *s)
{
    s->conn = conn_open(&s->frame, s->arena, &s->dial, &events, s);
    loop_run(s->frame.loop);
}

static void story_end(struct story *s)
{
    conn_close(s->conn);
    resolver_destroy(s->frame.resolver);
    pool_destroy(s->frame.pool, NSEC_PER_SEC);
    loop_destroy(s->frame.loop);
    arena_destroy(s->arena);
    buf_finish(&s->got);
    buf_finish(&s->phases);
}

static void serve_echo_line(struct server *s, int fd)
{
    char bytes[256];
    (void)s;
    const ssize_t len = read(fd, bytes, sizeof(bytes));
    if (len > 0 && write(fd, bytes, (size_t)len) != len)
        abort();
    close(fd);
}

static void serve_end(struct server *s, int fd)
{
    (void)s;
    close(fd);
}

static void serve_wait(struct server *s, int fd)
{
    (void)s;
    server_wait_end(fd);
}

static void serve_reset(struct server *s, int fd)
{
    const struct linger at_once = {.l_onoff = 1};
    (void)s;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

static void bytes_go_both_ways(void **state)
{
    struct server server = {0};
    struct story s;
    (void)state;
    server_start(&server, serve_echo_line);
    story_begin(&s);
    s.dial.port = server.port;
    s.say = "hello\n";
    story_run(&s);
    assert_int_equal(s.opens, 1);
    assert_int_equal(s.ends, 1);
    assert_true(s.is_orderly);
    assert_string_equal(buf_text(&s.got), "hello\n");
    assert_string_equal(buf_text(&s.phases), "rcwx");
    assert_int_equal(ntohs(conn_address(s.conn)->to.in.sin_port), server.port);
    story_end(&s);
    server_stop(&server);
}

static void a_unix_socket_is_a_peer_too(void **state)
{
    char path[] = "/tmp/healthd-test-XXXXXX";
    char socket_path[64];
    struct server server = {0};
    struct story s;
    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(socket_path, sizeof(socket_path), "%s/s", path);
    server_start_unix(&server, socket_path, serve_echo_line);
    story_begin(&s);
    s.dial = (struct dial){.unix_path = socket_path};
    s.say = "hello\n";
    story_run(&s);
    assert_string_equal(buf_text(&s.got), "hello\n");
    assert_string_equal(buf_text(&s.phases), "cwx");
    assert_true(s.is_orderly);
    assert_null(conn_address(s.conn));
    story_end(&s);
    server_stop(&server);
    unlink(socket_path);

    story_begin(&s);
    s.dial = (struct dial){.unix_path = socket_path};
    story_run(&s);
    assert_int_equal(s.why.reason, REASON_UNREACHABLE);
    assert_non_null(strstr(s.why.detail, "does not exist"));
    story_end(&s);
    rmdir(path);
}

static void a_closed_port_refuses_at_once(void **state)
{
    struct server server = {0};
    struct story s;
    char expected[128];
    (void)state;
    server_start(&server, NULL);
    server_stop(&server); /* the port is free now */
    story_begin(&s);
    s.dial.port = server.port;
    s.conn = conn_open(&s.frame, s.arena, &s.dial, &events, &s);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.why.reason, REASON_REFUSED);
    assert_false(s.why.is_unknown);
    snprintf(expected, sizeof(expected),
             "127.0.0.1:%d refuses connections: nothing listens there", server.port);
    assert_string_equal(s.why.detail, expected);
    story_end(&s);
}

static void endings_are_told_apart(void **state)
{
    static const struct {
        void (*serve)(struct server *s, int fd);
        bool is_orderly;
        enum reason reason;
    } cases[] = {{serve_end, true, REASON_NONE}, {serve_reset, false, REASON_RESET}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server server = {0};
        struct story s;
        server_start(&server, cases[i].serve);
        story_begin(&s);
        s.dial.port = server.port;
        story_run(&s);
        assert_int_equal(s.ends, 1);
        assert_int_equal(s.is_orderly, cases[i].is_orderly);
        assert_int_equal(s.why.reason, cases[i].reason);
        story_end(&s);
        server_stop(&server);
    }
}

static void a_peer_that_does_not_read_ends_the_connection_alone(void **state)
{
    struct server server = {0};
    struct story s;
    (void)state;
    server_start(&server, serve_wait);
    story_begin(&s);
    s.dial.port = server.port;
    s.floods = (size_t)64 << 20; /* more than the kernel's buffers and ours hold */
    story_run(&s);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.why.reason, REASON_PROTOCOL);
    assert_false(s.why.is_unknown);
    assert_non_null(
        strstr(s.why.detail,
               "does not read what it is sent: more than 16777216 bytes wait for it"));
    story_end(&s);
    server_stop(&server);
}

static void close_is_allowed_inside_every_event(void **state)
{
    struct server server = {0};
    struct story s;
    (void)state;
    server_start(&server, serve_wait);
    story_begin(&s);
    s.dial.port = server.port;
    s.closes_when_open = true;
    story_run(&s);
    assert_int_equal(s.opens, 1);
    assert_int_equal(s.ends, 0);
    story_end(&s);
    server_stop(&server);

    server_start(&server, serve_echo_line);
    story_begin(&s);
    s.dial.port = server.port;
    s.say = "hello";
    s.close_after = 1;
    story_run(&s);
    assert_int_equal(s.ends, 0);
    assert_string_equal(buf_text(&s.got), "hello");
    story_end(&s);
    server_stop(&server);
}

static void the_next_address_is_tried(void **state)
{
    char path[] = "/tmp/healthd-hosts-XXXXXX";
    static const char text[] = "127.0.0.9 app.test\n127.0.0.1 app.test\n::1 six.test\n";
    struct server server = {0};
    struct story s;
    struct err e = {0};
    (void)state;
    const int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    server_start(&server, serve_echo_line);
    story_begin(&s);
    const struct resolver_conf conf = {.resolv_conf = "/nonexistent", .hosts = path};
    resolver_destroy(s.frame.resolver);
    s.frame.resolver = resolver_create(s.frame.loop, s.frame.pool, &conf, &e);
    s.dial = (struct dial){.host = "App.Test", .port = server.port};
    s.say = "hello";
    story_run(&s);
    assert_string_equal(buf_text(&s.got), "hello");
    assert_int_equal(conn_resolution(s.conn)->count, 2);
    conn_close(s.conn);

    s.say = NULL; /* now nothing listens on either */
    server_stop(&server);
    s.ends = 0;
    s.conn = conn_open(&s.frame, s.arena, &s.dial, &events, &s);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.why.reason, REASON_REFUSED);
    assert_non_null(strstr(s.why.detail, "none of 2 addresses"));
    story_end(&s);
    unlink(path);
}

static void our_own_troubles_are_unknown(void **state)
{
    struct story s;
    struct rlimit before, none;
    (void)state;
    story_begin(&s);
    s.dial.port = 9;
    s.dial.source = "192.0.2.1";
    s.conn = conn_open(&s.frame, s.arena, &s.dial, &events, &s);
    assert_int_equal(s.why.reason, REASON_SELF);
    assert_true(s.why.is_unknown);
    assert_non_null(strstr(s.why.detail, "192.0.2.1"));
    conn_close(s.conn);

    s.dial.source = NULL;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    s.conn = conn_open(&s.frame, s.arena, &s.dial, &events, &s);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(s.why.reason, REASON_SELF);
    assert_true(s.why.is_unknown);
    story_end(&s);
}

#define FLOOD ((size_t)8 << 20)

static void serve_flood(struct server *s, int fd)
{
    static char bytes[65536];
    (void)s;
    for (size_t sent = 0; sent < FLOOD; sent += sizeof(bytes)) {
        if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
}

static void input_is_capped(void **state)
{
    struct server server = {0};
    struct story s;
    (void)state;
    server_start(&server, serve_flood);
    story_begin(&s);
    s.dial.port = server.port;
    s.takes_nothing = true;
    s.conn = conn_open(&s.frame, s.arena, &s.dial, &events, &s);
    conn_set_max_unread(s.conn, 100000);
    loop_run(s.frame.loop);
    assert_int_equal(s.why.reason, REASON_TOO_LARGE);
    assert_non_null(strstr(s.why.detail, "100000 bytes"));
    story_end(&s);
    server_stop(&server);

    server_start(&server, serve_flood);
    story_begin(&s);
    s.dial.port = server.port;
    story_run(&s); /* what is taken is not counted */
    assert_true(s.is_orderly);
    assert_int_equal(s.got.len, FLOOD);
    story_end(&s);
    server_stop(&server);
}

static void serve_count(struct server *s, int fd)
{
    static char bytes[65536];
    size_t *total = s->ctx;
    ssize_t len;
    while (*total < FLOOD && (len = read(fd, bytes, sizeof(bytes))) > 0)
        *total += (size_t)len;
    close(fd);
}

static void much_can_be_said(void **state)
{
    size_t total = 0;
    struct server server = {.ctx = &total};
    struct story s;
    (void)state;
    char *much = malloc(FLOOD + 1);
    assert_non_null(much);
    memset(much, 'x', FLOOD);
    much[FLOOD] = '\0';
    server_start(&server, serve_count);
    story_begin(&s);
    s.dial.port = server.port;
    s.say = much;
    story_run(&s);
    story_end(&s);
    server_stop(&server);
    assert_int_equal(total, FLOOD);
    free(much);
}

static void a_kept_connection_changes_hands(void **state)
{
    struct server server = {0};
    struct story s, second;
    (void)state;
    server_start(&server, serve_echo_line);
    story_begin(&s);
    s.dial.port = server.port;
    s.conn = conn_open(&s.frame, s.arena, &s.dial, &events, &s);
    assert_int_equal(s.opens, 0); /* never before conn_open returns */
    second = (struct story){.got = BUF_MAX(100), .phases = BUF_MAX(100), .conn = s.conn};
    struct timer *stop = loop_timer_create(s.frame.loop, "stop",
                                           (void (*)(void *))loop_stop, s.frame.loop);
    timer_at(stop, mono_add(mono_read(), 5 * NSEC_PER_MSEC));
    loop_run(s.frame.loop);
    timer_destroy(stop);
    assert_int_equal(s.opens, 1);
    struct arena *next = arena_create(0);
    conn_hand_over(s.conn, next, &events, &second);
    arena_destroy(s.arena);
    s.arena = arena_create(0);
    conn_write(second.conn, bytes_of("again"));
    loop_run(s.frame.loop);
    assert_string_equal(buf_text(&second.got), "again");
    assert_int_equal(second.ends, 1);
    assert_int_equal(s.ends, 0);
    story_end(&s);
    buf_finish(&second.got);
    buf_finish(&second.phases);
    arena_destroy(next);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways),
        cmocka_unit_test(a_unix_socket_is_a_peer_too),
        cmocka_unit_test(a_closed_port_refuses_at_once),
        cmocka_unit_test(a_peer_that_does_not_read_ends_the_connection_alone),
        cmocka_unit_test(endings_are_told_apart),
        cmocka_unit_test(close_is_allowed_inside_every_event),
        cmocka_unit_test(the_next_address_is_tried),
        cmocka_unit_test(our_own_troubles_are_unknown),
        cmocka_unit_test(input_is_capped),
        cmocka_unit_test(much_can_be_said),
        cmocka_unit_test(a_kept_connection_changes_hands),
    };
    return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
