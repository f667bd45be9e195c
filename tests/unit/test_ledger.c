/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger inline: commits are whole and in order; what the disk refuses is told nevertheless, and written later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/ledger_impl.h"
#include "lib/base/attr.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/json.h"
#include "lib/core/loop.h"

struct fixture {
    char folder[64], path[128];
    struct ledger *ledger;
    enum store_fault opened;
    struct err err;
    struct buf told, log;
    int nested; /* commits still to make when told */
};

static void on_arrived(void *ctx, const struct arrival *a)
{
    struct fixture *f = ctx;
    buf_printf(&f->told, "%llu%s:%s ", (unsigned long long)a->row->id,
               a->is_durable ? "" : "!", a->row->title);
    assert_true(a->payload.len > 0);
}

static void on_saved(void *ctx, uint64_t id)
{
    struct fixture *f = ctx;
    buf_printf(&f->told, "%llu saved ", (unsigned long long)id);
}

static void keep_line(void *ctx, struct buf *line)
{
    struct fixture *f = ctx;
    buf_add_bytes(&f->log, buf_bytes(line));
}

static void open_ledger(struct fixture *f)
{
    f->err = (struct err){0};
    f->ledger = ledger_open(NULL, f->path, true, &f->opened, &f->err);
    assert_non_null(f->ledger);
    ledger_set_hooks(f->ledger, &(struct ledger_hooks){
                                    .ctx = f, .arrived = on_arrived, .saved = on_saved});
}

static void start(struct fixture *f)
{
    *f = (struct fixture){.folder = "/tmp/healthd-ledger-XXXXXX",
                          .told = BUF_MAX(10000),
                          .log = BUF_MAX(4 << 20)};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/alerts.db", f->folder);
    log_to(keep_line, f);
    open_ledger(f);
}

