/* SPDX-License-Identifier: Apache-2.0 */
/* verdicts.db: what was put is read, what is too old goes, and a damaged file is begun anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/verdict_file.h"
#include "tests/unit/folder.h"

#define START ((int64_t)20000 * 86400)
#define HOUR (START / 3600)

static struct wall at(int64_t second)
{
    return (struct wall){(START + second) * NSEC_PER_SEC};
}

static struct verdict_file *open_in(const char *folder)
{
    struct err e = {0};
    struct verdict_file *f = verdict_file_open(NULL, folder, &e);
    if (!f)
        fail_msg("%s", e.text);
    return f;
}

static void put_hour(struct verdict_file *f, const char *name, int64_t hour,
                     uint32_t up_ms)
{
    struct hour_row *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    *rows = (struct hour_row){
        strdup(name), hour, {.up_ms = up_ms, .down_ms = 500, .runs = 4, .failed = 1}};
    verdict_file_put_hours(f, rows, 1);
}

static void put_change(struct verdict_file *f, const char *name, int64_t second,
                       enum health health, const char *detail)
{
    struct health_change c = {
        .at = at(second), .health = health, .reason = REASON_TIMEOUT};
    c.detail = strdup(detail);
    verdict_file_put_change(f, name, &c);
    free(c.detail);
}

static void keep_text(void *ctx, struct buf *text, const struct err *e)
{
    assert_null(e);
    *(struct buf *)ctx = *text;
    *text = BUF_MAX(0);
}

static struct buf read_text(struct verdict_file *f, const char *name, int64_t from)
{
    struct buf text = BUF_MAX(1 << 20), read = BUF_MAX(0);
    buf_add_byte(&text, '{');
    verdict_file_read(f, name, at(from), &text, keep_text, &read);
    return read;
}

static void see(void *ctx, const char *name, enum health health, struct wall since,
                bool was_good)
{
    buf_printf(ctx, "%s %s %jd%s;", name, health_name(health),
               (intmax_t)(since.ns / NSEC_PER_SEC - START), was_good ? "" : " ever");
}

static void note_loaded(void *ctx, struct map *by_name)
{
    const struct map_entry *x = NULL;
    while ((x = map_next(by_name, x))) {
        const struct availability *a = x->value;
        const struct tally *hour = availability_cell(a, WINDOW_DAY, HOUR),
                           *day = availability_cell(a, WINDOW_MONTH, HOUR / 24);
        buf_printf(ctx, "%s %u %u;", x->key, hour ? hour->up_ms : 0,
                   day ? day->up_ms : 0);
        free(x->value);
    }
    map_destroy(by_name);
}

static void test_what_was_put_is_there_again(void **ctx)
{
    struct buf seen = BUF_MAX(4096);
    struct verdict_file *f = open_in(*ctx);
    put_change(f, "db", 10, HEALTH_DOWN, "no answer");
    put_change(f, "db", 20, HEALTH_UP, "");
    put_change(f, "O'Neill \xff", 30, HEALTH_DEGRADED, "\xf0\x28");
    put_hour(f, "db", HOUR, 1000);
    put_hour(f, "db", HOUR, 3000); /* replaces */
    put_hour(f, "db", HOUR - 1, 7000);
    verdict_file_close(f);

    f = open_in(*ctx);
    verdict_file_states(f, see, &seen);
    assert_non_null(strstr(buf_text(&seen), "db up 20;"));
    assert_non_null(strstr(buf_text(&seen), " degraded 30;"));
    buf_clear(&seen);
    verdict_file_load(f, at(60), note_loaded, &seen);
    assert_string_equal("db 3000 3000;", buf_text(&seen));
    buf_finish(&seen);

    struct buf text = read_text(f, "db", 15);
    assert_string_equal(
        "{\"kept\":\"file\",\"changes\":[{\"at\":\"2024-10-04T00:00:20.000Z\","
        "\"health\":\"up\",\"reason\":\"timeout\",\"detail\":\"\"}],"
        "\"hours\":[[1728000000,3,0,0,4,1,0,0]]}\n",
        buf_text(&text));
    buf_finish(&text);
    verdict_file_close(f);
}

static void test_who_was_never_up(void **ctx)
{
    struct buf seen = BUF_MAX(4096);
    struct verdict_file *f = open_in(*ctx);
    put_change(f, "new", 10, HEALTH_DOWN, "");
    put_change(f, "fell", 10, HEALTH_DEGRADED, "");
    put_change(f, "fell", 20, HEALTH_DOWN, "");
    put_change(f, "long", 30, HEALTH_DOWN, ""); /* its change to up is too old */
    put_hour(f, "long", HOUR, 1000);
    put_change(f, "well", 40, HEALTH_UP, "");
    verdict_file_states(f, see, &seen);
    assert_non_null(strstr(buf_text(&seen), "new down 10 ever;"));
    assert_non_null(strstr(buf_text(&seen), "fell down 20;"));
    assert_non_null(strstr(buf_text(&seen), "long down 30;"));
    assert_non_null(strstr(buf_text(&seen), "well up 40;"));
    buf_finish(&seen);
    verdict_file_close(f);
}

static void test_what_is_too_old_goes(void **ctx)
{
    struct verdict_file *f = open_in(*ctx);
    put_hour(f, "gone", HOUR, 1000);
    put_hour(f, "db", HOUR, 1000);
    put_hour(f, "db", HOUR + (int64_t)91 * 24, 2000);
    put_change(f, "db", 10, HEALTH_DOWN, "");
    verdict_file_prune(f, at((int64_t)91 * 86400));
    struct buf text = read_text(f, "db", 0), seen = BUF_MAX(4096);
    assert_non_null(strstr(buf_text(&text), "\"changes\":[],\"hours\":[[1735862400,2,"));
    assert_null(strstr(buf_text(&text), "],["));
    verdict_file_states(f, see, &seen); /* who has no row left has no name either */
    assert_null(strstr(buf_text(&seen), "gone"));
    buf_finish(&text);
    buf_finish(&seen);
    verdict_file_close(f);
}

static void test_a_damaged_file_is_no_fault(void **ctx)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/verdicts.db", (const char *)*ctx);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 2000; i++)
        fputs("this is no database, ", file);
    fclose(file);
    struct verdict_file *f = open_in(*ctx);
    put_hour(f, "db", HOUR, 1000);
    struct buf text = read_text(f, "db", 0);
    assert_non_null(strstr(buf_text(&text), "[[1728000000,1,"));
    buf_finish(&text);
    verdict_file_close(f);
}

static int make_folder(void **ctx)
{
    *ctx = strdup("/tmp/healthd-verdicts-XXXXXX");
    return mkdtemp(*ctx) ? 0 : -1;
}

static int remove_folder(void **ctx)
{
    const int status = folder_remove(*ctx);
    free(*ctx);
    return status;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_what_was_put_is_there_again),
        IN_FOLDER(test_who_was_never_up),
        IN_FOLDER(test_what_is_too_old_goes),
        IN_FOLDER(test_a_damaged_file_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
