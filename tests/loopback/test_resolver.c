/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver against a name server of its own on 127.0.0.1, which says what a name is made for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/resolve.h"

struct name_server { /* answers on the loop */
    int fd, port;
    struct watch *watch;
    int questions;
    uint32_t ttl;
};

/* By the first label: four*, six*, both* have such addresses; fail* is SERVFAIL; mute* is silent; all else
 * does not exist. */
static void serve(void *ctx, int events)
{
    struct name_server *n = ctx;
    unsigned char packet[512];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    (void)events;
    ssize_t len =
        recvfrom(n->fd, packet, 300, 0, (struct sockaddr *)(void *)&from, &from_len);
    if (len < 17)
        return;
    n->questions++;
    const char *label = (const char *)packet + 13;
    size_t end = 12;
    while (packet[end])
        end += 1u + packet[end];
    const int type = packet[end + 2];
    end += 5;
    if (strncmp(label, "mute", 4) == 0)
        return;
    const bool has_4 = strncmp(label, "four", 4) == 0 || strncmp(label, "both", 4) == 0;
    const bool has_6 = strncmp(label, "six", 3) == 0 || strncmp(label, "both", 4) == 0;
    const bool fails = strncmp(label, "fail", 4) == 0;
    const bool answers = (type == 1 && has_4) || (type == 28 && has_6);
    packet[2] = 0x81;
    packet[3] = (unsigned char)(0x80 | (fails ? 2 : has_4 || has_6 ? 0 : 3));
    packet[7] = answers;
    packet[9] = packet[11] = 0;
    if (answers) {
        const unsigned char head[] = {0xc0, 12, 0, (unsigned char)type, 0, 1};
        const uint32_t ttl = htonl(n->ttl);
        memcpy(packet + end, head, sizeof(head));
        memcpy(packet + end + 6, &ttl, 4);
        packet[end + 10] = 0;
        packet[end + 11] = type == 1 ? 4 : 16;
        memset(packet + end + 12, 0, 16);
        packet[end + 12] = type == 1 ? 10 : 0xfd;
        packet[end + 11 + packet[end + 11]] = 7;
        end += 12u + packet[end + 11];
    }
    sendto(n->fd, packet, end, 0, (const struct sockaddr *)(const void *)&from, from_len);
}

struct story {
    struct loop *loop;
    struct pool *pool;
    struct resolver *resolver;
    struct name_server server;
    char resolv_conf[64], hosts[64];
    int answers;
    struct resolution last;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void temp_file(char *ret_path, const char *text)
{
    strncpy(ret_path, "/tmp/healthd-resolve-XXXXXX", 63);
    const int fd = mkstemp(ret_path);
    assert_true(fd >= 0);
    close(fd);
    write_file(ret_path, text);
}

static void story_begin(struct story *s, enum resolver_kind kind)
{
    struct err e = {0};
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    *s = (struct story){.server.ttl = 60};
    s->loop = loop_create(&e);
    s->pool = pool_create(s->loop, 1);
    s->server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->server.fd, (struct sockaddr *)&at, len), 0);
    getsockname(s->server.fd, (struct sockaddr *)&at, &len);
    s->server.port = ntohs(at.sin_port);
    s->server.watch =
        loop_watch_create(s->loop, "name server", s->server.fd, serve, &s->server);
    temp_file(s->resolv_conf,
              "nameserver 127.0.0.1\nsearch corp.test\noptions ndots:1\n");
    temp_file(s->hosts, "10.9.9.9 listed.test\n");
    const struct resolver_conf conf = {.kind = kind,
                                       .max_ttl = 5 * NSEC_PER_SEC,
                                       .resolv_conf = s->resolv_conf,
                                       .hosts = s->hosts,
                                       .port = s->server.port};
    s->resolver = resolver_create(s->loop, s->pool, &conf, &e);
    if (!s->resolver)
        fail_msg("%s", e.text);
}

static void story_end(struct story *s)
{
    resolver_destroy(s->resolver);
    watch_destroy(s->server.watch);
    pool_destroy(s->pool, NSEC_PER_SEC);
    loop_destroy(s->loop);
    close(s->server.fd);
    unlink(s->resolv_conf);
    unlink(s->hosts);
}

static void on_done(void *ctx, const struct resolution *resolution)
{
    struct story *s = ctx;
    s->answers++;
    s->last = *resolution;
    loop_stop(s->loop);
}

static const char *ask(struct story *s, const char *host, enum ip_family family)
{
    static char text[200];
    const int before = s->answers;
    watch_set(s->server.watch, WATCH_READ);
    struct query *q = resolve(s->resolver, host, 80, family, on_done, s);
    assert_int_equal(q == NULL, s->answers > before);
    while (s->answers == before) /* a stop of before may end the first run */
        loop_run(s->loop);
    watch_set(s->server.watch, 0);
    assert_int_equal(s->answers, before + 1);
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < s->last.count; i++) {
        char one[ADDRESS_TEXT_SIZE];
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
                                address_format(&s->last.addresses[i], one));
    }
    return text;
}

