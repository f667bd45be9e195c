/* SPDX-License-Identifier: Apache-2.0 */
/* What a baseline is compared by: ranks and p95 of times, shapes of JSON; and its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "healthctl/baseline.h"

/* ---- times ---- */

#define OF(...)                                                    \
    {                                                              \
        (const double[]){__VA_ARGS__},                             \
            sizeof((const double[]){__VA_ARGS__}) / sizeof(double) \
    }

static void p95_is_by_nearest_rank(void **state)
{
    double many[100];
    for (int i = 0; i < 100; i++)
        many[99 - i] = i + 1;
    assert_true(seconds_p95((struct seconds){many, 100}) == 95);
    assert_true(seconds_p95((struct seconds){many, 20}) == 99);
    assert_true(seconds_p95((struct seconds){many, 19}) == 100);
    assert_true(seconds_p95((struct seconds)OF(3)) == 3);
    assert_true(seconds_p95((struct seconds){NULL, 0}) == 0);
}

/* Exact values: tails of the tables in Mann and Whitney's paper, and counting by hand. */
static void ranks_tell_chance_from_more(void **state)
{
    const struct {
        struct seconds recorded, fresh;
        double p;
    } cases[] = {
        {OF(1, 2, 3), OF(4, 5, 6), 1. / 20},
        {OF(4, 5, 6), OF(1, 2, 3), 1},
        {OF(1, 2, 3), OF(2.5, 4, 5), 2. / 20},
        {OF(1, 2, 3, 4), OF(2.5, 4.5, 5, 6),
         4. / 70}, /* 2 pairs against: 1 + 1 + 2 orders */
        {OF(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), OF(11), 1. / 11},
        {OF(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), OF(11, 12, 13), 1. / 286},
        {OF(1, 1, 1), OF(1, 1, 1), 1}, /* what is equal counts for the recorded */
        {{NULL, 0}, OF(1), 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const double p = rank_test(cases[i].recorded, cases[i].fresh);
        if (p < cases[i].p * 0.999999 || p > cases[i].p * 1.000001)
            fail_msg("case %zu: %.9f, not %.9f", i, p, cases[i].p);
    }
}

static void many_samples_are_ranked_exactly_too(void **state)
{
    double recorded[200], fresh[200];
    for (int i = 0; i < 200; i++) {
        recorded[i] = i;
        fresh[i] = i + 0.5; /* on top of each other: nothing to see */
    }
    const double p =
        rank_test((struct seconds){recorded, 200}, (struct seconds){fresh, 200});
    assert_true(p > 0.42 && p < 0.44); /* a normal distribution says 0.433 */
    for (int i = 0; i < 200; i++)
        fresh[i] = i + 300;
    assert_true(rank_test((struct seconds){recorded, 200}, (struct seconds){fresh, 200}) <
                1e-20);
    assert_true(rank_test_least(50, 50) < 1e-28);
}

static void slower_has_to_matter_and_be_no_chance(void **state)
{
    static const struct tolerance usual = {0.25, 0.010};
    const struct {
        const char *what;
        struct seconds recorded, fresh;
        bool is_slower;
    } cases[] = {
        {"twice", OF(.10, .11, .10, .12, .10, .11), OF(.20, .22, .21), true},
        {"one outlier moves the p95 and not the ranks", OF(.10, .11, .10, .12, .10, .11),
         OF(.10, .11, .90), false},
        {"less than 10 ms", OF(.001, .001, .001, .001, .001), OF(.009, .008, .009),
         false},
        {"less than a quarter", OF(1, 1, 1, 1, 1), OF(1.2, 1.2, 1.2), false},
        {"one run, clearly", OF(.10, .11, .10, .12, .10, .11), OF(.50), true},
        {"one run, among those recorded", OF(.10, .60, .10, .12, .10, .11), OF(.50),
         false},
        {"two runs, of which one was as before", OF(.10, .11, .10), OF(.50, .11), false},
        {"faster", OF(.5, .5, .5), OF(.1, .1, .1), false},
        {"nothing to compare", {NULL, 0}, OF(1), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (seconds_are_slower(cases[i].recorded, cases[i].fresh, usual) !=
            cases[i].is_slower)
            fail_msg("%s", cases[i].what);
    }
}

/* ---- shapes ---- */

static const json_t *json_of(struct arena *arena, const char *text)
{
    struct err e = {0};
    const json_t *value = json_read(arena, bytes_of(text), 1 << 20, &e);
    if (!value)
        fail_msg("%s: %s", text, e.text);
    return value;
}

static const char *schema_of(struct arena *arena, const struct shape *shape)
{
    json_t *schema = shape_to_json(shape);
    char *text = json_dumps(schema, JSON_SORT_KEYS);
    const char *copy = arena_strdup(arena, text);
    free(text);
    json_decref(schema);
    return copy;
}

static void shapes_are_learnt(void **state)
{
    static const struct {
        const char *answer, *schema;
    } cases[] = {
        {"[]", "{\"type\": \"array\"}"},
        {"{\"a\": 1, \"b\": \"secret\"}",
         "{\"properties\": {\"a\": {\"type\": \"number\"}, \"b\": {\"type\": "
         "\"string\"}}, "
         "\"required\": [\"a\", \"b\"], \"type\": \"object\"}"},
        {"[{\"a\": 1}, {\"a\": 2.5, \"c\": true}, {\"a\": null}]",
         "{\"items\": {\"properties\": {\"a\": {\"type\": [\"null\", \"number\"]}, "
         "\"c\": "
         "{\"type\": \"boolean\"}}, \"required\": [\"a\"], \"type\": \"object\"}, "
         "\"type\": "
         "\"array\"}"},
        {"{\"42\": {\"n\": 1}, \"2026-11-27\": {\"n\": 2}, \"ana@example.com\": {\"n\": "
         "3}, "
         "\"0198c5f2-9d3a-7000-8000-aabbccddeeff\": {}}",
         "{\"additionalProperties\": {\"properties\": {\"n\": {\"type\": \"number\"}}, "
         "\"type\": \"object\"}, \"type\": \"object\"}"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        const struct shape *shape = shape_of(json_of(arena, cases[i].answer), arena);
        assert_string_equal(schema_of(arena, shape), cases[i].schema);
        const struct shape *read =
            shape_from_json(json_of(arena, cases[i].schema), arena, &e);
        assert_non_null(read);
        assert_string_equal(schema_of(arena, read), cases[i].schema);
    }
    arena_destroy(arena);
}

static void note(void *ctx, const struct shape_finding *f)
{
    buf_printf(ctx, "%s%s\n", f->is_change ? "" : "(", f->text);
}

static void shapes_are_compared(void **state)
{
    static const struct {
        const char *recorded[2], *fresh[2], *findings;
    } cases[] = {
        {{"{\"a\": 1}"}, {"{\"a\": 2}"}, ""},
        {{"{\"a\": 1}"}, {"{\"a\": \"2\"}"}, "json.a: was number, is string\n"},
        {{"{\"a\": 1}"}, {"{\"a\": null}"}, "json.a: was number, is null\n"},
        {{"{\"a\": null}"}, {"{\"a\": {\"b\": 1}}"}, ""}, /* nobody knew what it is */
        {{"{\"a\": 1, \"b\": 2}"},
         {"{\"a\": 1, \"c\": 3}"},
         "json.b is gone\n(json.c is new\n"},
        {{"{\"a\": 1}", "{}"}, {"{}"}, ""}, /* it was not always there */
        {{"{\"a\": 1}"}, {"{\"a\": 1}", "{}"}, "json.a is not always there any more\n"},
        {{"[{\"total\": 1}]"},
         {"[{\"sum\": 1}]"},
         "json[].total is gone\n(json[].sum is new\n"},
        {{"[{\"total\": 1}]"}, {"[]"}, ""}, /* nothing in it today */
        {{"{\"7\": {\"n\": 1}}"},
         {"{\"8\": {\"n\": \"x\"}}"},
         "json.*.n: was number, is string\n"},
        {{"{\"a\": {\"b\": 1}}"}, {"{\"a\": [1]}"}, "json.a: was object, is array\n"},
        {{"[1, null]"},
         {"[\"x\", 1]"},
         "json[]: was null or number, is number or string\n"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct shape *was = NULL, *is = NULL;
        struct buf found = BUF_MAX(10000);
        for (size_t k = 0; k < 2 && cases[i].recorded[k]; k++)
            was = shape_merge(was, shape_of(json_of(arena, cases[i].recorded[k]), arena),
                              arena);
        for (size_t k = 0; k < 2 && cases[i].fresh[k]; k++)
            is = shape_merge(is, shape_of(json_of(arena, cases[i].fresh[k]), arena),
                             arena);
        shape_compare(was, is, "json", note, &found);
        if (strcmp(buf_text(&found), cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, buf_text(&found));
        buf_finish(&found);
    }
    arena_destroy(arena);
}

/* ---- its file ---- */

static void faults_of_a_file_are_said(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"{}", "no baseline"},
        {"[1]", "no baseline"},
        {"{\"healthctl_baseline\": 2, \"flows\": []}", "version 2"},
        {"{\"healthctl_baseline\": 1, \"flows\": []}", "1 to 1000 flows"},
        {"{\"healthctl_baseline\": 1, \"flows\": [{}]}", "name in 'flow'"},
        {"{\"healthctl_baseline\": 1, \"flows\": [{\"flow\": \"f\", \"runs\": 1, "
         "\"answers\": [{}]}]}",
         "flow 'f': an answer has a 'step'"},
        {"{\"healthctl_baseline\": 1, \"flows\": [{\"flow\": \"f\", \"runs\": 1, "
         "\"answers\": [{\"step\": "
         "\"s\", \"probe\": \"p\", \"seconds\": {\"total\": {\"samples\": [\"1\"]}}}]}]}",
         "s: total: a sample is a number"},
        {"{\"healthctl_baseline\": 1, \"flows\": [{\"flow\": \"f\", \"runs\": 1, "
         "\"answers\": [{\"step\": "
         "\"s\", \"probe\": \"p\", \"shapes\": {\"json\": {\"type\": \"float\"}}}]}]}",
         "shapes.json: 'type' is no type"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        assert_null(baseline_from_json(json_of(arena, cases[i].text), arena, &e));
        if (!strstr(e.text, cases[i].why))
            fail_msg("%s: %s", cases[i].text, e.text);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p95_is_by_nearest_rank),
        cmocka_unit_test(ranks_tell_chance_from_more),
        cmocka_unit_test(many_samples_are_ranked_exactly_too),
        cmocka_unit_test(slower_has_to_matter_and_be_no_chance),
        cmocka_unit_test(shapes_are_learnt),
        cmocka_unit_test(shapes_are_compared),
        cmocka_unit_test(faults_of_a_file_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
