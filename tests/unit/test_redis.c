/* SPDX-License-Identifier: Apache-2.0 */
/* The redis probe without a server: fields that are found by name, and URLs as applications write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/conn.h"
#include "probes/redis.h"

static void every_field_is_found(void **state UNUSED)
{
    static const char *const names[] = {
#define X(field, ...) #field,
        REDIS_FIELDS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const size_t len = strlen(names[i]);
        const struct redis_field *field = redis_field_find(names[i], len);
        if (!field || strcmp(field->name, names[i]) != 0)
            fail_msg("%s is not found: the list is in alphabetical order", names[i]);
        assert_true(field->scale > 0 && field->metric.help[0]);
        const struct redis_field *part = redis_field_find(names[i], len - 1);
        assert_true(!part || strlen(part->name) == len - 1);
    }
    assert_null(redis_field_find("", 0));
    assert_null(redis_field_find("zzz", 3));
    assert_null(redis_field_find("used_memory_human", 17));
}

static void urls_are_those_of_applications(void **state UNUSED)
{
    static const struct {
        const char *url;
        const char *
            expected; /* "host:port user:password database", "tls " before it; else the fault */
    } cases[] = {
        {"redis://cache", "cache:6379 -:- 0"},
        {"redis://cache:6380/3", "cache:6380 -:- 3"},
        {"rediss://cache", "tls cache:6379 -:- 0"},
        {"valkeys://u:p@cache:1", "tls cache:1 u:p 0"},
        {"cache", "cache:6379 -:- 0"},
        {"cache:7000", "cache:7000 -:- 0"},
        {"10.0.0.1:7000", "10.0.0.1:7000 -:- 0"},
        {"redis://[::1]:7000/1", "::1:7000 -:- 1"},
        {"redis://:p%40ss@cache", "cache:6379 -:p@ss 0"},
        {"redis://secret@cache", "cache:6379 -:secret 0"},
        {"redis://u:p@cache?db=4&x=y", "cache:6379 u:p 4"},
        {"redis://cache/0?protocol=3", "cache:6379 -:- 0"},
        {"unix:///run/redis.sock", "/run/redis.sock -:- 0"},
        {"unix://u:p@/run/redis.sock?db=2", "/run/redis.sock u:p 2"},
        {"redis+socket:///run/a.sock", "/run/a.sock -:- 0"},
        {"http://cache",
         "'http://' is not Redis: expected redis://, rediss:// or unix://"},
        {"redis://cache/one",
         "the URL's path: 'one' is no database: expected a number from 0 on"},
        {"redis://cache?db=-1", "db: '-1' is no database: expected a number from 0 on"},
        {"unix://", "there is no path: expected unix:///run/redis/redis.sock"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct redis_conf conf = {0};
        struct dial dial = {.port = 6379};
        struct err e = {0};
        const char *got = e.text;
        opt_defaults(redis_opts, &conf, arena);
        conf.url = cases[i].url;
        if (redis_validate(&conf, arena, &e) && redis_aim(&conf, arena, &dial, &e)) {
            const char *where = dial.unix_path
                                    ? dial.unix_path
                                    : arena_printf(arena, "%s:%d", dial.host, dial.port);
            got = arena_printf(arena, "%s%s %s:%s %lld", dial.is_tls ? "tls " : "", where,
                               conf.user ? conf.user : "-", conf.pass ? conf.pass : "-",
                               (long long)conf.selected);
        }
        assert_string_equal(got, cases[i].expected);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_found),
        cmocka_unit_test(urls_are_those_of_applications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
