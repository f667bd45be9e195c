/* SPDX-License-Identifier: Apache-2.0 */
/* What lines mean to the log probe: levels, patterns, fields; and where reading goes on, as a memo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/attr.h"
#include "probes/log.h"

static void levels_are_found_in_text(void **state)
{
    static const struct {
        const char *line, *level;
    } cases[] = {
        {"", "unknown"},
        {"nothing to see", "unknown"},
        {"an error in prose is none", "unknown"},
        {"ERROR: relation \"x\" does not exist", "error"},
        {"2026-11-27 10:00:00.123 UTC [71] FATAL:  password authentication failed",
         "fatal"},
        {"2026-11-27 10:00:00.123 UTC [71] LOG:  checkpoint starting", "info"},
        {"2026/11/27 10:00:00 [error] 123#0: *1 connect() failed", "error"},
        {"2026/11/27 10:00:00 [warn] 1#1: low", "warning"},
        {"time=\"2026-11-27T10:00:00Z\" level=warning msg=\"slow\"", "warning"},
        {"ts=1 level=info msg=\"no error\"", "info"},
        {"WARN  [main] c.e.App - slow", "warning"},
        {"<crit> disk", "fatal"},
        {"error: build failed", "error"},
        {"1:M 27 Nov 10:00:00.000 # WARNING overcommit_memory", "warning"},
        {"INFO:root:started", "info"},
        {"GET /error 200", "unknown"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(log_level_name(log_level_in(bytes_of(cases[i].line))),
                            cases[i].level);
}

static void levels_have_many_names(void **state)
{
    static const struct {
        const char *word, *level;
    } cases[] = {
        {"ERROR", "error"}, {"err", "error"}, {"Warn", "warning"}, {"50", "error"},
        {"60", "fatal"},    {"30", "info"},   {"20", "debug"},     {"10", "trace"},
        {"3", "error"},     {"0", "fatal"},   {"7", "debug"},      {"E", "error"},
        {"D2", "debug"},    {"8", "unknown"}, {"100", "unknown"},  {"x", "unknown"},
        {"", "unknown"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(log_level_name(log_level_of(bytes_of(cases[i].word))),
                            cases[i].level);
}

/* ---- counting ---- */

static const struct pair patterns[] = {
    {"oom", "Out of memory"}, {"http", "status=5\\d\\d"}, {"http", "\"status\":5\\d\\d"}};
static const struct pair fields[] = {{"status", "http.status"}, {"route", "route"}};
static const char *const ignore[] = {"healthcheck"};
static const char *const values[] = {"ms"};

static const struct log_conf conf = {.level = "",
                                     .patterns = {patterns, ARRAY_LEN(patterns)},
                                     .fields = {fields, ARRAY_LEN(fields)},
                                     .ignore = {ignore, ARRAY_LEN(ignore)},
                                     .values = {values, ARRAY_LEN(values)},
                                     .max_values = 2,
                                     .max_line = 1000};

static const char *messages_of(const struct log_counts *c, struct arena *arena)
{
    struct buf said = BUF_MAX(10000);
    const struct map_entry *entry = NULL;
    while ((entry = map_next(c->messages, entry))) {
        const struct log_message *m = entry->value;
        buf_printf(&said, "[%s %s %s %g]", log_level_name(m->level), m->values[0],
                   m->values[1], m->count);
    }
    return arena_keep(arena, &said);
}

static void lines_are_counted(void **state)
{
    static const char text[] =
        "INFO started\n"
        "GET /healthcheck status=500\n"
        "ERROR status=503 Out of memory\n"
        "{\"level\":50,\"http\":{\"status\":500},\"route\":\"/a\",\"ms\":12}\n"
        "{\"level\":50,\"http\":{\"status\":500},\"route\":\"/a\",\"ms\":8,\"ms\":9}\n"
        "{\"level\":30,\"http.status\":\"200\",\"ms\":\"no number\"}\n"
        "{\"broken\n";
    struct arena *arena = arena_create(0);
    struct log_counts c;
    (void)state;
    log_counts_init(&c, arena, &conf);
    log_counts_begin(&c, (struct wall){1000});
    log_counts_take_all(&c, bytes_of(text));
    assert_true(c.lines == 7 && c.lines_in_run == 7);
    assert_true(log_matches_of(&c, bytes_of("oom"))->total == 1);
    assert_true(log_matches_of(&c, bytes_of("http"))->in_run == 3);
    assert_true(log_matches_of(&c, bytes_of("http"))->last.ns == 1000);
    assert_null(log_matches_of(&c, bytes_of("nobody")));
    assert_true(c.numbers[0].count == 2 && c.numbers[0].sum == 21);
    const char *said = messages_of(&c, arena);
    assert_non_null(strstr(said, "[error 500 /a 2]"));
    assert_non_null(strstr(said, "[info 200  1]"));
    assert_non_null(strstr(said, "[unknown   1]"));
    assert_non_null(strstr(excerpt_text(c.excerpt, NULL, arena), "Out of memory"));
    log_counts_begin(&c, (struct wall){2000});
    assert_true(c.lines_in_run == 0 && c.lines == 7);
    assert_true(log_matches_of(&c, bytes_of("oom"))->in_run == 0);
    arena_destroy(arena);
}

