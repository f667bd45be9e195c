/* SPDX-License-Identifier: Apache-2.0 */
/* Which cookies of an answer are kept, and to which requests they go (RFC 6265 §5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/http.h"

static const struct wall now = {1700000000LL * NSEC_PER_SEC}; /* 2023-11-14 */

static void keeps_and_sends(void **state)
{
    static const struct {
        const char *from, *set[3], *to, *sent; /* sent NULL: none */
    } cases[] = {
        {"http://a.test/", {"s=1"}, "http://a.test/x", "s=1"},
        {"http://a.test/",
         {"s=1; Path=/; HttpOnly", "t=2"},
         "http://a.test/",
         "s=1; t=2"},
        {"http://a.test/", {"s=1", "s=2"}, "http://a.test/", "s=2"},
        {"http://a.test/", {"s=a=b"}, "http://a.test/", "s=a=b"},
        {"http://a.test/", {"nonsense", "=x"}, "http://a.test/", NULL},
        {"http://a.test/", {"s=1"}, "http://b.test/", NULL},
        {"http://a.test/",
         {"s=1"},
         "http://sub.a.test/",
         NULL}, /* host-only without Domain */
        {"http://w.a.test/", {"s=1; Domain=a.test"}, "http://sub.a.test/", "s=1"},
        {"http://w.a.test/", {"s=1; Domain=.a.test"}, "http://a.test/", "s=1"},
        {"http://w.a.test/", {"s=1; Domain=b.test"}, "http://b.test/", NULL},
        {"http://w.a.test/", {"s=1; Domain=test"}, "http://b.test/", NULL},
        {"http://a.test/", {"s=1; Domain=xa.test"}, "http://xa.test/", NULL},
        {"http://a.test/x/y", {"s=1"}, "http://a.test/x/z", "s=1"},
        {"http://a.test/x/y", {"s=1"}, "http://a.test/z", NULL},
        {"http://a.test/", {"s=1; Path=/x"}, "http://a.test/x/y", "s=1"},
        {"http://a.test/", {"s=1; Path=/x"}, "http://a.test/xy", NULL},
        {"https://a.test/", {"s=1; Secure"}, "https://a.test/", "s=1"},
        {"https://a.test/", {"s=1; Secure"}, "http://a.test/", NULL},
        {"http://a.test/", {"s=1; Secure"}, "https://a.test/", NULL},
        {"http://a.test/", {"s=1", "s=; Max-Age=0"}, "http://a.test/", NULL},
        {"http://a.test/", {"s=1; Max-Age=60"}, "http://a.test/", "s=1"},
        {"http://a.test/",
         {"s=1", "s=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"},
         "http://a.test/",
         NULL},
        {"http://a.test/",
         {"s=1; Expires=Wed, 01 Jan 2098 00:00:00 GMT"},
         "http://a.test/",
         "s=1"},
        {"http://127.0.0.1/", {"s=1"}, "http://127.0.0.1/", "s=1"},
        {"http://127.0.0.1/", {"s=1; Domain=0.0.1"}, "http://10.0.0.1/", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct http_jar jar = {0};
        struct url from, to;
        struct err e = {0};
        struct pair headers[3];
        struct reply reply = {.headers = {headers, 0}};
        assert_true(url_parse(arena, cases[i].from, &from, &e));
        assert_true(url_parse(arena, cases[i].to, &to, &e));
        for (size_t j = 0; j < 3 && cases[i].set[j]; j++)
            headers[reply.headers.count++] = (struct pair){"set-cookie", cases[i].set[j]};
        http_cookies_take(&jar, &reply, &from, now, arena);
        const char *sent = http_cookies_for(&jar, &to, arena);
        assert_string_equal(sent ? sent : "(none)",
                            cases[i].sent ? cases[i].sent : "(none)");
        arena_destroy(arena);
    }
}

static void starts_with_the_configured(void **state)
{
    struct arena *arena = arena_create(0);
    const struct pair pairs[] = {{"s", "1"}, {"lang", "en"}};
    const struct pairs initial = {pairs, 2};
    struct http_jar jar;
    struct url home, other;
    struct err e = {0};
    assert_true(url_parse(arena, "http://a.test/x", &home, &e));
    assert_true(url_parse(arena, "http://b.test/x", &other, &e));
    http_cookies_init(&jar, &initial, &home);
    assert_string_equal(http_cookies_for(&jar, &home, arena), "s=1; lang=en");
    assert_null(http_cookies_for(&jar, &other, arena));
    arena_destroy(arena);
}

static void is_bounded(void **state)
{
    struct arena *arena = arena_create(0);
    struct pair headers[HTTP_MAX_COOKIES + 10];
    struct reply reply = {.headers = {headers, ARRAY_LEN(headers)}};
    struct http_jar jar = {0};
    struct url from;
    struct err e = {0};
    assert_true(url_parse(arena, "http://a.test/", &from, &e));
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        headers[i] = (struct pair){"Set-Cookie", arena_printf(arena, "c%zu=1", i)};
    http_cookies_take(&jar, &reply, &from, now, arena);
    assert_int_equal(jar.count, HTTP_MAX_COOKIES);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_sends),
        cmocka_unit_test(starts_with_the_configured),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
