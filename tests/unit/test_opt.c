/* SPDX-License-Identifier: Apache-2.0 */
/* One text into one field, back again, and what is said of texts that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/opt.h"

struct inner {
    const char *name;
    int64_t weight;
};

struct conf {
    bool flag;
    int64_t count;
    double ratio;
    nsec wait;
    uint64_t room;
    double share;
    const char *text;
    int colour;
    struct secret key;
    const struct regex *pattern;
    struct texts words;
    struct ints codes;
    struct regexes patterns;
    struct pairs headers, passwords;
    struct inner inner;
    struct sections steps;
    const struct node *rest;
};

static const struct opt_choice colours[] = {
    {"red", 3, "Red."}, {"green", 4, "Green."}, {0}};

#define OPT_STRUCT struct inner
static const struct opt inner_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "Its name."),
    OPT_ROW_INT("weight", weight, "1", 1, 9, "How heavy."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct conf
static const struct opt rows[] = {
    OPT_ROW_BOOL("flag", flag, "false", "A flag."),
    OPT_ROW_INT("count", count, "3", 1, 10, "A count.", .unit = "tries"),
    OPT_ROW_NUMBER("ratio", ratio, "0.5", 0, 1, "A ratio."),
    OPT_ROW_DURATION("wait", wait, "5s", 1, 3600, "A wait."),
    OPT_ROW_SIZE("room", room, "10MiB", 0, 0, "Room."),
    OPT_ROW_PERCENT("share", share, "95%", "A share."),
    OPT_ROW_TEXT("text", text, "hello", "A text.", .min = 1, .max = 20),
    OPT_ROW_CHOICE("colour", colour, "red", colours, "A colour."),
    OPT_ROW_SECRET("key", key, OPT_NONE, "A key."),
    OPT_ROW_REGEX("pattern", pattern, "^a+$", "A pattern."),
    OPT_ROW_TEXTS("words", words, "[a, b c]", "Words."),
    OPT_ROW_INTS("codes", codes, "[200, 204]", 100, 599, "Codes."),
    OPT_ROW_REGEXES("patterns", patterns, OPT_NONE, "Patterns."),
    OPT_ROW_PAIRS("headers", headers, "{A: 1, B: [2, 3]}", "Headers."),
    OPT_ROW_SECRET_PAIRS("passwords", passwords, OPT_NONE, "Passwords."),
    OPT_ROW_SECTION("inner", inner, struct inner, inner_opts, "Nested."),
    OPT_ROW_SECTIONS("steps", steps, struct inner, inner_opts, "Steps."),
    OPT_ROW_NODE("rest", rest, "The rest."),
    {0},
};
#undef OPT_STRUCT

static void texts_are_set_and_print_back(void **state)
{
    static const struct {
        const char *name, *text, *printed; /* printed: or what is said, after "!" */
    } cases[] = {
        {"flag", "true", "true"},
        {"flag", "Yes", "true"},
        {"flag", "off", "false"},
        {"flag", "1", "!'1' is neither true nor false"},
        {"count", "7", "7"},
        {"count", "0", "!0 is out of bounds; expected 1 to 10 tries"},
        {"count", "11", "!11 is out of bounds; expected 1 to 10 tries"},
        {"count", "3.5", "!'3.5' is no whole number"},
        {"count", "99999999999999999999", "!'99999999999999999999' is no whole number"},
        {"count", "", "!'' is no whole number"},
        {"ratio", "0.25", "0.25"},
        {"ratio", "NaN", "!'NaN' is no number"},
        {"ratio", "2", "!2 is out of bounds; expected 0 to 1"},
        {"wait", "90s", "1m30s"},
        {"wait", "1ms", "!1ms is out of bounds; expected 1s to 1h"},
        {"room", "1.5KiB", "1536B"},
        {"share", "12.5%", "12.5%"},
        {"text", "x: y", "\"x: y\""},
        {"text", "", "!has 0 characters; expected 1 to 20 characters"},
        {"colour", "green", "green"},
        {"colour", "gren", "!'gren' is none of red, green; did you mean 'green'?"},
        {"colour", "blue", "!'blue' is none of red, green"},
        {"key", "hunter22", "\"[redacted]\""},
        {"key", "", "\"\""},
        {"pattern", "b*", "b*"},
        {"pattern", "", "\"\""},
        {"words", "one", "[one]"},
        {"words", "[x]", "[\"[x]\"]"},
        {"words", "", "[]"},
        {"codes", "404", "[404]"},
        {"codes", "99", "!99 is out of bounds; expected 100 to 599"},
        {"patterns", "[0-9]+", "[\"[0-9]+\"]"},
        {"headers", "", "{A: \"1\", B: [\"2\", \"3\"]}"},
        {"headers", "x", "!expected a mapping of texts, not 'x'"},
    };
    struct arena *arena = arena_create(0);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct conf conf = {0};
        struct err e = {0};
        struct buf out = BUF_MAX(1000);
        opt_defaults(rows, &conf, arena);
        const struct opt *row = opt_find(rows, cases[i].name);
        if (opt_set(row, &conf, cases[i].text, arena, &e))
            opt_print(row, &conf, &out);
        else
            buf_printf(&out, "!%s", e.text);
        assert_string_equal(buf_text(&out), cases[i].printed);
        buf_finish(&out);
    }
    arena_destroy(arena);
}

