/* SPDX-License-Identifier: Apache-2.0 */
/* alerts/reach: who is knocked at and when, and what the answers make of it. The knocks are the story's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alerts/reach.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"

#define START (INT64_C(1764200000) * NSEC_PER_SEC)
enum { KNOCKS_MAX = REACH_HOSTS_MAX };

struct no_conf {
    const char *unused;
};
static const struct opt no_opts[] = {{0}};

static struct far_end host_pager(const void *conf, struct arena *arena)
{
    return (struct far_end){"pager.example", 443};
}

static struct far_end host_mail(const void *conf, struct arena *arena)
{
    return (struct far_end){"mail.example", 587};
}

static struct far_end host_unknown(const void *conf, struct arena *arena)
{
    return (struct far_end){.host = ""};
}

static const struct notifier_type types[] = {
    {.name = "pager", .conf_size = sizeof(struct no_conf), .host = host_pager},
    {.name = "mail", .conf_size = sizeof(struct no_conf), .host = host_mail},
    {.name = "file", .conf_size = sizeof(struct no_conf), .host = host_unknown},
    {.name = "dumb", .conf_size = sizeof(struct no_conf)},
};

struct stage {
    struct arena *arena;
    struct reach *reach;
    struct receiver items[6];
    const struct receiver *list[6];
    struct receivers receivers;
    struct {
        void (*done)(void *ctx, bool was_answered);
        void *ctx;
    } knocks[KNOCKS_MAX];
    size_t count;
    struct buf knocked;
    int told;
};

static void *knock_start(void *ctx, const char *host, int port,
                         void (*done)(void *done_ctx, bool was_answered), void *done_ctx)
{
    struct stage *s = ctx;
    assert_true(s->count < KNOCKS_MAX);
    buf_printf(&s->knocked, "%s%s:%d", s->knocked.len ? " " : "", host, port);
    s->knocks[s->count].done = done;
    s->knocks[s->count].ctx = done_ctx;
    return &s->knocks[s->count++];
}

static void knock_cancel(void *ctx, void *knocking)
{
    struct stage *s = ctx;
    buf_printf(&s->knocked, " cancelled");
}

static void on_answer(void *ctx)
{
    ((struct stage *)ctx)->told++;
}

/* names: types, as "pager mail pager" */
static void stage_set(struct stage *s, const char *names)
{
    *s = (struct stage){.arena = arena_create(0), .knocked = BUF_MAX(4096)};
    const struct opt_ctx ctx = {.arena = s->arena, .diag = diag_create(s->arena)};
    const struct opt_part part = {no_opts, sizeof(struct no_conf)};
    s->receivers.items = s->list;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        for (const char *at = names; (at = strstr(at, types[i].name)); at++) {
            s->items[s->receivers.count] =
                (struct receiver){.name = types[i].name,
                                  .type = &types[i],
                                  .conf = template_load(&ctx, &part, 1, NULL, NULL)};
            s->list[s->receivers.count] = &s->items[s->receivers.count];
            s->receivers.count++;
        }
    }
    s->reach = reach_create((struct knock){s, knock_start, knock_cancel});
    reach_on_answer(s->reach, on_answer, s);
    reach_adopt(s->reach, &s->receivers);
}

static void stage_clear(struct stage *s)
{
    reach_destroy(s->reach);
    buf_finish(&s->knocked);
    arena_destroy(s->arena);
}

static enum uplink ask(struct stage *s, int second)
{
    return reach_ask(s->reach, (struct wall){START + second * NSEC_PER_SEC});
}

static void answer(struct stage *s, size_t i, bool was_answered)
{
    s->knocks[i].done(s->knocks[i].ctx, was_answered);
}

static void check_knocked(struct stage *s, const char *expected)
{
    assert_string_equal(buf_text(&s->knocked), expected);
    buf_clear(&s->knocked);
    s->count = 0;
}