static void finish(struct fixture *f)
{
    char text[200];
    glob_t found = {0};
    ledger_close(f->ledger, 0);
    log_to(NULL, NULL);
    snprintf(text, sizeof(text), "%s/*", f->folder);
    glob(text, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
    rmdir(f->folder);
    buf_finish(&f->told);
    buf_finish(&f->log);
}

static void expect_told(struct fixture *f, const char *told)
{
    assert_string_equal(buf_text(&f->told), told);
    buf_clear(&f->told);
}

static bool take_fact(void *ctx, const char *key, const char *value)
{
    buf_printf(ctx, "%s=%s ", key, value);
    return true;
}

static void expect_facts(struct fixture *f, enum ledger_kind kind, const char *facts)
{
    struct buf text = BUF_MAX(10000);
    assert_true(ledger_load(f->ledger, kind, take_fact, &text, &f->err));
    assert_string_equal(buf_text(&text), facts);
    buf_finish(&text);
}

static struct ledger_txn *with_notice(struct fixture *f, const char *title)
{
    struct ledger_txn *t = ledger_begin(f->ledger);
    ledger_notice(t, &(struct notice){.kind = NOTICE_TRIGGER,
                                      .receiver = "chat",
                                      .lane = "l",
                                      .title = title,
                                      .severity = "critical"});
    return t;
}

static void on_done(void *ctx, bool is_durable)
{
    struct fixture *f = ctx;
    buf_add_text(&f->told, is_durable ? "done " : "not durable ");
    if (f->nested-- > 0)
        ledger_commit(with_notice(f, "nested"), on_done, f);
}

/* ---- the disk ---- */

static bool limit_pages(void *ctx, struct store_db *db, struct err *e)
{
    return store_run(db, e,
                     ctx ? "PRAGMA max_page_count=4" : "PRAGMA max_page_count=99999", "");
}

static void disk_fills(struct fixture *f, bool is_full)
{
    store_now(ledger_store(f->ledger), limit_pages, is_full ? f : NULL, &f->err);
}

/* A transaction that needs more pages than a full disk has. */
static void add_bulk(struct ledger_txn *t)
{
    char bulk[20000];
    memset(bulk, 'x', sizeof(bulk) - 1);
    bulk[sizeof(bulk) - 1] = '\0';
    ledger_put(t, LEDGER_MEMO, "bulk", bulk);
}

/* ---- stories ---- */

/* What is taken is not copied, ends with the transaction, and counts as what it holds. */
static void what_is_taken_is_not_copied(void **state)
{
    enum { LARGE = 1 << 20 };
    struct fixture f;
    (void)state;
    start(&f);
    struct ledger_txn *t = ledger_begin(f.ledger);
    const size_t before = ledger_txn_bytes(t);
    char *json = memory_take(LARGE);
    memset(json, 'x', LARGE - 1);
    json[LARGE - 1] = '\0';
    ledger_put_taken(t, LEDGER_GROUP, "g", json, LARGE - 1);
    assert_ptr_equal(t->first->text, json);
    assert_in_range(ledger_txn_bytes(t) - before, LARGE, LARGE + 1000);
    ledger_abandon(t);
    t = ledger_begin(f.ledger);
    ledger_put_taken(t, LEDGER_GROUP, "g", memory_strdup("1"), 1);
    ledger_commit(t, on_done, &f);
    expect_told(&f, "done ");
    expect_facts(&f, LEDGER_GROUP, "g=1 ");
    finish(&f);
}

static void facts_survive_and_the_last_wins(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    struct ledger_txn *t = ledger_begin(f.ledger);
    assert_true(ledger_is_empty(t));
    ledger_put(t, LEDGER_ALERT, "a", "1");
    ledger_put(t, LEDGER_ALERT, "b", "1");
    ledger_put(t, LEDGER_ALERT, "a", "2");
    ledger_put(t, LEDGER_GROUP, "a", "other kind");
    assert_false(ledger_is_empty(t));
    ledger_commit(t, NULL, NULL);
    t = ledger_begin(f.ledger);
    ledger_drop(t, LEDGER_ALERT, "b");
    ledger_commit(t, on_done, &f);
    t = ledger_begin(f.ledger);
    ledger_put(t, LEDGER_ALERT, "never", "1");
    ledger_abandon(t);
    expect_told(&f, "done ");
    ledger_close(f.ledger, 0);
    open_ledger(&f);
    expect_facts(&f, LEDGER_ALERT, "a=2 ");
    expect_facts(&f, LEDGER_GROUP, "a=other kind ");
    finish(&f);
}

static void notices_get_ids_that_never_come_again(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    ledger_commit(with_notice(&f, "first"), on_done, &f);
    expect_told(&f, "1:first done ");
    struct ledger_txn *t = ledger_begin(f.ledger);
    ledger_row_settle(t, 1);
    ledger_commit(t, NULL, NULL);
    ledger_close(f.ledger, 0);
    open_ledger(&f);
    ledger_commit(with_notice(&f, "second"), NULL, NULL);
    expect_told(&f, "2:second ");
    finish(&f);
}

static void a_full_disk_holds_up_nobody(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    ledger_advance(f.ledger, (struct wall){100 * NSEC_PER_SEC});
    disk_fills(&f, true);
    struct ledger_txn *t = with_notice(&f, "page");
    add_bulk(t);
    ledger_put(t, LEDGER_ALERT, "a", "1");
    ledger_commit(t, on_done, &f);
    expect_told(&f, "1!:page not durable ");
    assert_string_equal(store_fault_name(ledger_health(f.ledger).fault), "full");
    assert_int_equal(ledger_health(f.ledger).waiting, 1);
    assert_non_null(strstr(buf_text(&f.log), "notice not on disk"));
    assert_non_null(strstr(buf_text(&f.log), "\\\"receiver\\\":\\\"chat\\\""));
    t = ledger_begin(f.ledger);
    ledger_put(t, LEDGER_ALERT, "a", "2");
    ledger_commit(t, NULL, NULL);
    expect_facts(&f, LEDGER_ALERT, "");

    disk_fills(&f, false);
    const struct wall soon = {101 * NSEC_PER_SEC}, later = {105 * NSEC_PER_SEC};
    assert_int_equal(ledger_advance(f.ledger, soon).ns, later.ns);
    ledger_advance(f.ledger, later);
    expect_told(&f, "1 saved ");
    expect_facts(&f, LEDGER_ALERT, "a=2 ");
    assert_string_equal(store_fault_name(ledger_health(f.ledger).fault), "ok");
    assert_int_equal(ledger_health(f.ledger).last_commit.ns, later.ns);
    finish(&f);
}

static void join_parts(struct bytes log, struct buf *ret)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct bytes line;
    while (bytes_line(&log, &line)) {
        const json_t *object = json_read(arena, line, 64 << 10, &e);
        assert_non_null(object);
        if (json_object_get(object, "part"))
            buf_add_text(ret, json_string_value(json_object_get(object, "notice")));
    }
    arena_destroy(arena);
}