static void bad_units_and_patterns_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"wait", "5"},  {"wait", "-1s"},   {"room", "100"},  {"room", "1XB"},
        {"share", "9"}, {"share", "101%"}, {"pattern", "("}, {"patterns", ""},
    };
    struct arena *arena = arena_create(0);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct conf conf = {0}, before;
        struct err e = {0};
        opt_defaults(rows, &conf, arena);
        before = conf;
        const bool is_set =
            opt_set(opt_find(rows, cases[i][0]), &conf, cases[i][1], arena, &e);
        assert_int_equal(is_set, !*cases[i][1]);
        assert_int_equal(e.text[0] != 0, !is_set);
        assert_memory_equal(&conf.wait, &before.wait, sizeof(conf.wait));
        assert_ptr_equal(conf.pattern, before.pattern);
    }
    arena_destroy(arena);
}

static void defaults_pass_the_users_parser(void **state)
{
    struct arena *arena = arena_create(0);
    struct conf conf = {0};
    (void)state;
    opt_defaults(rows, &conf, arena);
    assert_int_equal(conf.wait, 5 * NSEC_PER_SEC);
    assert_int_equal(conf.words.count, 2);
    assert_string_equal(conf.words.items[1], "b c");
    assert_int_equal(conf.codes.items[1], 204);
    assert_int_equal(conf.headers.count, 3);
    assert_string_equal(conf.headers.items[2].key, "B");
    assert_string_equal(conf.key.value, "");
    assert_int_equal(conf.inner.weight, 1);
    assert_null(conf.inner.name);
    arena_destroy(arena);
}

static void limits_have_words(void **state)
{
    static const struct {
        struct opt row;
        const char *words;
    } cases[] = {
        {{.type = OPT_INT}, ""},
        {{.type = OPT_INT, .min = 1, .max = 65535}, "1 to 65535"},
        {{.type = OPT_INT, .min = 1, .max = 1e18, .unit = "bytes"}, "at least 1 bytes"},
        {{.type = OPT_DURATION, .min = 0.01, .max = 60}, "10ms to 1m"},
        {{.type = OPT_SIZE, .min = 0, .max = 1 << 20}, "0B to 1MiB"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(100);
        opt_limits_print(&cases[i].row, &out);
        assert_string_equal(buf_text(&out), cases[i].words);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_set_and_print_back),
        cmocka_unit_test(bad_units_and_patterns_are_refused),
        cmocka_unit_test(defaults_pass_the_users_parser),
        cmocka_unit_test(limits_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
