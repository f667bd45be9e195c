/* SPDX-License-Identifier: Apache-2.0 */
/* URLs are taken apart, joined and compared as RFC 3986 says; what is none is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/url.h"

static void parses(void **state)
{
    static const struct {
        const char *text, *normal, *scheme, *host, *path;
        int port;
        bool is_tls, is_literal;
        const char *username, *password, *authority;
    } cases[] = {
        {"http://shop.test/a?b=c#d", "http://shop.test/a?b=c", "http", "shop.test", "/a",
         80, false, false, NULL, NULL, "shop.test"},
        {"shop.test:3000", "http://shop.test:3000/", "http", "shop.test", "/", 3000,
         false, false, NULL, NULL, "shop.test:3000"},
        {"HTTPS://Shop.Test", "https://Shop.Test/", "https", "shop.test", "/", 443, true,
         false, NULL, NULL, "shop.test"},
        {"https://shop.test:443/x", "https://shop.test/x", "https", "shop.test", "/x",
         443, true, false, NULL, NULL, "shop.test"},
        {"http://me:s%3acret@[::1]:8080/", "http://[::1]:8080/", "http", "::1", "/", 8080,
         false, true, "me", "s:cret", "[::1]:8080"},
        {"127.0.0.1/x?u=http://y", "http://127.0.0.1/x?u=http://y", "http", "127.0.0.1",
         "/x", 80, false, true, NULL, NULL, "127.0.0.1"},
        {"http://shop.test/a b", "http://shop.test/a%20b", "http", "shop.test", "/a%20b",
         80, false, false, NULL, NULL, "shop.test"},
        {"socks5://proxy.test", "socks5://proxy.test/", "socks5", "proxy.test", "/", 1080,
         false, false, NULL, NULL, "proxy.test"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct url url;
        struct err e = {0};
        if (!url_parse(arena, cases[i].text, &url, &e))
            fail_msg("%s: %s", cases[i].text, e.text);
        assert_string_equal(url.text, cases[i].normal);
        assert_string_equal(url.scheme, cases[i].scheme);
        assert_string_equal(url.host, cases[i].host);
        assert_string_equal(url.path, cases[i].path);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.is_tls, cases[i].is_tls);
        assert_int_equal(url.is_literal, cases[i].is_literal);
        assert_string_equal(url.username ? url.username : "-",
                            cases[i].username ? cases[i].username : "-");
        assert_string_equal(url.password ? url.password : "-",
                            cases[i].password ? cases[i].password : "-");
        assert_string_equal(url_authority(arena, &url), cases[i].authority);
        arena_destroy(arena);
    }
}

static void refuses(void **state)
{
    static const char *const cases[] = {"",
                                        "http://",
                                        "http://:80/",
                                        "http://a:99999/",
                                        "http://[::1/",
                                        "http://a b/",
                                        "http://shop.test:port/"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct url url;
        struct err e = {0};
        if (url_parse(arena, cases[i], &url, &e))
            fail_msg("'%s' was taken as %s", cases[i], url.text);
        assert_true(e.text[0]);
        arena_destroy(arena);
    }
}

static void joins(void **state)
{
    static const struct {
        const char *base, *location, *result;
    } cases[] = {
        {"http://a.test/x/y?z", "/login", "http://a.test/login"},
        {"http://a.test/x/y?z", "login", "http://a.test/x/login"},
        {"http://a.test/x/y", "../up", "http://a.test/up"},
        {"http://a.test/x?y", "?q=1", "http://a.test/x?q=1"},
        {"https://a.test/x", "//b.test/z", "https://b.test/z"},
        {"https://me:pw@a.test/x", "/z", "https://a.test/z"},
        {"https://a.test/x", "https://me:pw@b.test/", "https://b.test/"},
        {"http://a.test/", "/hello world", "http://a.test/hello%20world"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct url base, url;
        struct err e = {0};
        assert_true(url_parse(arena, cases[i].base, &base, &e));
        if (!url_join(arena, &base, cases[i].location, &url, &e))
            fail_msg("%s: %s", cases[i].location, e.text);
        assert_string_equal(url.text, cases[i].result);
        assert_null(url.username);
        arena_destroy(arena);
    }
}

static void knows_origins(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_same;
    } cases[] = {
        {"http://a.test/x", "http://A.test:80/y", true},
        {"http://a.test", "https://a.test", false},
        {"http://a.test", "http://a.test:81", false},
        {"http://a.test", "http://b.test", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct url a, b;
        struct err e = {0};
        assert_true(url_parse(arena, cases[i].a, &a, &e));
        assert_true(url_parse(arena, cases[i].b, &b, &e));
        assert_int_equal(url_same_origin(&a, &b), cases[i].is_same);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses),
        cmocka_unit_test(joins),
        cmocka_unit_test(knows_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