/* More than fits into a line of the log. */
static void a_long_notice_is_told_whole(void **state)
{
    struct fixture f;
    struct buf told = BUF_MAX(1 << 20), json = BUF_MAX(1 << 20);
    struct notice_alert alerts[50] = {{0}};
    char detail[10001];
    (void)state;
    start(&f);
    memset(detail, '"', sizeof(detail) - 1);
    detail[sizeof(detail) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(alerts); i++)
        alerts[i] = (struct notice_alert){.key = "k", .detail = detail};
    const struct notice notice = {.kind = NOTICE_TRIGGER,
                                  .receiver = "chat",
                                  .lane = "l",
                                  .title = "long",
                                  .alerts = alerts,
                                  .alert_count = ARRAY_LEN(alerts)};
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    disk_fills(&f, true);
    struct ledger_txn *t = ledger_begin(f.ledger);
    add_bulk(t);
    ledger_notice(t, &notice);
    ledger_commit(t, NULL, NULL);
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    expect_told(&f, "1!:long ");
    join_parts(buf_bytes(&f.log), &told);
    notice_to_json(&notice, &json);
    assert_true(json.len > 500000);
    assert_string_equal(buf_text(&told), buf_text(&json));
    buf_finish(&told);
    buf_finish(&json);
    finish(&f);
}

static void what_was_refused_is_written_at_the_end(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    disk_fills(&f, true);
    struct ledger_txn *t = ledger_begin(f.ledger);
    add_bulk(t);
    ledger_put(t, LEDGER_ALERT, "a", "1");
    ledger_commit(t, NULL, NULL);
    disk_fills(&f, false);
    ledger_close(f.ledger, 0);
    open_ledger(&f);
    expect_facts(&f, LEDGER_ALERT, "a=1 ");
    finish(&f);
}

struct stuck { /* a disk that does not answer, until it is let go */
    int let_go[2];
};

static bool hang(void *ctx, struct store_db *db, struct err *e)
{
    const struct stuck *stuck = ctx;
    char byte;
    return read(stuck->let_go[0], &byte, 1) == 1;
}

static void commit_megabyte(struct fixture *f, const char *key)
{
    static char text[1 << 20];
    memset(text, 'x', sizeof(text) - 1);
    struct ledger_txn *t = ledger_begin(f->ledger);
    ledger_put(t, LEDGER_ALERT, key, text);
    ledger_commit(t, on_done, f);
}

static bool count_fact(void *ctx, const char *key, const char *value)
{
    ++*(int *)ctx;
    return true;
}

