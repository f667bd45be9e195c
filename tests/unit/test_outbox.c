/* SPDX-License-Identifier: Apache-2.0 */
/* What waits: by receiver and lane, over restarts, within its bounds, and by hand. The ledger works inline in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/outbox_impl.h"
#include "lib/base/attr.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

struct fixture {
    char folder[64], path[128];
    struct ledger *ledger;
    struct outbox *outbox;
    struct outbox_limits limits;
    struct err err;
    struct buf text;
    struct wall now;
    struct loop *loop; /* NULL: the disk answers at once */
    struct timer *timer;
};

static void quiet(void *ctx, struct buf *line)
{
}

static void open_outbox(struct fixture *f)
{
    enum store_fault fault;
    f->ledger = ledger_open(f->loop, f->path, !f->loop, &fault, &f->err);
    assert_non_null(f->ledger);
    ledger_advance(f->ledger, f->now);
    f->outbox = outbox_open(f->ledger, &f->limits, &f->err);
    assert_non_null(f->outbox);
}

static void start(struct fixture *f, struct outbox_limits limits)
{
    *f = (struct fixture){.folder = "/tmp/healthd-outbox-XXXXXX",
                          .limits = limits,
                          .text = BUF_MAX(100000),
                          .now = {1000 * NSEC_PER_SEC}};
    log_to(quiet, NULL);
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/alerts.db", f->folder);
    open_outbox(f);
}

static void restart(struct fixture *f)
{
    ledger_close(f->ledger, 0);
    outbox_close(f->outbox);
    open_outbox(f);
}

static void finish(struct fixture *f)
{
    char pattern[200];
    glob_t found = {0};
    outbox_close(f->outbox);
    ledger_close(f->ledger, 0);
    log_to(NULL, NULL);
    snprintf(pattern, sizeof(pattern), "%s/*", f->folder);
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
    rmdir(f->folder);
    buf_finish(&f->text);
}

static void tell(struct fixture *f, const char *receiver, const char *lane,
                 enum notice_kind kind, const char *title)
{
    struct ledger_txn *t = ledger_begin(f->ledger);
    ledger_notice(t, &(struct notice){.kind = kind,
                                      .receiver = receiver,
                                      .lane = lane,
                                      .title = title,
                                      .severity = "warning",
                                      .made = f->now});
    ledger_commit(t, NULL, NULL);
}

static struct waiting *first_of(struct fixture *f, const char *receiver, const char *lane)
{
    return lane_first(box_lane(outbox_box(f->outbox, receiver), lane));
}

/* Wherever the rows of a lane are: of all that outbox_each walks. */
static void expect_newest(const struct fixture *f, const struct outbox_row *r)
{
    const struct outbox_row *newest = outbox_newest(f->outbox, r->receiver, r->lane);
    assert_non_null(newest);
    assert_true(newest->id >= r->id);
    assert_string_equal(newest->receiver, r->receiver);
    assert_string_equal(newest->lane, r->lane);
}

static void add_row(void *ctx, const struct outbox_row *r)
{
    struct fixture *f = ctx;
    expect_newest(f, r);
    buf_printf(&f->text, "%llu %s %s%s%s%s; ", (unsigned long long)r->id, r->lane,
               r->title, r->state == ROW_PENDING ? "" : " ",
               r->state == ROW_PENDING ? "" : row_state_name(r->state),
               r->is_in_doubt ? " in doubt" : "");
}

static void expect_rows(struct fixture *f, const char *rows)
{
    buf_clear(&f->text);
    outbox_each(f->outbox, add_row, f);
    assert_string_equal(buf_text(&f->text), rows);
}

static void take_payload(void *ctx, struct bytes payload)
{
    buf_clear(ctx);
    buf_add_bytes(ctx, payload);
}

static void expect_payload(struct fixture *f, struct waiting *w, const char *part)
{
    waiting_read(w, take_payload, &f->text);
    assert_non_null(strstr(buf_text(&f->text), part));
}

/* ---- stories ---- */