static void names_become_addresses(void **state)
{
    static const struct {
        const char *host;
        enum ip_family family;
        const char *expected;
        int questions;
    } cases[] = {
        {"127.0.0.1", IP_ANY, "127.0.0.1:80", 0},
        {"::1", IP_6, "[::1]:80", 0},
        {"localhost", IP_4, "127.0.0.1:80", 0},
        {"Listed.Test", IP_ANY, "10.9.9.9:80", 0},
        {"four.test", IP_ANY, "10.0.0.7:80", 2},
        {"four.test", IP_ANY, "10.0.0.7:80", 0}, /* kept */
        {"both.test", IP_PREFER_6, "[fd00::7]:80 10.0.0.7:80", 2},
        {"BOTH.test", IP_PREFER_4, "10.0.0.7:80 [fd00::7]:80", 0},
        {"both.test", IP_6, "[fd00::7]:80", 1},
        {"six.test", IP_6, "[fd00::7]:80", 1},
        {"four", IP_4, "10.0.0.7:80", 1}, /* four.corp.test */
    };
    struct story s;
    (void)state;
    story_begin(&s, RESOLVER_CARES);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const int before = s.server.questions;
        assert_string_equal(ask(&s, cases[i].host, cases[i].family), cases[i].expected);
        assert_int_equal(s.last.reason, REASON_NONE);
        if (s.server.questions - before != cases[i].questions)
            fail_msg("%s: %d questions", cases[i].host, s.server.questions - before);
    }
    resolver_drop(s.resolver, "Four.test");
    const int before = s.server.questions;
    ask(&s, "four.test", IP_ANY);
    assert_int_equal(s.server.questions - before, 2);
    story_end(&s);
}

static void failures_are_judged(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s, RESOLVER_CARES);
    ask(&s, "fail.test", IP_4);
    assert_int_equal(s.last.reason, REASON_DNS_ERROR);
    assert_true(s.last.is_unknown); /* nobody vouches for the resolver */
    ask(&s, "gone.test", IP_ANY);
    assert_int_equal(s.last.reason, REASON_NO_NAME);
    assert_false(s.last.is_unknown);
    assert_string_equal(s.last.detail,
                        "gone.test does not exist (NXDOMAIN), says 127.0.0.1");
    ask(&s, "six.test", IP_4);
    assert_int_equal(s.last.reason, REASON_NO_NAME);
    ask(&s, "10.0.0.1", IP_6);
    assert_int_equal(s.last.reason, REASON_NO_NAME);
    ask(&s, "not a name", IP_ANY);
    assert_int_equal(s.last.reason, REASON_NO_NAME);
    assert_string_equal(ask(&s, "four.test", IP_4), "10.0.0.7:80");
    ask(&s, "fail.test", IP_4);
    assert_int_equal(s.last.reason, REASON_DNS_ERROR);
    assert_false(s.last.is_unknown);
    ask(&s, "mute.test", IP_4);
    assert_int_equal(s.last.reason, REASON_DNS_TIMEOUT);
    assert_false(s.last.is_unknown);
    assert_true(s.last.took > NSEC_PER_SEC);
    story_end(&s);
}

static void equal_questions_share_one_query(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s, RESOLVER_CARES);
    watch_set(s.server.watch, WATCH_READ);
    struct query *queries[5];
    for (size_t i = 0; i < ARRAY_LEN(queries); i++)
        queries[i] = resolve(s.resolver, "four.test", 80, IP_4, on_done, &s);
    query_cancel(queries[0]);
    query_cancel(NULL);
    while (s.answers < 4)
        loop_run(s.loop);
    assert_int_equal(s.server.questions, 1);
    /* forgotten with the resolver, not answered */
    resolve(s.resolver, "mute.test", 80, IP_4, on_done, &s);
    story_end(&s);
    assert_int_equal(s.answers, 4);
}

static void a_ttl_of_zero_is_not_kept(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s, RESOLVER_CARES);
    s.server.ttl = 0;
    ask(&s, "four.test", IP_4);
    ask(&s, "four.test", IP_4);
    assert_int_equal(s.server.questions, 2);
    assert_false(s.last.cached);
    story_end(&s);
}

static void stop(void *ctx)
{
    loop_stop(ctx);
}

static void wait_for_the_next_second(struct story *s)
{
    struct timer *t = loop_timer_create(s->loop, "second", stop, s->loop);
    timer_at(t, mono_add(mono_read(), 1050 * NSEC_PER_MSEC));
    loop_run(s->loop);
    timer_destroy(t);
}

static void changed_files_are_followed(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s, RESOLVER_CARES);
    write_file(s.hosts, "10.8.8.8 listed.test\n10.8.8.9 fresh.test\n");
    write_file(s.resolv_conf, "nameserver 127.0.0.1\nsearch nowhere.test\n# changed\n");
    wait_for_the_next_second(&s);
    /* under way while the channel changes: asked again on the new one */
    assert_string_equal(ask(&s, "listed.test", IP_ANY), "10.8.8.8:80");
    assert_string_equal(ask(&s, "fresh.test", IP_ANY), "10.8.8.9:80");
    assert_string_equal(ask(&s, "four.test", IP_4), "10.0.0.7:80");
    write_file(s.resolv_conf, "nameserver 127.0.0.1\n# changed once more\n");
    wait_for_the_next_second(&s);
    watch_set(s.server.watch, WATCH_READ);
    const int before = s.answers;
    resolve(s.resolver, "both.test", 80, IP_4, on_done, &s);
    while (s.answers == before)
        loop_run(s.loop);
    assert_int_equal(s.last.count, 1);
    story_end(&s);
}

static void the_systems_resolver_works_too(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s, RESOLVER_SYSTEM);
    assert_string_equal(ask(&s, "listed.test", IP_ANY), "10.9.9.9:80");
    ask(&s, "no-such-name.invalid.",
        IP_4); /* whatever the machine says, it is an answer */
    assert_true(s.last.reason != REASON_NONE);
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_addresses),
        cmocka_unit_test(failures_are_judged),
        cmocka_unit_test(equal_questions_share_one_query),
        cmocka_unit_test(a_ttl_of_zero_is_not_kept),
        cmocka_unit_test(changed_files_are_followed),
        cmocka_unit_test(the_systems_resolver_works_too),
    };
    return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