static void what_waits_for_a_hanging_disk_is_bounded(void **state)
{
    struct fixture f;
    struct stuck stuck;
    char key[20];
    int kept = 0;
    (void)state;
    start(&f);
    ledger_close(f.ledger, 0);
    struct loop *loop = loop_create(&f.err);
    f.ledger = ledger_open(loop, f.path, false, &f.opened, &f.err);
    assert_int_equal(pipe(stuck.let_go), 0);
    store_submit(ledger_store(f.ledger), hang, NULL, &stuck);
    commit_megabyte(&f, "in flight");
    ledger_advance(f.ledger, wall_add(loop_wall(loop), 20 * NSEC_PER_SEC));
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "%d", i);
        commit_megabyte(&f, key);
    }
    assert_in_range(ledger_health(f.ledger).waiting, 60, 65);
    assert_non_null(strstr(buf_text(&f.log), "commit given up"));

    assert_int_equal(write(stuck.let_go[1], "x", 1), 1);
    ledger_close(f.ledger, 10 * NSEC_PER_SEC);
    loop_destroy(loop);
    open_ledger(&f);
    assert_true(ledger_load(f.ledger, LEDGER_ALERT, count_fact, &kept, &f.err));
    assert_in_range(kept, 60, 65);
    close(stuck.let_go[0]);
    close(stuck.let_go[1]);
    finish(&f);
}

static void who_is_told_may_commit_more(void **state)
{
    static const struct {
        bool is_full;
        const char *told;
    } cases[] = {
        {false, "1:page done 2:nested done 3:nested done "},
        {true, "1!:page not durable 2!:nested not durable 3!:nested not durable "},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        start(&f);
        f.nested = 2;
        disk_fills(&f, cases[i].is_full);
        struct ledger_txn *t = with_notice(&f, "page");
        add_bulk(t);
        ledger_commit(t, on_done, &f);
        expect_told(&f, cases[i].told);
        finish(&f);
    }
}

enum { STORM = 3000 };

struct storm { /* thousands of notices in one transaction, on a loop */
    struct fixture f;
    struct loop *loop;
    uint64_t next_id;           /* that has to arrive */
    size_t durable, saved;      /* of those that arrived */
    size_t turns, turns_within; /* of the loop; while they arrived */
    bool is_late;               /* in the first turn it is thought to hang */
    bool is_done;
};

static void on_storm_arrived(void *ctx, const struct arrival *a)
{
    struct storm *s = ctx;
    assert_int_equal(a->row->id, s->next_id++);
    s->durable += a->is_durable;
    s->turns_within = s->turns;
}

static void on_storm_saved(void *ctx, uint64_t id)
{
    struct storm *s = ctx;
    assert_true(id < s->next_id);
    s->saved++;
}

static void on_storm_done(void *ctx, bool is_durable)
{
    struct storm *s = ctx;
    assert_int_equal(s->next_id, STORM + 1);
    s->is_done = true;
}

static void turn(void *ctx)
{
    struct storm *s = ctx;
    const struct wall late = wall_add(loop_wall(s->loop), NSEC_PER_MINUTE);
    s->turns++;
    if (s->is_done && ledger_health(s->f.ledger).waiting == 0)
        return;
    if (s->is_done)
        disk_fills(&s->f, false);
    if (s->is_done || (s->turns == 1 && s->is_late))
        ledger_advance(s->f.ledger, late);
    loop_defer(s->loop, "turn", turn, s);
}

static void storm_plays(struct storm *s, bool is_full)
{
    start(&s->f);
    ledger_close(s->f.ledger, 0);
    s->loop = loop_create(&s->f.err);
    s->f.ledger = ledger_open(s->loop, s->f.path, false, &s->f.opened, &s->f.err);
    ledger_set_hooks(s->f.ledger, &(struct ledger_hooks){.ctx = s,
                                                         .arrived = on_storm_arrived,
                                                         .saved = on_storm_saved});
    disk_fills(&s->f, is_full);
    struct ledger_txn *t = with_notice(&s->f, "page");
    for (int i = 1; i < STORM; i++)
        ledger_notice(t, &(struct notice){.kind = NOTICE_TRIGGER,
                                          .receiver = "chat",
                                          .lane = "l",
                                          .title = "page",
                                          .severity = "critical"});
    add_bulk(t);
    ledger_commit(t, on_storm_done, s);
    loop_defer(s->loop, "turn", turn, s);
    loop_run(s->loop);
    ledger_close(s->f.ledger, NSEC_PER_SEC);
    loop_destroy(s->loop);
    open_ledger(&s->f);
    finish(&s->f);
}

