/* SPDX-License-Identifier: Apache-2.0 */
/* The queue probe without a server: tags, ids of streams, BullMQ's workers, names and texts in SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/pg_quote.h"
#include "lib/core/resp_fault.h"
#include "probes/queue.h"

#define TAG "healthd:jobs:019af3c2-7e41-7b1a-9c55-0d1f6a3e8b20"

static void tags_are_found_and_tell_their_time(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool is_found;
    } cases[] = {
        {TAG, true},
        {"{\"id\": \"" TAG "\"}", true},
        {TAG "x", true},
        {"healthd:jobs:019af3c2-7e41-7b1a-9c55-0d1f6a3e8b2", false}, /* cut */
        {"healthd:jobs:zzzzzzzz-7e41-7b1a-9c55-0d1f6a3e8b20", false},
        {"healthd:mail:019af3c2-7e41-7b1a-9c55-0d1f6a3e8b20", false},
        {"healthd:jobs:", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bytes tag = {0};
        struct wall made = {0};
        const bool is_found =
            queue_tag_read("healthd:jobs:", bytes_of(cases[i].text), &tag, &made);
        if (is_found != cases[i].is_found)
            fail_msg("%s: %s", cases[i].text, is_found ? "found" : "not found");
        if (!is_found)
            continue;
        assert_true(bytes_is(tag, TAG));
        assert_int_equal(made.ns / NSEC_PER_MSEC, 0x019af3c27e41);
    }
}

static void ids_of_streams_are_compared_by_number(void **state UNUSED)
{
    static const struct {
        const char *id, *wanted;
        bool is_reached;
    } cases[] = {
        {"5-0", "5-0", true},
        {"5-1", "5-0", true},
        {"5-0", "5-1", false},
        {"10-0", "9-99", true},
        {"9-0", "10-0", false},
        {"0-0", "1-0", false},
        {"", "1-0", false},
        {"x-0", "1-0", false},
        {"5", "5-0", false},
        {"5-0", "", false},
        {"18446744073709551615-0", "18446744073709551614-7", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (queue_id_reached(bytes_of(cases[i].id), bytes_of(cases[i].wanted)) !=
            cases[i].is_reached)
            fail_msg("%s against %s", cases[i].id, cases[i].wanted);
    }
}

/* "mail" is bWFpbA== in base64, "a" YQ==, "abc" YWJj. */
static void workers_are_known_by_their_connections(void **state UNUSED)
{
    static const struct {
        const char *queue, *clients;
        double expected;
    } cases[] = {
        {"mail", "", 0},
        {"mail", "id=3 addr=127.0.0.1:1 name=bull:bWFpbA== age=0\n", 1},
        {"mail", "id=3 name=bull:bWFpbA==:w:first x=y\nid=4 name=bull:bWFpbA== \n", 2},
        {"mail", "id=3 name=bull:bWFpbA==:qe x=y\nid=4 name= \nid=5\n", 0},
        {"mail", "id=3 name=bull:bWFpbA==x\nid=4 name=other:bWFpbA==\n", 0},
        {"a", "name=bull:YQ==\n", 1},
        {"abc", "name=bull:YWJj\nname=bull:YWJj", 2},
    };
    struct arena *arena = arena_create(0);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const double found = queue_workers_count(arena, bytes_of(cases[i].clients),
                                                 "bull", cases[i].queue);
        if (found != cases[i].expected)
            fail_msg("%s: %g workers", cases[i].clients, found);
    }
    arena_destroy(arena);
}

static void nothing_in_a_text_is_read_as_sql(void **state UNUSED)
{
    struct arena *arena = arena_create(0);

    assert_string_equal(pg_quote_text(arena, bytes_of("it's")), "E'it''s'");
    assert_string_equal(pg_quote_text(arena, bytes_of("a\\' OR 1")), "E'a\\\\'' OR 1'");
    assert_string_equal(pg_quote_text(arena, (struct bytes){"a\0b", 3}), "E'a'");
    assert_string_equal(pg_quote_text(arena, (struct bytes){0}), "E''");
    assert_string_equal(pg_quote_name(arena, "jobs"), "\"jobs\"");
    assert_string_equal(pg_quote_name(arena, "shop.jobs"), "\"shop\".\"jobs\"");
    assert_string_equal(pg_quote_name(arena, "\"My.Table\""), "\"My.Table\"");
    assert_string_equal(pg_quote_channel(arena, "shop.jobs"), "\"shop.jobs\"");
    assert_string_equal(pg_quote_channel(arena, "a\"; DROP"), "\"a\"\"; DROP\"");
    arena_destroy(arena);
}

static void errors_have_reasons(void **state UNUSED)
{
    static const struct {
        const char *error;
        enum reason reason; /* NONE: nothing in particular */
    } cases[] = {
        {"OOM command not allowed when used memory > 'maxmemory'.", REASON_QUEUE_FULL},
        {"READONLY You can't write against a read only replica.", REASON_STATUS},
        {"BUSY Redis is busy running a script.", REASON_BUSY},
        {"BUSYGROUP Consumer Group name already exists", REASON_NONE},
        {"NOPERM this user has no permissions", REASON_FORBIDDEN},
        {"MOVED 3999 127.0.0.1:6381", REASON_REDIRECT},
        {"ERR something else", REASON_NONE},
        {"", REASON_NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct resp_fault *fault = resp_fault_find(bytes_of(cases[i].error));
        if ((fault ? fault->reason : REASON_NONE) != cases[i].reason)
            fail_msg("%s", cases[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_found_and_tell_their_time),
        cmocka_unit_test(ids_of_streams_are_compared_by_number),
        cmocka_unit_test(workers_are_known_by_their_connections),
        cmocka_unit_test(nothing_in_a_text_is_read_as_sql),
        cmocka_unit_test(errors_have_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