static void rows_wait_over_a_restart(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    tell(&f, "page", "a", NOTICE_TRIGGER, "A");
    tell(&f, "page", "b", NOTICE_TRIGGER, "B");
    tell(&f, "page", "a", NOTICE_RESOLVE, "A ends");
    tell(&f, "chat", "c", NOTICE_TRIGGER, "C");
    row_sending(first_of(&f, "page", "a"), f.now, NULL, NULL);
    row_delivered(first_of(&f, "page", "b"), "remote", f.now);
    expect_rows(&f, "1 a A sending; 3 a A ends; 4 c C; 2 b B done; ");
    restart(&f);
    expect_rows(&f, "1 a A in doubt; 3 a A ends; 4 c C; ");
    assert_int_equal(first_of(&f, "page", "a")->row.attempts, 1);
    expect_payload(&f, first_of(&f, "page", "a"), "\"title\":\"A\"");
    const struct lane *told = box_lane(outbox_box(f.outbox, "page"), "b");
    assert_true(told->was_told);
    assert_string_equal(told->remote, "remote");
    finish(&f);
}

static void parts_go_out_with_their_row_after_a_restart(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    tell(&f, "chat", "a", NOTICE_TRIGGER, "A");
    tell(&f, "chat", "b", NOTICE_TRIGGER, "B");
    tell(&f, "chat", "a", NOTICE_RESOLVE, "A ends");
    tell(&f, "chat", "b", NOTICE_RESOLVE, "B ends");
    struct waiting *trigger = first_of(&f, "chat", "a");
    struct waiting *resolve = LIST_ITEM(trigger->link.next, struct waiting, link);
    row_merge(trigger, resolve, "test", f.now);
    row_merge(first_of(&f, "chat", "b"), resolve, "test", f.now);
    for (int i = 0; i < 2; i++) {
        const struct waiting *w = first_of(&f, "chat", "a");
        assert_int_equal(w->part_count, 2);
        assert_string_equal(waiting_part(w)->row.title, "A");
        assert_null(w->lane->part);
        assert_non_null(first_of(&f, "chat", "b")->lane->part);
        expect_payload(&f, waiting_part(w), "\"title\":\"A\"");
        restart(&f);
    }
    expect_rows(&f, "3 a A ends; 4 b B ends; ");
    row_delivered(first_of(&f, "chat", "a"), NULL, f.now);
    assert_null(first_of(&f, "chat", "b")->lane->part);
    assert_true(first_of(&f, "chat", "b")->lane->was_told);
    restart(&f);
    expect_rows(&f, "4 b B ends; ");
    assert_true(first_of(&f, "chat", "b")->lane->was_told);
    finish(&f);
}

static void dead_letters_wait_for_a_hand(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    tell(&f, "page", "a", NOTICE_TRIGGER, "A");
    tell(&f, "page", "b", NOTICE_TRIGGER, "B");
    row_dead(first_of(&f, "page", "a"), "HTTP 400", f.now);
    row_dead(first_of(&f, "page", "b"), "HTTP 400", f.now);
    tell(&f, "page", "a", NOTICE_RESOLVE, "A ends");
    restart(&f);
    assert_int_equal(outbox_stats(f.outbox, "page").dead, 2);
    assert_true(outbox_retry(f.outbox, 1, f.now, &f.err));
    assert_true(outbox_drop(f.outbox, 2, "somebody", f.now, &f.err));
    assert_false(outbox_drop(f.outbox, 2, "somebody", f.now, &f.err));
    assert_int_equal(outbox_stats(f.outbox, "page").dead, 0);
    expect_rows(&f, "1 a A; 3 a A ends; 2 b B done; ");
    restart(&f);
    expect_rows(&f, "1 a A; 3 a A ends; ");
    finish(&f);
}