/* Told once each, in order, while the loop turns, whatever the disk answers meanwhile; and saved when it is well again. */
static void a_storm_that_the_disk_refuses_is_told_in_slices(void **state)
{
    static const struct {
        bool is_full, is_late;
    } cases[] = {{true, false}, {true, true}, {false, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct storm s = {.next_id = 1, .is_late = cases[i].is_late};
        storm_plays(&s, cases[i].is_full);
        assert_true(s.is_done);
        assert_int_equal(s.durable + s.saved, STORM);
        assert_true(!cases[i].is_full || s.durable == 0);
        assert_true(s.turns_within > 2);
    }
}

static void no_folder_means_memory_alone(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    ledger_close(f.ledger, 0);
    char kept[sizeof(f.path)];
    memcpy(kept, f.path, sizeof(kept));
    snprintf(f.path, sizeof(f.path), "/nonexistent/alerts.db");
    open_ledger(&f);
    const struct ledger_health health = ledger_health(f.ledger);
    assert_true(health.is_in_memory);
    assert_string_equal(store_fault_name(health.fault), "io");
    assert_non_null(strstr(health.why, "/nonexistent"));
    ledger_commit(with_notice(&f, "page"), on_done, &f);
    expect_told(&f, "1:page done ");
    assert_string_equal(store_fault_name(ledger_health(f.ledger).fault), "io");
    finish(&f);
}

static void take_journal(void *ctx, struct buf *text, const struct err *e)
{
    assert_non_null(text);
    buf_add_bytes(ctx, buf_bytes(text));
}

static void the_journal_is_read_from_its_end(void **state)
{
    struct fixture f;
    struct buf text = BUF_MAX(1000);
    (void)state;
    start(&f);
    struct ledger_txn *t = ledger_begin(f.ledger);
    for (int i = 1; i <= 3; i++)
        ledger_note(t, (struct wall){i * NSEC_PER_SEC}, "fired",
                    i == 2 ? "{\"alert\":\"A\"}" : "{}");
    ledger_commit(t, NULL, NULL);
    ledger_journal(f.ledger, 0, 2, take_journal, &text);
    ledger_journal(f.ledger, 2, 2, take_journal, &text);
    assert_string_equal(
        buf_text(&text),
        "[{\"id\":3,\"at\":\"1970-01-01T00:00:03.000Z\",\"event\":\"fired\"},\n"
        "{\"id\":2,\"at\":\"1970-01-01T00:00:02.000Z\",\"event\":\"fired\",\"alert\":"
        "\"A\"}]\n"
        "[{\"id\":1,\"at\":\"1970-01-01T00:00:01.000Z\",\"event\":\"fired\"}]\n");
    buf_finish(&text);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_survive_and_the_last_wins),
        cmocka_unit_test(what_is_taken_is_not_copied),
        cmocka_unit_test(notices_get_ids_that_never_come_again),
        cmocka_unit_test(a_full_disk_holds_up_nobody),
        cmocka_unit_test(a_long_notice_is_told_whole),
        cmocka_unit_test(what_was_refused_is_written_at_the_end),
        cmocka_unit_test(what_waits_for_a_hanging_disk_is_bounded),
        cmocka_unit_test(who_is_told_may_commit_more),
        cmocka_unit_test(a_storm_that_the_disk_refuses_is_told_in_slices),
        cmocka_unit_test(no_folder_means_memory_alone),
        cmocka_unit_test(the_journal_is_read_from_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
