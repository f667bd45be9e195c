/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver's pure parts: hosts file, cache, whose fault a failure is, order, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/resolve_impl.h"

/* "a b c" of addresses. */
static const char *texts(const struct address *addresses, size_t count, char *ret_text)
{
    size_t len = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char one[ADDRESS_TEXT_SIZE];
        len += (size_t)snprintf(ret_text + len, 500 - len, "%s%s", i ? " " : "",
                                address_format(&addresses[i], one));
    }
    return ret_text;
}

static void the_hosts_file_is_read_as_written(void **state)
{
    static const char file[] = "# comment\n"
                               "127.0.0.1\tlocalhost loop # the machine\r\n"
                               "  10.0.0.1   App.Test app\n"
                               "10.0.0.2 app.test\n"
                               "2001:db8::1 app.test\n"
                               "fe80::1%lo link\n"
                               "not-an-address bad.test\n"
                               "10.0.0.3\n"
                               "#10.0.0.4 app.test\n"
                               "10.0.0.5 last";
    static const struct {
        const char *name;
        int af;
        const char *expected;
    } cases[] = {
        {"localhost", AF_UNSPEC, "127.0.0.1"},
        {"loop", AF_UNSPEC, "127.0.0.1"},
        {"app.test", AF_UNSPEC, "10.0.0.1 10.0.0.2 2001:db8::1"},
        {"app.test", AF_INET, "10.0.0.1 10.0.0.2"},
        {"app.test", AF_INET6, "2001:db8::1"},
        {"app.test.", AF_INET6, "2001:db8::1"},
        {"app", AF_INET6, ""},
        {"bad.test", AF_UNSPEC, ""},
        {"link", AF_UNSPEC, "fe80::1%1"},
        {"last", AF_UNSPEC, "10.0.0.5"},
        {"machine", AF_UNSPEC, ""},
        {"", AF_UNSPEC, ""},
    };
    (void)state;
    struct hosts *h = hosts_parse((struct bytes){file, sizeof(file) - 1});
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address found[4];
        char text[500];
        const size_t count = hosts_find(h, cases[i].name, cases[i].af, found, 4);
        assert_string_equal(texts(found, count, text), cases[i].expected);
    }
    hosts_destroy(h);
    hosts_destroy(NULL);
    hosts_destroy(hosts_parse((struct bytes){"\0 \n\0", 4}));
}

