/* SPDX-License-Identifier: Apache-2.0 */
/* A day has so many tokens and no more, whoever asks: this process, another, one that was killed in between. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/core/budget.h"
#include "lib/core/loop.h"

#define DAY(n) ((struct wall){(n)*NSEC_PER_DAY + NSEC_PER_HOUR})

struct stand {
    struct arena *arena;
    struct loop *loop;
    const char *folder; /* NULL: in memory */
    struct budgets *budgets;
    struct budget_answer answer;
    size_t answers;
    bool is_waiting;
};

static void stand_open(struct stand *s, bool is_on_disk)
{
    struct err e;
    *s = (struct stand){.arena = arena_create(0), .loop = loop_create(&e)};
    if (is_on_disk) {
        char *folder = arena_strdup(s->arena, "/tmp/healthd-budget-XXXXXX");
        assert_non_null(mkdtemp(folder));
        s->folder = folder;
    }
    loop_hold(s->loop);
    s->budgets = budgets_create(s->loop, s->folder);
}

static const char *file_of(const struct stand *s)
{
    return arena_printf(s->arena, "%s/budgets.db", s->folder);
}

static void stand_close(struct stand *s)
{
    budgets_destroy(s->budgets);
    loop_release(s->loop);
    loop_destroy(s->loop);
    if (s->folder) {
        unlink(file_of(s));
        assert_int_equal(rmdir(s->folder), 0); /* no reserve, no log left */
    }
    arena_destroy(s->arena);
}

/* As a new process would find it. */
static void stand_restart(struct stand *s)
{
    budgets_destroy(s->budgets);
    s->budgets = budgets_create(s->loop, s->folder);
}

static void on_answer(void *ctx, const struct budget_answer *a)
{
    struct stand *s = ctx;
    s->answer = *a;
    s->answers++;
    if (s->is_waiting)
        loop_stop(s->loop);
}

static struct budget_answer *take(struct stand *s, struct budgets *b, int64_t need,
                                  int64_t most, struct wall now)
{
    const size_t before = s->answers;
    budget_take(b, "llm/a", need, most, now, on_answer, s);
    s->is_waiting = s->answers == before;
    if (s->is_waiting)
        loop_run(s->loop);
    s->is_waiting = false;
    assert_int_equal(s->answers, before + 1);
    return &s->answer;
}

static void a_day_has_so_many_and_no_more(void **state)
{
    static const struct {
        int day;
        int64_t need;
        enum budget_state expected;
        int64_t used; /* -1: the process is killed during the call */
        int64_t spent, total;
    } story[] = {
        {5, 72, BUDGET_GRANTED, 10, 10, 10},
        {5, 72, BUDGET_GRANTED, -1, 82, 82},
        {5, 72, BUDGET_GRANTED, 72, 154, 154},
        {5, 72, BUDGET_SPENT, 0, 154, 154},
        {5, 46, BUDGET_GRANTED, 46, 200, 200}, /* to the last one */
        {5, 1, BUDGET_SPENT, 0, 200, 200},
        {5, 0, BUDGET_GRANTED, 0, 200, 200}, /* a look costs nothing */
        {4, 1, BUDGET_SPENT, 0, 200, 200},   /* the clock stepped back */
        {6, 72, BUDGET_GRANTED, 150, 150, 350},
        {6, 20, BUDGET_SPENT, 0, 150, 350}, /* 78 more than it took: known from now on */
        {7, 72, BUDGET_GRANTED, 150, 150, 500},
    };
    (void)state;
    for (int on_disk = 0; on_disk < 2; on_disk++) {
        struct stand s;
        stand_open(&s, on_disk);
        for (size_t i = 0; i < ARRAY_LEN(story); i++) {
            struct budget_answer *a =
                take(&s, s.budgets, story[i].need, 200, DAY(story[i].day));
            assert_int_equal(a->state, story[i].expected);
            if (a->taken && story[i].used >= 0)
                budget_settle(s.budgets, "llm/a", a, story[i].used);
            else if (on_disk && story[i].used < 0)
                stand_restart(&s);
            assert_int_equal(a->spent, story[i].spent);
            assert_int_equal(a->total, story[i].total);
            a = take(&s, s.budgets, 0, 200, DAY(story[i].day));
            assert_int_equal(a->spent, story[i].spent);
            assert_int_equal(a->total, story[i].total);
        }
        stand_close(&s);
    }
}

static void a_call_that_used_too_much_is_forgotten_in_days(void **state)
{
    static const struct {
        int day;
        enum budget_state expected;
        int64_t need, used;
    } story[] = {
        {5, BUDGET_GRANTED, 72, 1000}, /* more than a whole day has */
        {5, BUDGET_SPENT, 1000, 0},
        {6, BUDGET_GRANTED, 200, 10}, /* a new day has one call at least */
        {6, BUDGET_SPENT, 200, 0},
        {7, BUDGET_GRANTED, 136, 10},
        {10, BUDGET_GRANTED, 80, 10},
        {90, BUDGET_GRANTED, 72, 10},
    };
    struct stand s;
    (void)state;
    stand_open(&s, true);
    for (size_t i = 0; i < ARRAY_LEN(story); i++) {
        struct budget_answer *a = take(&s, s.budgets, 72, 200, DAY(story[i].day));
        assert_int_equal(a->state, story[i].expected);
        assert_int_equal(a->need, story[i].need);
        if (a->taken)
            budget_settle(s.budgets, "llm/a", a, story[i].used);
    }
    stand_close(&s);
}