static void a_lane_that_nobody_needs_is_forgotten(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    for (int i = 0; i < 3 * OUTBOX_SETTLED; i++) {
        char lane[16];
        snprintf(lane, sizeof(lane), "l%d", i);
        tell(&f, "page", lane, NOTICE_TRIGGER, lane);
        row_delivered(first_of(&f, "page", lane), NULL, f.now);
        tell(&f, "page", lane, NOTICE_RESOLVE, lane);
        row_delivered(first_of(&f, "page", lane), NULL, f.now);
    }
    assert_int_equal(map_count(outbox_box(f.outbox, "page")->lanes), OUTBOX_SETTLED / 2);
    assert_null(outbox_newest(f.outbox, "page", "l0"));
    assert_null(outbox_newest(f.outbox, "nobody", "l0"));
    finish(&f);
}

/* A receiver that takes nothing: what says nothing new is folded, first triggers and last states stay. */
static void bounds_hold_and_states_stay(void **state)
{
    struct fixture f;
    size_t named = 0;
    (void)state;
    start(&f, (struct outbox_limits){.max_rows = 100});
    for (int i = 0; i < 2000; i++) {
        char lane[16], title[32];
        snprintf(lane, sizeof(lane), "l%d", i % 150);
        snprintf(title, sizeof(title), "%s %d", lane, i / 150);
        tell(&f, "page", lane, i < 150 ? NOTICE_TRIGGER : NOTICE_REMINDER, title);
    }
    assert_true(outbox_stats(f.outbox, NULL).pending <= 100);
    for (int i = 0; i < 2; i++) {
        named = 0;
        LIST_EACH (it, &outbox_box(f.outbox, "page")->live) {
            const struct lane *l = LIST_ITEM(it, struct lane, link);
            LIST_EACH (row, &l->rows) {
                const struct waiting *w = LIST_ITEM(row, struct waiting, link);
                named += w->row.kind == NOTICE_TRIGGER;
                LIST_EACH (at, &w->parts) { /* of another lane its last state alone */
                    const struct waiting *part = LIST_ITEM(at, struct waiting, link);
                    named += part->lane != l || part->row.kind == NOTICE_TRIGGER;
                }
            }
        }
        assert_int_equal(named, 150);
        restart(&f);
    }
    finish(&f);
}

/* A digest of more than can be named: each lane of it was told, and is told of its end. */
static void a_digest_of_thousands_tells_each_lane(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    for (int i = 0; i < 1500; i++) {
        char lane[16];
        snprintf(lane, sizeof(lane), "l%d", i);
        tell(&f, "chat", lane, NOTICE_TRIGGER, lane);
        if (i > 0)
            row_merge(first_of(&f, "chat", lane), first_of(&f, "chat", "l0"), "test",
                      f.now);
    }
    tell(&f, "chat", "l1400", NOTICE_RESOLVE, "ends");
    restart(&f);
    struct waiting *digest = first_of(&f, "chat", "l0");
    assert_int_equal(digest->part_count, 1499);
    assert_string_equal(LIST_ITEM(digest->parts.prev, struct waiting, link)->row.title,
                        "");
    struct waiting *end = first_of(&f, "chat", "l1400");
    assert_ptr_equal(end->lane->part->carrier, digest);
    row_delivered(digest, NULL, f.now);
    assert_null(end->lane->part);
    assert_true(end->lane->was_told);
    assert_true(box_lane(outbox_box(f.outbox, "chat"), "l1499")->was_told);
    finish(&f);
}

/* ---- a disk that takes its time ---- */

static void look_at_lanes(void *ctx)
{
    struct fixture *f = ctx;
    if (first_of(f, "chat", "b")->lane->settling)
        timer_at(f->timer, mono_add(loop_now(f->loop), NSEC_PER_MSEC));
    else
        loop_stop(f->loop);
}

