/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule takes over a generation in the smallest slices: how many there are, what is seen between them, what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "collector/adoption.h"
#include "lib/base/buf.h"
#include "lib/core/diag.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"

enum { PROBES = 40, SERIES_OF_ONE = 19 }; /* three, and sixteen of a histogram */

struct stage {
    struct frame frame;
    struct runner *runner;
    struct registry *registry;
    struct schedule *schedule;
    struct arena *arena;
};

static void ignore(void *ctx, struct tracked *t, struct verdict *v, struct batch *b)
{
    (void)ctx, (void)t, (void)v, (void)b;
}

static struct stage stage_set(void)
{
    struct err e = {0};
    struct stage s = {.arena = arena_create(0)};
    s.frame.loop = loop_create(&e);
    s.frame.secrets = secrets_create();
    s.registry = registry_create();
    return s;
}

static void stage_open(struct stage *s)
{
    s->runner = runner_create(&s->frame, 10);
    s->schedule = schedule_create(&s->frame, s->runner, s->registry, ignore, NULL);
}

static void stage_clear(struct stage *s)
{
    schedule_destroy(s->schedule);
    runner_destroy(s->runner);
    registry_destroy(s->registry);
    secrets_destroy(s->frame.secrets);
    loop_destroy(s->frame.loop);
    arena_destroy(s->arena);
}

/* Probes `from` to `to`, of which every second one has a label that tells `turn`. */
static struct generation *generation(struct stage *s, int from, int to, int turn)
{
    struct buf text = BUF_MAX(100000);
    struct diag *d = diag_create(s->arena);
    buf_add_text(&text, "probes:\n");
    for (int i = from; i < to; i++)
        buf_printf(&text,
                   "  - {name: p%d, heartbeat: {every: 1h}, labels: {component: c%d}}\n",
                   i, i % 2 ? turn : 0);
    struct generation *g =
        generation_parse("test", buf_bytes(&text), s->frame.secrets, d);
    buf_finish(&text);
    assert_non_null(g);
    return g;
}

static bool always(void *ctx)
{
    return ++*(size_t *)ctx % 2 == 0;
}

/* Each slice does one thing. How many it took. */
static size_t sliced(bool (*go)(struct adoption *, const struct slice *),
                     struct adoption *a)
{
    size_t asked = 0, slices = 1;
    const struct slice slice = {&asked, always};
    while (!go(a, &slice))
        slices++;
    return slices;
}

static void each_probe_has_a_slice(void **state)
{
    struct stage s = stage_set();
    struct err e = {0};
    (void)state;
    stage_open(&s);
    struct generation *first = generation(&s, 0, PROBES, 1);
    assert_true(schedule_adopt(s.schedule, first, &e));
    assert_int_equal(registry_series_count(s.registry), PROBES * SERIES_OF_ONE);
    struct tracked *const kept = schedule_find(s.schedule, "p10");
    const struct tracked *const changed = schedule_find(s.schedule, "p11");

    struct generation *second = generation(&s, 10, PROBES + 10, 2);
    struct adoption *a = adoption_begin(s.schedule, second);
    assert_in_range(sliced(adoption_make, a), PROBES - 1, PROBES + 1);
    assert_null(adoption_fault(a));
    assert_int_equal(schedule_count(s.schedule), PROBES);
    assert_int_equal(registry_series_count(s.registry), PROBES * SERIES_OF_ONE);
    assert_in_range(sliced(adoption_turn, a), 2 * PROBES - 1, 2 * PROBES + 1);
    assert_ptr_equal(schedule_find(s.schedule, "p11"), changed);
    assert_non_null(schedule_find(s.schedule, "p0"));
    assert_null(schedule_find(s.schedule, "p45"));
    assert_int_equal(registry_series_count(s.registry), PROBES * SERIES_OF_ONE);

    adoption_take(a);
    assert_ptr_equal(schedule_find(s.schedule, "p10"), kept);
    assert_ptr_equal(kept->probe, second->probes[0]);
    assert_ptr_not_equal(schedule_find(s.schedule, "p11"), changed);
    assert_null(schedule_find(s.schedule, "p0"));
    assert_non_null(schedule_find(s.schedule, "p45"));
    assert_in_range(sliced(adoption_tidy, a), PROBES - 1, PROBES + 1);
    adoption_destroy(a);
    generation_unref(first);
    generation_unref(second);
    stage_clear(&s);
}

/* healthd stops in the middle of a reload, wherever it is. */
static void it_may_end_anywhere(void **state)
{
    (void)state;
    for (size_t stop = 0; stop < (size_t)4 * PROBES; stop += 7) {
        struct stage s = stage_set();
        struct err e = {0};
        size_t asked = 0;
        const struct slice slice = {&asked, always};
        stage_open(&s);
        struct generation *first = generation(&s, 0, PROBES, 1);
        struct generation *second = generation(&s, 10, PROBES + 10, 2);
        assert_true(schedule_adopt(s.schedule, first, &e));
        struct adoption *a = adoption_begin(s.schedule, second);
        bool is_made = false, is_turned = false;
        for (size_t i = 0; i < stop && !is_turned; i++) {
            is_made = is_made || adoption_make(a, &slice);
            is_turned = is_made && adoption_turn(a, &slice);
        }
        assert_int_equal(schedule_count(s.schedule), PROBES);
        adoption_destroy(a);
        generation_unref(first);
        generation_unref(second);
        stage_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_probe_has_a_slice),
        cmocka_unit_test(it_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
