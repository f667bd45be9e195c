/* SPDX-License-Identifier: Apache-2.0 */
/* How lines look in both forms, and that they reach the sink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "lib/base/log.h"

static const struct wall at = {INT64_C(1795230245678000000)};

static const struct log_pair pairs[] = {{"team", "shop"}, {"q", "a \"b\""}};

static void both_forms_say_the_same(void **state)
{
    const struct {
        struct log_field fields[3];
        const char *json, *logfmt;
    } cases[] = {
        {{{.kind = LOG_FIELD_END}}, "", ""},
        {{STR("why", "no unit")}, ",\"why\":\"no unit\"", " why=\"no unit\""},
        {{STR("path", "/etc/x.yml")}, ",\"path\":\"/etc/x.yml\"", " path=/etc/x.yml"},
        {{STR("why", "")}, ",\"why\":\"\"", " why=\"\""},
        {{STR("why", NULL)}, ",\"why\":null", " why=null"},
        {{STR("q", "a=\"b\"\n")}, ",\"q\":\"a=\\\"b\\\"\\n\"", " q=\"a=\\\"b\\\"\\n\""},
        {{STR("bad", "\xFF")}, ",\"bad\":\"\xEF\xBF\xBD\"", " bad=\"\xEF\xBF\xBD\""},
        {{INT("line", -7), INT("least", INT64_MIN)},
         ",\"line\":-7,\"least\":-9223372036854775808",
         " line=-7 least=-9223372036854775808"},
        {{NUM("ratio", 0.25), NUM("bytes", 1e9)},
         ",\"ratio\":0.25,\"bytes\":1e+09",
         " ratio=0.25 bytes=1e+09"},
        {{NUM("x", NAN), NUM("y", -INFINITY)},
         ",\"x\":\"NaN\",\"y\":\"-Inf\"",
         " x=NaN y=-Inf"},
        {{DUR("took", 1234567), DUR("for", 250 * NSEC_PER_SEC)},
         ",\"took\":0.001234567,\"for\":250",
         " took=1.23ms for=4m10s"},
        {{PAIRS("labels", pairs, 2), INT("n", 1)},
         ",\"labels\":{\"team\":\"shop\",\"q\":\"a \\\"b\\\"\"},\"n\":1",
         " labels.team=shop labels.q=\"a \\\"b\\\"\" n=1"},
        {{PAIRS("labels", pairs, 0)}, ",\"labels\":{}", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct log_field fields[5] = {EV("config rejected")};
        char expected[512];
        struct buf b = BUF_MAX(1000);
        memcpy(fields + 1, cases[i].fields, sizeof(cases[i].fields));

        log_render(&b, LOG_FORMAT_JSON, at, LOG_LEVEL_ERROR, fields);
        snprintf(expected, sizeof(expected),
                 "{\"ts\":\"2026-11-21T03:04:05.678Z\",\"level\":\"error\","
                 "\"event\":\"config rejected\"%s}\n",
                 cases[i].json);
        assert_string_equal(buf_text(&b), expected);

        buf_clear(&b);
        log_render(&b, LOG_FORMAT_LOGFMT, at, LOG_LEVEL_WARNING, fields);
        snprintf(
            expected, sizeof(expected),
            "ts=2026-11-21T03:04:05.678Z level=warning event=\"config rejected\"%s\n",
            cases[i].logfmt);
        assert_string_equal(buf_text(&b), expected);
        buf_finish(&b);
    }
}

static void keep(void *ctx, struct buf *line)
{
    buf_add_bytes(ctx, buf_bytes(line));
}

static void lines_below_the_level_are_not_made(void **state)
{
    struct buf kept = BUF_MAX(1000);
    log_to(keep, &kept);
    log_set(LOG_LEVEL_WARNING, LOG_FORMAT_LOGFMT);
    assert_int_equal(log_least(), LOG_LEVEL_WARNING);
    log_debug(EV("a"));
    log_info(EV("b"), INT("n", 1));
    log_warning(EV("c"), INT("n", 2));
    log_error(EV("d"));
    log_to(NULL, NULL);
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    struct bytes rest = buf_bytes(&kept), line = {0};
    assert_true(bytes_line(&rest, &line) &&
                bytes_ends(line, " level=warning event=c n=2"));
    assert_true(bytes_line(&rest, &line) && bytes_ends(line, " level=error event=d"));
    assert_int_equal(rest.len, 0);
    buf_finish(&kept);
}

static void a_line_that_is_too_long_has_its_texts_cut(void **state)
{
    static const struct {
        enum log_format format;
        const char *before, *after, *end;
    } cases[] = {
        {LOG_FORMAT_JSON, "\"event\":\"reply\",\"host\":\"a\",\"body\":\"\\u0001",
         "\\u0001\",\"status\":200,\"cut\":\"", "\"}\n"},
        {LOG_FORMAT_LOGFMT, " event=reply host=a body=\"\\u0001",
         "\\u0001\" status=200 cut=\"", "\"\n"},
    };
    char *text = malloc(100001);
    memset(text, '\1', 100000);
    text[100000] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf kept = BUF_MAX(1 << 20);
        log_to(keep, &kept);
        log_set(LOG_LEVEL_INFO, cases[i].format);
        log_info(EV("reply"), STR("host", "a"), STR("body", text), INT("status", 200));
        assert_true(bytes_find(buf_bytes(&kept), bytes_of(cases[i].before)) > 0);
        assert_true(bytes_find(buf_bytes(&kept), bytes_of(cases[i].after)) > 0);
        assert_true(bytes_ends(buf_bytes(&kept), cases[i].end));
        assert_in_range(kept.len, 32 << 10, 64 << 10);
        buf_finish(&kept);
    }
    log_to(NULL, NULL);
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    free(text);
}

/* Stderr is a pipe that nobody reads for a while: the log neither waits nor forgets to say so. */
static void a_full_stderr_never_blocks_and_losses_are_said(void **state)
{
    int ends[2];
    char text[3001], page[65536];
    memset(text, 'x', 3000);
    text[3000] = '\0';
    const int real = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);

    for (int i = 0; i < 100; i++) /* 300 KB into 64 KiB */
        log_info(EV("fill"), STR("text", text));
    const ssize_t drained = read(ends[0], page, sizeof(page));
    log_info(EV("after"));
    dup2(real, STDERR_FILENO);
    close(real);
    close(ends[1]);

    struct buf rest = BUF_MAX(1 << 20);
    ssize_t len;
    while ((len = read(ends[0], buf_room(&rest, 4096), 4096)) > 0)
        buf_grew(&rest, (size_t)len);
    close(ends[0]);
    assert_true(drained > 0);
    assert_true(
        bytes_find(buf_bytes(&rest), bytes_of("event=\"log lines dropped\" count=")) > 0);
    assert_true(bytes_ends(buf_bytes(&rest), " event=after\n"));
    buf_finish(&rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_say_the_same),
        cmocka_unit_test(lines_below_the_level_are_not_made),
        cmocka_unit_test(a_line_that_is_too_long_has_its_texts_cut),
        cmocka_unit_test(a_full_stderr_never_blocks_and_losses_are_said),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