static void parts_go_on_when_their_digest_is_on_disk(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    tell(&f, "chat", "a", NOTICE_TRIGGER, "A");
    tell(&f, "chat", "b", NOTICE_TRIGGER, "B");
    row_merge(first_of(&f, "chat", "b"), first_of(&f, "chat", "a"), "test", f.now);
    tell(&f, "chat", "b", NOTICE_RESOLVE, "B ends");
    f.loop = loop_create(&f.err);
    f.timer = loop_timer_create(f.loop, "test", look_at_lanes, &f);
    restart(&f);
    row_delivered(first_of(&f, "chat", "a"), NULL, f.now);
    const struct lane *b = first_of(&f, "chat", "b")->lane;
    assert_null(b->part);
    assert_int_equal(b->settling, 1); /* a kill now would send the digest again */
    timer_at(f.timer, loop_now(f.loop));
    loop_run(f.loop);
    assert_int_equal(b->settling, 0);
    timer_destroy(f.timer);
    finish(&f);
    loop_destroy(f.loop);
}

/* ---- dead letters by hand ---- */

static struct waiting *die(struct fixture *f, const char *lane)
{
    struct waiting *w = first_of(f, "page", lane);
    row_dead(w, "refused", f->now);
    return w;
}

static void a_beginning_sent_again_takes_its_end_along(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    tell(&f, "page", "a", NOTICE_TRIGGER, "A");
    tell(&f, "page", "a", NOTICE_RESOLVE, "A ends");
    die(&f, "a");
    die(&f, "a");
    restart(&f);
    expect_rows(&f, "1 a A dead; 2 a A ends dead; ");
    assert_true(outbox_retry(f.outbox, 1, f.now, &f.err));
    expect_rows(&f, "1 a A; 2 a A ends; ");
    die(&f, "a");
    die(&f, "a");
    assert_true(
        outbox_retry(f.outbox, 2, f.now, &f.err)); /* alone it would end nothing */
    expect_rows(&f, "1 a A; 2 a A ends; ");
    die(&f, "a");
    die(&f, "a");
    assert_true(outbox_drop(f.outbox, 1, "ana", f.now, &f.err));
    expect_rows(&f, "1 a A done; 2 a A ends done; ");
    assert_int_equal(outbox_stats(f.outbox, NULL).dead, 0);
    finish(&f);
}

static void what_is_overtaken_is_not_sent_again(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    tell(&f, "page", "a", NOTICE_TRIGGER, "A");
    tell(&f, "page", "a", NOTICE_UPDATE, "A grows");
    tell(&f, "page", "a", NOTICE_RESOLVE, "A ends");
    die(&f, "a");
    row_delivered(first_of(&f, "page", "a"), NULL, f.now);
    row_delivered(first_of(&f, "page", "a"), NULL, f.now);
    for (int i = 0; i < 2; i++) {
        f.err = (struct err){0};
        assert_false(outbox_retry(f.outbox, 1, f.now, &f.err));
        assert_non_null(strstr(f.err.text, "page has accepted what came after"));
        restart(&f);
    }
    assert_true(outbox_drop(f.outbox, 1, "ana", f.now, &f.err));
    restart(&f);
    assert_int_equal(map_count(outbox_box(f.outbox, "page")->lanes), 0);
    finish(&f);
}

static void many_rows_take_little_memory(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, (struct outbox_limits){0});
    char title[2000];
    memset(title, 'x', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    for (int i = 0; i < 4000; i++)
        tell(&f, "page", "a", NOTICE_TRIGGER, title);
    assert_true(f.outbox->in_memory <= OUTBOX_MEMORY_BYTES);
    expect_payload(
        &f, LIST_ITEM(first_of(&f, "page", "a")->lane->rows.prev, struct waiting, link),
        "xxxx");
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_wait_over_a_restart),
        cmocka_unit_test(parts_go_out_with_their_row_after_a_restart),
        cmocka_unit_test(dead_letters_wait_for_a_hand),
        cmocka_unit_test(a_lane_that_nobody_needs_is_forgotten),
        cmocka_unit_test(bounds_hold_and_states_stay),
        cmocka_unit_test(a_digest_of_thousands_tells_each_lane),
        cmocka_unit_test(parts_go_on_when_their_digest_is_on_disk),
        cmocka_unit_test(a_beginning_sent_again_takes_its_end_along),
        cmocka_unit_test(what_is_overtaken_is_not_sent_again),
        cmocka_unit_test(many_rows_take_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