static void values_of_fields_have_a_cap(void **state)
{
    struct arena *arena = arena_create(0);
    struct log_counts c;
    char line[300];
    (void)state;
    log_counts_init(&c, arena, &conf);
    for (int i = 0; i < 5000; i++) {
        snprintf(line, sizeof(line), "{\"level\":\"info\",\"http\":{\"status\":%d}}\n",
                 i);
        log_counts_take_all(&c, bytes_of(line));
    }
    assert_int_equal(map_count(c.messages), 3);
    assert_non_null(strstr(messages_of(&c, arena), "[info other  4998]"));
    arena_destroy(arena);
}

static void nested_json_is_text(void **state)
{
    struct arena *arena = arena_create(0);
    struct log_counts c;
    struct buf line = BUF_MAX(100000);
    (void)state;
    log_counts_init(&c, arena, &conf);
    for (int i = 0; i < 900; i++)
        buf_add_text(&line, "{\"a\":");
    log_counts_take_all(&c, buf_bytes(&line));
    assert_true(c.lines == 1);
    assert_non_null(strstr(messages_of(&c, arena), "[unknown   1]"));
    buf_finish(&line);
    arena_destroy(arena);
}

/* ---- places ---- */

static void places_survive_as_text(void **state)
{
    struct log_places p = {0}, again;
    struct buf memo = BUF_MAX(4000), second = BUF_MAX(4000);
    (void)state;
    for (uint64_t i = 1; i <= LOG_MAX_PLACES + 3; i++)
        log_places_put(&p, &(struct log_place){1, i, 10 * i, 5, 77});
    log_places_put(&p, &(struct log_place){1, 10, 999, 5, 77});
    assert_int_equal(p.count, LOG_MAX_PLACES);
    assert_int_equal(p.items[0].inode, 10);
    assert_null(log_places_find(&p, 1, 3));
    buf_add_text(&memo, "log 1\nsince 5\n");
    log_places_print(&p, &memo);
    log_places_parse(&again, buf_bytes(&memo));
    buf_add_text(&second, "log 1\nsince 5\n");
    log_places_print(&again, &second);
    assert_string_equal(buf_text(&memo), buf_text(&second));
    assert_int_equal(log_mark_recall(buf_text(&memo)).at.ns, 5);
    log_places_parse(&again, bytes_of("file 1 2\nfile a b c d e\nfile 1 2 3 999 5\n\n"));
    assert_int_equal(again.count, 0);
    buf_finish(&memo);
    buf_finish(&second);
}

/* Each answer repeats what has the stamp that was asked for, and goes on. Stamps are digits, lines that are new are told
 * by how many they are; '!' is a restart of healthd. */
static void lines_of_an_engine_are_taken_once(void **state)
{
    static const struct {
        const char *memo, *answers[6];
        int is_new[6];
    } stories[] = {
        {"", {"123", "3", "34", "456"}, {3, 0, 1, 2}},      /* stamps of Docker */
        {"", {"1122", "22", "2223", "3334"}, {4, 0, 2, 3}}, /* whole seconds of Podman */
        {"", {"122", "!", "222", "!", "2223"}, {3, 0, 1, 0, 1}}, /* told by the memo */
        {"since 2\n", {"2223", "34"}, {1, 1}},                   /* of an older version */
        {"", {"5", "45"}, {1, 0}}, /* a clock that was set back */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct log_mark mark = log_mark_recall(stories[i].memo);
        for (size_t j = 0; stories[i].answers[j]; j++) {
            const struct log_mark asked = mark;
            struct buf memo = BUF_MAX(100);
            uint64_t repeated = 0;
            int count = 0;
            for (const char *c = stories[i].answers[j]; *c >= '0'; c++)
                count += log_mark_take(&mark, &asked, &repeated, (struct wall){*c - '0'});
            assert_int_equal(count, stories[i].is_new[j]);
            log_mark_print(&mark, &memo);
            if (stories[i].answers[j][0] == '!')
                mark = log_mark_recall(buf_text(&memo));
            buf_finish(&memo);
        }
        assert_true(
            log_mark_take(&mark, &mark, &(uint64_t){0}, (struct wall){0})); /* no stamp */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_found_in_text),
        cmocka_unit_test(levels_have_many_names),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(values_of_fields_have_a_cap),
        cmocka_unit_test(nested_json_is_text),
        cmocka_unit_test(places_survive_as_text),
        cmocka_unit_test(lines_of_an_engine_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
