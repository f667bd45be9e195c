/* SPDX-License-Identifier: Apache-2.0 */
/* Where redirects lead, what of the request goes along, and to whom credentials may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/http.h"

struct hop_case {
    const char *from, *method;
    int status;
    const char *location; /* NULL: no such header */
    int redirects;
    enum http_next next;
    const char *to, *new_method;
    bool has_body, keeps_host, is_trusted;
};

static void one_hop(const struct hop_case *c, const struct http_conf *base)
{
    struct arena *arena = arena_create(0);
    struct http_conf conf = *base;
    struct err e = {0};
    assert_true(url_parse(arena, c->from, &conf.target, &e));
    const struct http_walk w = {.conf = &conf,
                                .at = conf.target,
                                .method = c->method,
                                .has_body = true,
                                .keeps_host = true,
                                .is_trusted = true,
                                .redirects = c->redirects};
    const struct pair header = {"Location", c->location};
    const struct reply reply = {.status = c->status,
                                .headers = {&header, c->location ? 1 : 0}};
    struct http_hop hop = {0};
    const char *why = NULL;
    const enum http_next next = http_redirect(&conf, &w, &reply, arena, &hop, &why);
    if (next != c->next)
        fail_msg("%d to %s gave %d", c->status, c->location ? c->location : "nowhere",
                 next);
    if (next == HTTP_FOLLOW) {
        assert_string_equal(hop.to.text, c->to);
        assert_string_equal(hop.method, c->new_method);
        assert_int_equal(hop.has_body, c->has_body);
        assert_int_equal(hop.keeps_host, c->keeps_host);
        assert_int_equal(hop.is_trusted, c->is_trusted);
    } else if (next == HTTP_REFUSED && conf.follow_redirects) {
        assert_non_null(why);
    }
    arena_destroy(arena);
}

static void follows(void **state)
{
    static const struct hop_case cases[] = {
        {"http://a.test/x", "GET", 200, "/y", 0, HTTP_FINAL},
        {"http://a.test/x", "GET", 302, NULL, 0, HTTP_FINAL}, /* a final answer */
        {"http://a.test/x", "GET", 300, "/y", 0, HTTP_FINAL},
        {"http://a.test/x", "GET", 304, "/y", 0, HTTP_FINAL},
        {"http://a.test/x", "GET", 301, "/y", 0, HTTP_FOLLOW, "http://a.test/y", "GET",
         false, true, true},
        {"http://a.test/x", "POST", 301, "/y", 0, HTTP_FOLLOW, "http://a.test/y", "GET",
         false, true, true},
        {"http://a.test/x", "POST", 302, "/y", 9, HTTP_FOLLOW, "http://a.test/y", "GET",
         false, true, true},
        {"http://a.test/x", "PUT", 303, "/y", 0, HTTP_FOLLOW, "http://a.test/y", "GET",
         false, true, true},
        {"http://a.test/x", "HEAD", 302, "/y", 0, HTTP_FOLLOW, "http://a.test/y", "HEAD",
         false, true, true},
        {"http://a.test/x", "POST", 307, "/y", 0, HTTP_FOLLOW, "http://a.test/y", "POST",
         true, true, true},
        {"http://a.test/x", "PUT", 308, "/y", 0, HTTP_FOLLOW, "http://a.test/y", "PUT",
         true, true, true},
        /* an absolute place is its own host; the same one is still trusted */
        {"http://a.test/x", "GET", 302, "http://a.test/y", 0, HTTP_FOLLOW,
         "http://a.test/y", "GET", false, false, true},
        {"http://a.test/x", "GET", 302, "https://a.test/y", 0, HTTP_FOLLOW,
         "https://a.test/y", "GET", false, false, true},
        {"https://a.test/x", "GET", 302, "http://a.test/y", 0, HTTP_FOLLOW,
         "http://a.test/y", "GET", false, false, false},
        {"http://a.test/x", "GET", 302, "http://b.test/y", 0, HTTP_FOLLOW,
         "http://b.test/y", "GET", false, false, false},
        {"http://a.test/x", "GET", 302, "//b.test/y", 0, HTTP_FOLLOW, "http://b.test/y",
         "GET", false, false, false},
        {"http://a.test/x", "POST", 307, "http://b.test/y", 0, HTTP_FOLLOW,
         "http://b.test/y", "POST", true, false, false},
        {"http://a.test/x", "GET", 302, "/y", 10, HTTP_REFUSED},
        {"http://a.test/x", "GET", 302, "ftp://a.test/y", 0, HTTP_REFUSED},
        {"http://a.test/x", "GET", 302, "http://[::1/", 0, HTTP_REFUSED},
        {"http://a.test/x", "GET", 302, "file:///etc/passwd", 0, HTTP_REFUSED},
    };
    const struct http_conf conf = {.follow_redirects = true, .max_redirects = 10};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        one_hop(&cases[i], &conf);
}

static void stays(void **state)
{
    static const struct hop_case cases[] = {
        {"http://a.test/x", "GET", 302, "/y", 0, HTTP_REFUSED},
        {"http://a.test/x", "GET", 200, NULL, 0, HTTP_FINAL},
    };
    const struct http_conf conf = {.follow_redirects = false, .max_redirects = 10};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        one_hop(&cases[i], &conf);
}

static void trusts(void **state)
{
    static const struct {
        const char *from, *to;
        bool is_trusted;
    } cases[] = {
        {"http://a.test", "http://a.test/x", true},
        {"http://a.test", "https://a.test", true}, /* the usual step up */
        {"http://a.test:8080", "https://a.test", false},
        {"https://a.test", "http://a.test", false},
        {"https://a.test", "https://a.test:8443", false},
        {"https://a.test", "https://b.a.test", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct url from, to;
        struct err e = {0};
        assert_true(url_parse(arena, cases[i].from, &from, &e));
        assert_true(url_parse(arena, cases[i].to, &to, &e));
        assert_int_equal(http_may_trust(&from, &to), cases[i].is_trusted);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows),
        cmocka_unit_test(stays),
        cmocka_unit_test(trusts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
