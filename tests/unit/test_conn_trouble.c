/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says, in the reader's words, and whose fault it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/conn_impl.h"

static void connect_errors_have_words(void **state)
{
    static const struct {
        int error;
        const char *where, *source;
        enum reason reason;
        bool is_unknown;
        const char *part;
    } cases[] = {
        {ECONNREFUSED, "127.0.0.1:5432", NULL, REASON_REFUSED, false,
         "127.0.0.1:5432 refuses connections: nothing listens there"},
        {ENOENT, "/run/x.sock", NULL, REASON_UNREACHABLE, false,
         "/run/x.sock does not exist"},
        {ENOTSOCK, "/etc/passwd", NULL, REASON_UNREACHABLE, false,
         "is not a stream socket"},
        {EACCES, "/run/docker.sock", NULL, REASON_SELF, true, "healthd's user"},
        {EPERM, "10.0.0.1:80", NULL, REASON_SELF, true, "firewall"},
        {EMFILE, "10.0.0.1:80", NULL, REASON_SELF, true, "LimitNOFILE"},
        {ENOBUFS, "10.0.0.1:80", NULL, REASON_SELF, true, "no memory"},
        {EADDRNOTAVAIL, "10.0.0.1:80", "10.1.1.1", REASON_SELF, true,
         "source address 10.1.1.1"},
        {EADDRNOTAVAIL, "10.0.0.1:80", NULL, REASON_SELF, true,
         "no local address or port"},
        {EHOSTUNREACH, "10.0.0.1:80", NULL, REASON_UNREACHABLE, false,
         "No route to host"},
        {ENETUNREACH, "[::1]:80", NULL, REASON_UNREACHABLE, false,
         "[::1]:80 cannot be reached"},
        {ECONNRESET, "10.0.0.1:80", NULL, REASON_RESET, false,
         "broke the connection off"},
        {ETIMEDOUT, "10.0.0.1:80", NULL, REASON_TIMEOUT, false, "did not answer"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct trouble why;
        trouble_of_connect(&why, cases[i].error, cases[i].where, cases[i].source);
        assert_int_equal(why.reason, cases[i].reason);
        assert_int_equal(why.is_unknown, cases[i].is_unknown);
        if (!strstr(why.detail, cases[i].part))
            fail_msg("'%s' lacks '%s'", why.detail, cases[i].part);
    }
}

static void stream_errors_have_words(void **state)
{
    static const struct {
        int error;
        bool is_writing;
        enum reason reason;
        const char *part;
    } cases[] = {
        {ECONNRESET, false, REASON_RESET, "broke the connection off (reset)"},
        {EPIPE, true, REASON_RESET, "while it was written to"},
        {ETIMEDOUT, false, REASON_TIMEOUT, "stopped acknowledging"},
        {EHOSTUNREACH, false, REASON_UNREACHABLE, "became unreachable"},
        {ENOMEM, false, REASON_SELF, "no memory"},
        {EIO, false, REASON_RESET, "lost the connection"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct trouble why;
        trouble_of_stream(&why, cases[i].error, "a:1", cases[i].is_writing);
        assert_int_equal(why.reason, cases[i].reason);
        if (!strstr(why.detail, cases[i].part))
            fail_msg("'%s' lacks '%s'", why.detail, cases[i].part);
    }
}

static void the_peers_own_word_counts_most(void **state)
{
    const struct trouble refused = {.reason = REASON_REFUSED};
    const struct trouble no_route = {.reason = REASON_UNREACHABLE};
    const struct trouble ours = {.reason = REASON_SELF, .is_unknown = true};
    (void)state;
    assert_true(trouble_says_more(&refused, &no_route));
    assert_true(trouble_says_more(&no_route, &ours));
    assert_false(trouble_says_more(&no_route, &refused));
    assert_false(trouble_says_more(&refused, &refused));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_errors_have_words),
        cmocka_unit_test(stream_errors_have_words),
        cmocka_unit_test(the_peers_own_word_counts_most),
    };
    return cmocka_run_group_tests_name("conn_trouble", tests, NULL, NULL);
}