static void calls_at_once_do_not_add_up(void **state)
{
    struct stand s;
    (void)state;
    stand_open(&s, true);
    struct budget_answer first = *take(&s, s.budgets, 10, 1000, DAY(5));
    struct budget_answer second = *take(&s, s.budgets, 10, 1000, DAY(5));
    budget_settle(s.budgets, "llm/a", &first, 15);
    budget_settle(s.budgets, "llm/a", &second, 14);
    assert_int_equal(take(&s, s.budgets, 10, 1000, DAY(5))->need, 15);
    stand_close(&s);
}

static void processes_count_together(void **state)
{
    struct stand s;
    (void)state;
    stand_open(&s, true);
    struct budgets *other = budgets_create(s.loop, s.folder);
    size_t granted = 0;
    for (size_t i = 0; i < 10; i++)
        granted += take(&s, i % 2 ? other : s.budgets, 30, 100, DAY(5))->taken > 0;
    assert_int_equal(granted, 3);
    budgets_destroy(other);
    struct stat file;
    assert_int_equal(stat(file_of(&s), &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    stand_close(&s);
}

static void what_nobody_waits_for_is_given_back(void **state)
{
    struct stand s;
    (void)state;
    stand_open(&s, true);
    struct budget_ask *a =
        budget_take(s.budgets, "llm/a", 72, 200, DAY(5), on_answer, &s);
    assert_non_null(a);
    budget_forget(a);
    assert_int_equal(take(&s, s.budgets, 0, 200, DAY(5))->total, 72);
    assert_int_equal(take(&s, s.budgets, 0, 200, DAY(5))->total, 0);
    budget_forget(NULL);
    stand_close(&s);
}

static void nothing_may_be_used_when_nobody_can_count(void **state)
{
    struct stand s;
    (void)state;
    stand_open(&s, true);
    assert_int_equal(mkdir(file_of(&s), 0700), 0); /* where the file should be */
    const struct budget_answer *a = take(&s, s.budgets, 1, 200, DAY(5));
    assert_int_equal(a->state, BUDGET_UNKNOWN);
    assert_int_equal(a->taken, 0);
    assert_non_null(strstr(a->why.text, "budgets.db"));
    assert_int_equal(rmdir(file_of(&s)), 0);
    assert_int_equal(take(&s, s.budgets, 1, 200, DAY(5))->state, BUDGET_GRANTED);
    assert_int_equal(take(&s, NULL, 1, 200, DAY(5))->state, BUDGET_UNKNOWN);
    stand_close(&s);
}

static void a_folder_that_is_not_there_counts_for_the_process(void **state)
{
    struct stand s;
    (void)state;
    stand_open(&s, false);
    struct budgets *b = budgets_create(s.loop, "/nonexistent/healthd");
    assert_int_equal(take(&s, b, 60, 100, DAY(5))->state, BUDGET_GRANTED);
    assert_int_equal(take(&s, b, 60, 100, DAY(5))->state, BUDGET_SPENT);
    budgets_destroy(b);
    budgets_destroy(NULL);
    stand_close(&s);
}

/* healthctl by hand, in the directory of healthd's user. */
static void what_root_makes_is_the_folders_owners(void **state)
{
    struct stand s;
    struct stat file;
    (void)state;
    if (geteuid() != 0)
        skip();
    stand_open(&s, true);
    assert_int_equal(chown(s.folder, 65534, 65534), 0);
    assert_int_equal(take(&s, s.budgets, 1, 200, DAY(5))->state, BUDGET_GRANTED);
    assert_int_equal(stat(file_of(&s), &file), 0);
    assert_int_equal(file.st_uid, 65534);
    stand_close(&s);

    stand_open(&s, true);
    const char *other = arena_printf(s.arena, "%s/other", s.folder);
    const int fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(symlink(other, file_of(&s)), 0); /* put in the way */
    assert_int_equal(chown(s.folder, 65534, 65534), 0);
    take(&s, s.budgets, 1, 200, DAY(5));
    assert_int_equal(stat(other, &file), 0);
    assert_int_equal(file.st_uid, 0);
    budgets_destroy(s.budgets);
    s.budgets = NULL;
    unlink(other);
    stand_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_has_so_many_and_no_more),
        cmocka_unit_test(a_call_that_used_too_much_is_forgotten_in_days),
        cmocka_unit_test(calls_at_once_do_not_add_up),
        cmocka_unit_test(processes_count_together),
        cmocka_unit_test(what_nobody_waits_for_is_given_back),
        cmocka_unit_test(nothing_may_be_used_when_nobody_can_count),
        cmocka_unit_test(a_folder_that_is_not_there_counts_for_the_process),
        cmocka_unit_test(what_root_makes_is_the_folders_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
