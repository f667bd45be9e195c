/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments in numbers: the latest of each thing, however many there are; what is only seen is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alerts/deploy_metrics.h"
#include "lib/base/log.h"
#include "overlay_fixture.h"

static const struct routing nothing = {0};

struct story {
    struct world w;
    struct registry *registry;
    struct deploy_metrics *metrics;
    struct err e;
};

static void open_story(struct story *s)
{
    *s = (struct story){.registry = registry_create()};
    world_open(&s->w, &nothing);
    s->metrics = deploy_metrics_create(s->registry);
}

static void close_story(struct story *s)
{
    deploy_metrics_destroy(s->metrics);
    assert_int_equal(registry_series_count(s->registry), 0);
    registry_destroy(s->registry);
    world_close(&s->w);
}

static const char *begin(struct story *s, const char *what, const char *release, int at)
{
    const struct deploy d = {.what = what, .release = release, .who = "ci"};
    const char *id = deploy_begin(s->w.overlay, &d, at_second(at), &s->w.ledger, &s->e);
    assert_non_null(id);
    return id;
}

static void end(struct story *s, const char *id, bool has_failed, int at)
{
    assert_true(deploy_end(s->w.overlay, id, has_failed, "login: HTTP 500", at_second(at),
                           &s->w.ledger, &s->e));
}

static void add_line(void *ctx, const struct source *source, const char *family,
                     const char *label_text, double value)
{
    const bool is_time = strstr(family, "timestamp") != NULL;
    const double shown = is_time ? value - wall_to_sec(at_second(0)) : value;
    buf_printf(ctx, "%s{%s} %.0f\n", family + strlen("healthd_deploy"), label_text,
               shown);
}

static const char *page(struct story *s, int at)
{
    struct buf text = BUF_MAX(100000);
    deploy_metrics_refresh(s->metrics, s->w.overlay, at_second(at));
    registry_each(s->registry, NULL, add_line, &text);
    return arena_keep(s->w.arena, &text);
}

static void has(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no '%s' in\n%s", line, text);
}

static void the_latest_of_each_thing_is_shown(void **ctx)
{
    struct story s;
    open_story(&s);
    has(page(&s, 0), "s_total{outcome=\"passed\"} 0\n");
    const char *shop = begin(&s, "shop", "r1", 10);
    const char *text = page(&s, 20);
    has(text, "_timestamp_seconds{release=\"r1\",what=\"shop\"} 10\n");
    has(text, "s_under_way{} 1\n");
    assert_null(strstr(text, "_success{"));
    end(&s, shop, false, 30);
    text = page(&s, 40);
    has(text, "_timestamp_seconds{release=\"r1\",what=\"shop\"} 30\n");
    has(text, "_success{release=\"r1\",what=\"shop\"} 1\n");
    end(&s, begin(&s, "shop", "r2", 50), true, 60);
    begin(&s, "", "r3", 70);
    text = page(&s, 80);
    has(text, "_success{release=\"r2\",what=\"shop\"} 0\n");
    has(text, "_timestamp_seconds{release=\"r3\",what=\"all\"} 70\n");
    has(text, "s_total{outcome=\"passed\"} 1\n");
    has(text, "s_total{outcome=\"failed\"} 1\n");
    assert_null(strstr(text, "r1"));
    has(page(&s, 70 + 3601), "s_under_way{} 0\n"); /* its end was lost */
    close_story(&s);
}

static void stops_by_hand_are_no_deployments(void **ctx)
{
    struct story s;
    open_story(&s);
    const struct deploy seen = {.what = "shop", .is_seen = true};
    const char *id = deploy_begin(s.w.overlay, &seen, at_second(5), &s.w.ledger, &s.e);
    assert_null(strstr(page(&s, 6), "shop"));
    end(&s, id, false, 9);
    has(page(&s, 10), "s_total{outcome=\"passed\"} 0\n");
    close_story(&s);
}

static void there_are_never_many(void **ctx)
{
    struct story s;
    char what[16];
    open_story(&s);
    for (int i = 0; i < DEPLOYS_MAX + 20; i++) {
        snprintf(what, sizeof(what), "thing%d", i);
        end(&s, begin(&s, what, "r", i), false, i);
    }
    const char *text = page(&s, 500);
    assert_int_equal(registry_series_count(s.registry), 2 * DEPLOY_METRICS_MAX + 3);
    has(text, "_success{release=\"r\",what=\"thing219\"} 1\n");
    assert_null(strstr(text, "thing169"));
    close_story(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_of_each_thing_is_shown),
        cmocka_unit_test(stops_by_hand_are_no_deployments),
        cmocka_unit_test(there_are_never_many),
    };
    log_set(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
