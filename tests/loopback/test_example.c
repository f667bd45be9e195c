/* SPDX-License-Identifier: Apache-2.0 */
/* The probe of docs/writing-a-probe.md, against a server that answers as memcached does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "lib/base/attr.h"
#include "lib/core/session.h"
#include "tests/loopback/server.h"
#include "tests/loopback/stand.h"

extern const struct probe_type probe_memcached;

#define GOOD                                                                          \
    "STAT pid 1\r\nSTAT version 1.6.9\r\nSTAT curr_connections 2\r\nSTAT curr_items " \
    "7\r\n"                                                                           \
    "STAT bytes 750\r\nSTAT limit_maxbytes 1000\r\nSTAT evictions 3\r\nEND\r\n"

/* Answers each `stats`, a few bytes at a time. */
static void serve_stats(struct server *s, int fd)
{
    const char *answer = s->ctx;
    char asked[64];
    while (read(fd, asked, sizeof(asked)) > 0) {
        for (size_t at = 0, len = strlen(answer); at < len; at += 7) {
            const size_t piece = len - at < 7 ? len - at : 7;
            if (write(fd, answer + at, piece) != (ssize_t)piece)
                break;
        }
    }
    close(fd);
}

static void look(struct stand *s, const struct verdict *v, const struct batch *b)
{
    s->seen = batch_value(b, "memcached_items_evicted_total");
    assert_true(batch_value(b, "memcached_up") == (v->reason != REASON_PROTOCOL));
}

struct turn {
    const char *answer, *conf, *expect;
    enum reason reason; /* REASON_NONE: up */
    const char *detail;
    double evicted; /* NAN: not shown */
};

static void take_turn(const struct turn *turn)
{
    char folder[] = "/tmp/healthd-example-XXXXXX";
    struct server server = {.ctx = (void *)(uintptr_t)turn->answer};
    struct stand s;
    stand_begin(&s);
    s.look = look;
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(s.arena, "%s/s", folder);
    server_start_unix(&server, path, serve_stats);
    struct session *session = stand_session(&s, &probe_memcached);
    const struct probe *probe = stand_probe(
        &s, &probe_memcached, arena_printf(s.arena, "{unix: %s%s}", path, turn->conf),
        turn->expect);
    for (int i = 0; i < 2; i++) { /* what is good is asked again on the same connection */
        const struct verdict *v = stand_ask(&s, probe, session, NSEC_PER_SEC, NULL);
        assert_string_equal(v->detail, turn->detail);
        assert_int_equal(v->reason, turn->reason);
        if (isnan(turn->evicted))
            assert_true(isnan(s.seen));
        else
            assert_true(s.seen == turn->evicted);
        if (turn->reason != REASON_NONE)
            break; /* the connection is not kept, and the server accepts once */
    }
    session_destroy(session);
    server_stop(&server);
    unlink(path);
    rmdir(folder);
    stand_end(&s);
}

static void the_page_s_probe_does_what_the_page_says(void **state)
{
    static const struct turn turns[] = {
        {GOOD, "", "memory_used < 0.8", REASON_NONE, "", 3},
        {GOOD, ", min_version: \"1.6.9\"", NULL, REASON_NONE, "", 3},
        {GOOD, ", min_version: \"1.6.10\"", NULL, REASON_VERSION,
         "expected memcached 1.6.10 or newer (`min_version`), got \"1.6.9\"", 3},
        {GOOD, "", "memory_used < 0.7", REASON_EXPECT,
         "memory_used < 0.7: memory_used is 0.75", 3},
        {"STAT pid 1\r\nEND\r\n", "", NULL, REASON_PROTOCOL,
         "expected a line \"STAT version …\", got 1 others", NAN},
        {"STAT evictions many\r\n", "", NULL, REASON_PROTOCOL,
         "expected \"STAT …\" or \"END\", got \"STAT evictions many\"", NAN},
        {"STAT version\r\n", "", NULL, REASON_PROTOCOL,
         "expected \"STAT …\" or \"END\", got \"STAT version\"", NAN},
        {"ERROR\r\n", "", NULL, REASON_PROTOCOL,
         "expected \"STAT …\" or \"END\", got \"ERROR\"", NAN},
        {"STAT version 1.6.9\r\nEND\r\n", "", "memory_used < 1", REASON_EXPECT_ERROR,
         "memory_used: the server told no `bytes` or no `limit_maxbytes`", NAN},
    };
    for (size_t i = 0; i < ARRAY_LEN(turns); i++)
        take_turn(&turns[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_s_probe_does_what_the_page_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