static void localhost_is_built_in(void **state)
{
    static const struct {
        const char *name;
        int af;
        const char *expected;
    } cases[] = {
        {"localhost", AF_UNSPEC, "127.0.0.1 ::1"}, {"localhost.", AF_INET, "127.0.0.1"},
        {"db.localhost", AF_INET6, "::1"},         {"notlocalhost", AF_UNSPEC, ""},
        {"localhost.test", AF_UNSPEC, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address found[2];
        char text[500];
        const size_t count = hosts_find_localhost(cases[i].name, cases[i].af, found, 2);
        assert_string_equal(texts(found, count, text), cases[i].expected);
    }
}

static void answers_are_kept_until_they_expire(void **state)
{
    const struct mono at = {1000 * NSEC_PER_SEC};
    struct resolve_cache *c = resolve_cache_create();
    struct address one, found[4];
    (void)state;
    assert_true(address_parse("10.0.0.1", 0, &one));
    resolve_cache_put(c, "a", AF_INET, &one, 1, mono_add(at, 5 * NSEC_PER_SEC), at);
    resolve_cache_put(c, "zero", AF_INET, &one, 1, at, at); /* a TTL of 0 is not kept */
    static const struct {
        const char *name;
        int af;
        int64_t after_ms;
        size_t count;
    } cases[] = {
        {"a", AF_INET, 0, 1},   {"a", AF_INET, 4999, 1}, {"a", AF_INET, 5000, 0},
        {"a", AF_UNSPEC, 0, 0}, {"b", AF_INET, 0, 0},    {"zero", AF_INET, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mono now = mono_add(at, cases[i].after_ms * NSEC_PER_MSEC);
        assert_int_equal(resolve_cache_get(c, cases[i].name, cases[i].af, now, found, 4),
                         cases[i].count);
    }
    resolve_cache_drop(c, "a");
    assert_int_equal(resolve_cache_get(c, "a", AF_INET, at, found, 4), 0);
    for (int i = 0; i < 10000; i++) { /* more names than it holds */
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        resolve_cache_put(c, name, AF_INET, &one, 1, mono_add(at, NSEC_PER_SEC), at);
    }
    assert_int_equal(resolve_cache_get(c, "n9999", AF_INET, at, found, 4), 1);
    resolve_cache_destroy(c);
    resolve_cache_destroy(NULL);
}

static void a_failure_is_the_targets_or_ours(void **state)
{
    static const struct {
        const char *seen[3]; /* resolved before, oldest first */
        int64_t age_s;       /* of the newest of them */
        enum reason reason;
        bool is_ours;
        bool is_unknown;
    } cases[] = {
        {{NULL}, 0, REASON_NO_NAME, false, false},
        {{NULL}, 0, REASON_DNS_TIMEOUT, false, true},
        {{NULL}, 0, REASON_DNS_ERROR, false, true},
        {{"other"}, 1, REASON_DNS_TIMEOUT, false, false},
        {{"other"}, 30, REASON_DNS_ERROR, false, false},
        {{"other"}, 31, REASON_DNS_ERROR, false, true},
        {{"app"}, 1, REASON_DNS_TIMEOUT, false, true}, /* itself vouches for nothing */
        {{"other", "app"}, 1, REASON_DNS_TIMEOUT, false, false},
        {{"other", "app", "app"}, 1, REASON_DNS_TIMEOUT, false, false},
        {{"other"}, 1, REASON_DNS_ERROR, true, true}, /* no memory */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mono now = {1000 * NSEC_PER_SEC};
        struct resolve_witness w = {{0}, {{0}}};
        for (int k = 0; k < 3 && cases[i].seen[k]; k++)
            resolve_witness_saw(&w, cases[i].seen[k],
                                mono_add(now, -cases[i].age_s * NSEC_PER_SEC));
        struct resolution res = {.count = 1};
        const struct answer answer = {
            .reason = cases[i].reason, .is_ours = cases[i].is_ours, .text = "SERVFAIL"};
        resolve_judge(&res, "app", &answer, "10.0.0.2",
                      resolve_witness_vouches(&w, "app", now));
        if (res.is_unknown != cases[i].is_unknown)
            fail_msg("case %zu", i);
        assert_int_equal(res.reason, cases[i].reason);
        assert_int_equal(res.count, 0);
        assert_non_null(strstr(res.detail, "app"));
        assert_non_null(strstr(res.detail, "10.0.0.2"));
    }
}

static void the_preferred_family_comes_first(void **state)
{
    static const char *const given[] = {"::1", "10.0.0.1", "::2", "10.0.0.2"};
    static const struct {
        enum ip_family family;
        const char *expected;
    } cases[] = {
        {IP_ANY, "10.0.0.1:80 10.0.0.2:80 [::1]:80 [::2]:80"},
        {IP_PREFER_4, "10.0.0.1:80 10.0.0.2:80 [::1]:80 [::2]:80"},
        {IP_PREFER_6, "[::1]:80 [::2]:80 10.0.0.1:80 10.0.0.2:80"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct resolution res = {.count = ARRAY_LEN(given)};
        char text[500];
        for (size_t k = 0; k < res.count; k++)
            assert_true(address_parse(given[k], 0, &res.addresses[k]));
        resolve_order(&res, cases[i].family, 80);
        assert_string_equal(texts(res.addresses, res.count, text), cases[i].expected);
    }
    assert_int_equal(resolve_af(IP_4), AF_INET);
    assert_int_equal(resolve_af(IP_6), AF_INET6);
    assert_int_equal(resolve_af(IP_PREFER_6), AF_UNSPEC);
}

static void names_are_checked(void **state)
{
    static const struct {
        const char *given, *expected; /* NULL: refused */
    } cases[] = {
        {"App.Test", "app.test"},
        {"app.test.", "app.test."},
        {"_srv.x", "_srv.x"},
        {"my_db", "my_db"},
        {"", NULL},
        {NULL, NULL},
        {".", NULL},
        {"a..b", NULL},
        {".a", NULL},
        {"a b", NULL},
        {"a/b", NULL},
        {"a:1", NULL},
        {"[::1]x", NULL},
        {"a\n", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char name[HOST_MAX_LEN + 1];
        const char *why = NULL;
        const bool ok = host_normalize(cases[i].given, name, &why);
        if (ok != (cases[i].expected != NULL))
            fail_msg("'%s'", cases[i].given ? cases[i].given : "NULL");
        if (ok)
            assert_string_equal(name, cases[i].expected);
        else
            assert_non_null(strstr(why, "is not a host name: "));
    }
    char longest[300], name[HOST_MAX_LEN + 1];
    const char *why;
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 50; i < 299; i += 50)
        longest[i] = '.';
    longest[253] = '\0';
    assert_true(host_normalize(longest, name, &why));
    longest[253] = 'a';
    longest[254] = '\0';
    assert_false(host_normalize(longest, name, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hosts_file_is_read_as_written),
        cmocka_unit_test(localhost_is_built_in),
        cmocka_unit_test(answers_are_kept_until_they_expire),
        cmocka_unit_test(a_failure_is_the_targets_or_ours),
        cmocka_unit_test(the_preferred_family_comes_first),
        cmocka_unit_test(names_are_checked),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