static void each_host_is_knocked_at_once(void **state)
{
    struct stage s;
    stage_set(&s, "pager mail pager file dumb");
    check_knocked(&s, "");
    assert_int_equal(ask(&s, 0), UPLINK_ASKING);
    assert_string_equal(reach_hosts(s.reach, s.arena), "pager.example, mail.example");
    check_knocked(&s, "pager.example:443 mail.example:587");
    assert_int_equal(ask(&s, 1), UPLINK_ASKING);
    check_knocked(&s, "");
    answer(&s, 0, false);
    answer(&s, 1, false);
    stage_clear(&s);
}

static void one_answer_is_enough(void **state)
{
    struct stage s;
    stage_set(&s, "pager mail");
    ask(&s, 0);
    answer(&s, 1, true);
    assert_int_equal(s.told, 1);
    assert_int_equal(ask(&s, 1), UPLINK_UP);
    answer(&s, 0, false);
    assert_int_equal(ask(&s, 9), UPLINK_UP);
    assert_int_equal(s.told, 1);
    check_knocked(&s, "pager.example:443 mail.example:587");
    assert_int_equal(ask(&s, 10), UPLINK_ASKING); /* what was so is not known to be so */
    check_knocked(&s, "pager.example:443 mail.example:587");
    answer(&s, 0, false);
    answer(&s, 1, false);
    assert_int_equal(ask(&s, 12), UPLINK_DOWN);
    stage_clear(&s);
}

static void down_until_one_answers(void **state)
{
    struct stage s;
    stage_set(&s, "pager mail");
    ask(&s, 0);
    answer(&s, 0, false);
    assert_int_equal(ask(&s, 1), UPLINK_ASKING);
    answer(&s, 1, false);
    assert_int_equal(s.told, 1);
    s.count = 0;
    assert_int_equal(ask(&s, 10), UPLINK_DOWN); /* while it is tried again, too */
    answer(&s, 0, false);
    answer(&s, 1, false);
    assert_int_equal(s.told, 1);
    s.count = 0;
    assert_int_equal(ask(&s, 20), UPLINK_DOWN);
    answer(&s, 1, true);
    assert_int_equal(s.told, 2);
    assert_int_equal(ask(&s, 21), UPLINK_UP);
    answer(&s, 0, false);
    stage_clear(&s);
}

static void nobody_to_knock_at(void **state)
{
    struct stage s;
    stage_set(&s, "file dumb");
    assert_int_equal(ask(&s, 0), UPLINK_NOT_KNOWN);
    check_knocked(&s, "");
    stage_clear(&s);
    stage_set(&s, "");
    assert_int_equal(ask(&s, 0), UPLINK_NOT_KNOWN);
    stage_clear(&s);
}

static void a_reload_forgets_what_was_found(void **state)
{
    struct stage s;
    stage_set(&s, "pager");
    ask(&s, 0);
    reach_adopt(s.reach, &s.receivers);
    check_knocked(&s, "pager.example:443 cancelled");
    assert_int_equal(ask(&s, 1), UPLINK_ASKING);
    answer(&s, 0, true);
    assert_int_equal(ask(&s, 2), UPLINK_UP);
    stage_clear(&s);
}

static void a_clock_set_back_delays_nothing(void **state)
{
    struct stage s;
    stage_set(&s, "pager");
    ask(&s, 0);
    answer(&s, 0, true);
    check_knocked(&s, "pager.example:443");
    assert_int_equal(ask(&s, -3600), UPLINK_ASKING);
    check_knocked(&s, "pager.example:443");
    answer(&s, 0, true);
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_host_is_knocked_at_once),
        cmocka_unit_test(one_answer_is_enough),
        cmocka_unit_test(down_until_one_answers),
        cmocka_unit_test(nobody_to_knock_at),
        cmocka_unit_test(a_reload_forgets_what_was_found),
        cmocka_unit_test(a_clock_set_back_delays_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
