/* SPDX-License-Identifier: Apache-2.0 */
/* What healthctl prints: widths, wrapping, tables, phases, timelines, JSON; and that a peer's bytes
 * steer no terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "healthctl/layout.h"
#include "healthctl/waterfall.h"
#include "healthctl/writer.h"

static const struct screen pipe_screen = {.has_utf8 = true};
static const struct screen terminal = {
    .is_terminal = true, .has_utf8 = true, .columns = 48};
static const struct screen colourful = {
    .is_terminal = true, .has_colour = true, .has_utf8 = true, .columns = 48};

static void widths_are_columns(void **state)
{
    static const struct {
        const char *text;
        size_t width;
    } cases[] = {{"", 0},     {"abc", 3},       {"größe", 5},
                 {"日本", 4}, {"e\xcc\x81", 1}, {"\xff", 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(text_width(bytes_of(cases[i].text)), cases[i].width);
}

static void nothing_steers_the_terminal(void **state)
{
    static const struct {
        const char *text, *plain;
    } cases[] = {
        {"plain größe", "plain größe"},
        {"\033[31mred\a", "\\x1b[31mred\\x07"},
        {"a\tb\r\nc\rd", "a b\nc\\x0dd"},
        {"\xc2\x9b"
         "2J",
         "\\x9b2J"},
        {"\xe2\x80\xae"
         "exe",
         "\\u202eexe"},
        {"\xff\xfe", "\\xff\\xfe"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(text_plain(arena, cases[i].text), cases[i].plain);
    arena_destroy(arena);
}

static void lines_break_between_words(void **state)
{
    static const struct {
        const char *text;
        size_t width;
        const char *lines[6];
    } cases[] = {
        {"", 10, {""}},
        {"one two three", 0, {"one two three"}},
        {"one two three", 7, {"one two", "three"}},
        {"one two three", 8, {"one two", "three"}},
        {"unbreakable", 4, {"unbr", "eaka", "ble"}},
        {"a unbreakable", 4, {"a", "unbr", "eaka", "ble"}},
        {"one\ntwo\n\nthree", 20, {"one", "two", "", "three"}},
        {"日本語", 4, {"日本", "語"}},
        {"日", 1, {"日"}},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct texts got = text_wrap(arena, cases[i].text, cases[i].width);
        for (size_t line = 0; line < got.count; line++)
            assert_string_equal(got.items[line], cases[i].lines[line]);
        assert_null(cases[i].lines[got.count]);
    }
    arena_destroy(arena);
}

static void say(const struct writer_type *type, const struct screen *screen,
                void (*tell)(struct writer *w), const char *expected)
{
    struct arena *arena = arena_create(0);
    struct buf out = BUF_MAX(1 << 16);
    struct writer *w =
        writer_create(arena, type, screen, (struct wall){1000 * NSEC_PER_SEC});
    tell(w);
    writer_render(w, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
    arena_destroy(arena);
}

static const struct column columns[] = {
    {.key = "health", .title = "HEALTH"},
    {.key = "runs", .title = "RUNS", .is_right = true},
    {.key = "secret_sauce"},
    {.key = "detail", .title = "WHY", .is_elastic = true},
};

static void tell_table(struct writer *w)
{
    const struct cell cells[] = {
        cell_health(HEALTH_DOWN),
        cell_count(7),
        cell_bool(true),
        cell_text("größe: expected status 200, got 503 from 127.0.0.1:80"),
        cell_health(HEALTH_UP),
        cell_count(12345),
        cell_none(),
        cell_text(""),
    };
    write_table(w, &(struct table){"rows", columns, ARRAY_LEN(columns), cells, 2});
}

static void tables_align(void **state)
{
    say(&writer_text, &pipe_screen, tell_table,
        "  HEALTH   RUNS  WHY\n"
        "  down        7  größe: expected status 200, got 503 from 127.0.0.1:80\n"
        "  up      12345\n");
    say(&writer_text, &terminal, tell_table,
        "  HEALTH   RUNS  WHY\n"
        "  down        7  größe: expected status 200,\n"
        "                 got 503 from 127.0.0.1:80\n"
        "  up      12345\n");
    say(&writer_json, &pipe_screen, tell_table,
        "{\n  \"rows\": [\n"
        "    {\n      \"health\": \"down\",\n      \"runs\": 7,\n      \"secret_sauce\": "
        "true,\n"
        "      \"detail\": \"größe: expected status 200, got 503 from 127.0.0.1:80\"\n   "
        " },\n"
        "    {\n      \"health\": \"up\",\n      \"runs\": 12345,\n      "
        "\"secret_sauce\": null,\n"
        "      \"detail\": \"\"\n    }\n  ]\n}\n");
    say(&writer_page, &pipe_screen, tell_table, "");
}

static void tell_fields(struct writer *w)
{
    write_say(w, TONE_BAD, "down %s", "\033[2J");
    write_field(w, "since", "since", cell_time((struct wall){940 * NSEC_PER_SEC}));
    write_field(w, "next", "next run", cell_time((struct wall){1005 * NSEC_PER_SEC}));
    write_field(w, "age", "age", cell_age((struct wall){999 * NSEC_PER_SEC + 1}));
    write_field(w, "never", "never", cell_time((struct wall){0}));
    write_field(w, "took_seconds", "took", cell_duration(1500 * NSEC_PER_MSEC));
    write_field(w, "quiet", NULL, cell_bool(false));
    write_begin(w, "part", "Part");
    write_field(w, NULL, "only text", cell_text("x"));
    write_end(w);
    write_list(w, "list");
    write_begin(w, NULL, NULL);
    write_field(w, "bytes", NULL, cell_text("\xff"));
    write_end(w);
    write_end(w);
    write_begin(w, NULL, NULL);
    write_field(w, "merged", NULL, cell_count(1));
    write_end(w);
    write_json(w, NULL, json_pack("{s:i}", "member", 2));
    write_json(w, "json", json_pack("[i]", 3));
    write_page(w, "up 1\n");
}

static void fields_align(void **state)
{
    say(&writer_text, &pipe_screen, tell_fields,
        "down \\x1b[2J\n"
        "  since     1970-01-01 00:15:40 UTC (1 m ago)\n"
        "  next run  1970-01-01 00:16:45 UTC (in 5 s)\n"
        "  age       now\n"
        "  took      1.5 s\n"
        "\nPart\n"
        "  only text  x\n");
    say(&writer_json, &pipe_screen, tell_fields,
        "{\n  \"since\": \"1970-01-01T00:15:40.000Z\",\n  \"next\": "
        "\"1970-01-01T00:16:45.000Z\",\n"
        "  \"age\": \"1970-01-01T00:16:39.000Z\",\n  \"never\": null,\n  "
        "\"took_seconds\": 1.5,\n"
        "  \"quiet\": false,\n  \"part\": {},\n  \"list\": [\n    {\n      \"bytes\": "
        "\"\"\n    }\n  ],\n"
        "  \"merged\": 1,\n  \"member\": 2,\n  \"json\": [\n    3\n  ]\n}\n");
    say(&writer_page, &pipe_screen, tell_fields, "up 1\n");
}

static void tell_colours(struct writer *w)
{
    write_say(w, TONE_GOOD, "up");
    write_say(w, TONE_PLAIN, "plain");
}

static void colour_is_only_where_it_is_wanted(void **state)
{
    say(&writer_text, &terminal, tell_colours, "up\nplain\n");
    say(&writer_text, &colourful, tell_colours, "\033[32mup\033[0m\nplain\n");
}

static void tell_phases(struct writer *w)
{
    const struct waterfall f = {
        .phases = {[PHASE_RESOLVE] = 1000,
                   [PHASE_CONNECT] = 25 * NSEC_PER_MSEC,
                   [PHASE_WAIT] = 50 * NSEC_PER_MSEC,
                   [PHASE_TRANSFER] = 25 * NSEC_PER_MSEC},
        .total = 100 * NSEC_PER_MSEC,
    };
    write_waterfall(w, "phases_seconds", &f);
}

static void phases_are_drawn_on_a_terminal(void **state)
{
    say(&writer_text, &terminal, tell_phases,
        "  resolve        1 us  ▏\n"
        "  connect       25 ms  ██████\n"
        "  wait          50 ms        ████████████\n"
        "  transfer      25 ms                    ██████\n");
    say(&writer_text, &pipe_screen, tell_phases,
        "  resolve        1 us\n  connect       25 ms\n  wait          50 ms\n  transfer "
        "     25 ms\n");
}

static void detection_is_the_worst_case(void **state)
{
    /* What the defaults promise: dead at 0 s, seen within 15 s, confirmed within 25 s */
    const struct timing t = {.interval = 15 * NSEC_PER_SEC,
                             .timeout = 5 * NSEC_PER_SEC,
                             .retry_interval = 5 * NSEC_PER_SEC,
                             .rise = 2,
                             .fall = 3};
    const struct detection refused = detection_of_death(&t, true);
    assert_int_equal(refused.seen, 15 * NSEC_PER_SEC);
    assert_int_equal(refused.confirmed, 25 * NSEC_PER_SEC);
    const struct detection silent = detection_of_death(&t, false);
    assert_int_equal(silent.seen, 20 * NSEC_PER_SEC);
    assert_int_equal(silent.confirmed, 40 * NSEC_PER_SEC);
    assert_int_equal(detection_of_return(&t).confirmed, 20 * NSEC_PER_SEC);

    struct buf out = BUF_MAX(1024);
    detection_draw(&out, refused, t.fall, silent.confirmed, 40, false);
    assert_string_equal(buf_text(&out), "*--------------+----+----#");
    buf_finish(&out);
}

static void bars_stay_inside(void **state)
{
    static const struct {
        nsec start, length, total;
        const char *bar;
    } cases[] = {
        {0, 100, 100, "=========="},
        {50, 50, 100, "     ====="},
        {100, 50, 100, "         ="},
        {0, 0, 100, ""},
        {0, 5, 0, "|"},
        {90, 1000, 100, "         ="},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1024);
        bar_draw(&out, cases[i].start, cases[i].length, cases[i].total, 10, false);
        assert_string_equal(buf_text(&out), cases[i].bar);
        buf_finish(&out);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(nothing_steers_the_terminal),
        cmocka_unit_test(lines_break_between_words),
        cmocka_unit_test(tables_align),
        cmocka_unit_test(fields_align),
        cmocka_unit_test(colour_is_only_where_it_is_wanted),
        cmocka_unit_test(phases_are_drawn_on_a_terminal),
        cmocka_unit_test(detection_is_the_worst_case),
        cmocka_unit_test(bars_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
