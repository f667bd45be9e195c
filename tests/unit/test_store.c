/* SPDX-License-Identifier: Apache-2.0 */
/* The store inline: one piece is one transaction, faults have names, a damaged file is put aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/store.h"

static const char *const schema[] = {
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL)",
    "ALTER TABLE t ADD COLUMN d TEXT DEFAULT 'new'",
    NULL,
};

struct fixture {
    char folder[64], path[128];
    struct store *store;
    enum store_fault opened, ended;
    struct err err;
    int done;
};

static void open_store(struct fixture *f, const char *const *statements)
{
    f->err = (struct err){0};
    f->store = store_open(
        NULL,
        &(struct store_conf){
            .path = f->path, .schema = statements, .is_durable = true, .is_inline = true},
        &f->opened, &f->err);
}

static void start(struct fixture *f)
{
    *f = (struct fixture){.folder = "/tmp/healthd-store-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/s.db", f->folder);
    open_store(f, schema);
    assert_non_null(f->store);
}

static size_t files(const struct fixture *f, const char *pattern)
{
    char text[200];
    glob_t found = {0};
    snprintf(text, sizeof(text), "%s/%s", f->folder, pattern);
    glob(text, 0, NULL, &found);
    const size_t count = found.gl_pathc;
    globfree(&found);
    return count;
}

static void finish(struct fixture *f)
{
    char text[200];
    glob_t found = {0};
    store_close(f->store, 0);
    snprintf(text, sizeof(text), "%s/*", f->folder);
    glob(text, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
    rmdir(f->folder);
}

static void on_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct fixture *f = ctx;
    f->done++;
    f->ended = fault;
    f->err = *e;
}

static bool insert(void *ctx, struct store_db *db, struct err *e)
{
    return store_run(db, e, "INSERT INTO t(b, c) VALUES(?, ?)", "td", "x", 1.5) &&
           store_run(db, e, "INSERT INTO t(b, c) VALUES(?, ?)", "bd", bytes_of("yy"),
                     2.5);
}

static bool insert_and_refuse(void *ctx, struct store_db *db, struct err *e)
{
    return insert(ctx, db, e) && err_set(e, "no");
}

static bool nonsense(void *ctx, struct store_db *db, struct err *e)
{
    return insert(ctx, db, e) && store_run(db, e, "INSERT INTO missing VALUES(1)", "");
}

static bool too_much(void *ctx, struct store_db *db, struct err *e)
{
    if (!store_run(db, e, "PRAGMA max_page_count=8", ""))
        return false;
    for (int i = 0; i < 200; i++) {
        if (!store_run(db, e, "INSERT INTO t(b) VALUES(hex(zeroblob(1000)))", ""))
            return false;
    }
    return true;
}

static bool take_row(void *ctx, struct store_row *r)
{
    buf_printf(ctx, "%lld %s %g %s%s; ", (long long)store_int(r, 0), store_text(r, 1),
               store_double(r, 2), store_text(r, 3), store_is_null(r, 4) ? " null" : "");
    return true;
}

static bool read_all(void *ctx, struct store_db *db, struct err *e)
{
    return store_query(db, e, take_row, ctx, "SELECT a, b, c, d, NULL FROM t ORDER BY a",
                       "");
}

static void expect_rows(struct fixture *f, const char *rows)
{
    struct buf text = BUF_MAX(1000);
    assert_int_equal(store_now(f->store, read_all, &text, &f->err), STORE_OK);
    assert_string_equal(buf_text(&text), rows);
    buf_finish(&text);
}

static void a_piece_is_all_or_nothing(void **state)
{
    static const struct {
        store_work *work;
        enum store_fault fault;
        const char *rows;
    } cases[] = {
        {insert, STORE_OK, "1 x 1.5 new null; 2 yy 2.5 new null; "},
        {insert_and_refuse, STORE_BUG, ""},
        {nonsense, STORE_BUG, ""},
        {too_much, STORE_FULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        start(&f);
        assert_true(store_submit(f.store, cases[i].work, on_done, &f));
        assert_int_equal(f.done, 1);
        assert_string_equal(store_fault_name(f.ended), store_fault_name(cases[i].fault));
        assert_int_equal(f.ended == STORE_OK, f.err.text[0] == '\0');
        expect_rows(&f, cases[i].rows);
        finish(&f);
    }
}

static void rows_survive_and_mode_is_private(void **state)
{
    struct fixture f;
    struct stat info;
    (void)state;
    start(&f);
    store_submit(f.store, insert, on_done, &f);
    store_close(f.store, 0);
    open_store(&f, schema);
    assert_int_equal(f.opened, STORE_OK);
    expect_rows(&f, "1 x 1.5 new null; 2 yy 2.5 new null; ");
    assert_int_equal(stat(f.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    finish(&f);
}

static void the_reserve_is_given_back_once(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    assert_int_equal(files(&f, "*.reserve"), 1);
    store_submit(f.store, too_much, on_done, &f);
    assert_int_equal(f.ended, STORE_FULL);
    assert_int_equal(files(&f, "*.reserve"), 0);
    finish(&f);
}

static void damage_is_put_aside(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    store_submit(f.store, insert, on_done, &f);
    store_close(f.store, 0);
    const int fd = open(f.path, O_WRONLY);
    assert_int_equal(pwrite(fd, "this is no database at all", 26, 0), 26);
    close(fd);
    open_store(&f, schema);
    assert_non_null(f.store);
    assert_int_equal(f.opened, STORE_CORRUPT);
    assert_non_null(strstr(f.err.text, ".corrupt-"));
    assert_int_equal(files(&f, "s.db.corrupt-*"), 1);
    expect_rows(&f, "");
    finish(&f);
}

static void a_newer_file_is_left_alone(void **state)
{
    static const char *const older[] = {schema[0], NULL};
    struct fixture f;
    (void)state;
    start(&f);
    store_close(f.store, 0);
    open_store(&f, older);
    assert_null(f.store);
    assert_non_null(strstr(f.err.text, "newer version"));
    assert_int_equal(files(&f, "s.db.corrupt-*"), 0);
    finish(&f);
}

static void no_folder_is_an_error(void **state)
{
    struct fixture f = {.path = "/nonexistent/s.db"};
    (void)state;
    open_store(&f, schema);
    assert_null(f.store);
    assert_int_equal(f.opened, STORE_IO);
    assert_non_null(strstr(f.err.text, "/nonexistent/s.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_piece_is_all_or_nothing),
        cmocka_unit_test(rows_survive_and_mode_is_private),
        cmocka_unit_test(the_reserve_is_given_back_once),
        cmocka_unit_test(damage_is_put_aside),
        cmocka_unit_test(a_newer_file_is_left_alone),
        cmocka_unit_test(no_folder_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
