/* SPDX-License-Identifier: Apache-2.0 */
/* The store's thread: pieces in order, ends on the loop, nothing lost by closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/loop.h"
#include "lib/core/store.h"

enum { PIECES = 500 };

struct fixture {
    struct loop *loop;
    struct store *store;
    int done, failed, order;
    bool is_in_order;
};

struct piece {
    struct fixture *f;
    int number;
};

static const char *const schema[] = {"CREATE TABLE t(a INTEGER PRIMARY KEY, n INTEGER)",
                                     NULL};

static bool insert(void *ctx, struct store_db *db, struct err *e)
{
    const struct piece *p = ctx;
    return store_run(db, e, "INSERT INTO t(n) VALUES(?)", "i", (int64_t)p->number);
}

static void on_done(void *ctx, enum store_fault fault, const struct err *e)
{
    const struct piece *p = ctx;
    p->f->is_in_order = p->f->is_in_order && p->number == p->f->done;
    p->f->failed += fault != STORE_OK;
    if (++p->f->done == PIECES)
        loop_stop(p->f->loop);
}

static bool count_row(void *ctx, struct store_row *r)
{
    *(int64_t *)ctx = store_int(r, 0);
    return false;
}

static bool count(void *ctx, struct store_db *db, struct err *e)
{
    return store_query(db, e, count_row, ctx, "SELECT count(*) FROM t WHERE n = a - 1",
                       "");
}

static void start(struct fixture *f, struct piece *pieces)
{
    struct err e;
    enum store_fault fault;
    *f = (struct fixture){.is_in_order = true, .loop = loop_create(&e)};
    f->store = store_open(
        f->loop, &(struct store_conf){.path = ":memory:", .schema = schema}, &fault, &e);
    assert_non_null(f->store);
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = (struct piece){f, i};
        assert_true(store_submit(f->store, insert, on_done, &pieces[i]));
    }
}

static void pieces_end_in_order_on_the_loop(void **state)
{
    struct fixture f;
    struct piece pieces[PIECES];
    struct err e;
    int64_t rows = 0;
    (void)state;
    start(&f, pieces);
    loop_hold(f.loop);
    loop_run(f.loop);
    loop_release(f.loop);
    assert_true(f.is_in_order);
    assert_int_equal(f.failed, 0);
    assert_int_equal(store_now(f.store, count, &rows, &e), STORE_OK);
    assert_int_equal(rows, PIECES);
    assert_int_equal(store_waiting(f.store), 0);
    store_close(f.store, NSEC_PER_SEC);
    loop_destroy(f.loop);
}

static void closing_finishes_what_waits(void **state)
{
    struct fixture f;
    struct piece pieces[PIECES];
    (void)state;
    start(&f, pieces);
    store_close(f.store, 30 * NSEC_PER_SEC);
    assert_int_equal(f.done, PIECES);
    assert_int_equal(f.failed, 0);
    loop_destroy(f.loop);
}

static void draining_tells_what_has_ended(void **state)
{
    struct fixture f;
    struct piece pieces[PIECES];
    (void)state;
    start(&f, pieces);
    assert_true(store_drain(f.store, 30 * NSEC_PER_SEC));
    assert_int_equal(f.done, PIECES);
    store_close(f.store, 0);
    loop_destroy(f.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_end_in_order_on_the_loop),
        cmocka_unit_test(closing_finishes_what_waits),
        cmocka_unit_test(draining_tells_what_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
