/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON log's lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exporters/json_log.h"
#include "golden.h"
#include "lib/base/attr.h"
#include "lib/core/probe.h"

static const struct label shop_labels[] = {
    {"component", "shop"},       {"environment", "production"}, {"level", "3"},
    {"node_id", "pay"},          {"task_id", "018f"},           {"team", "a \"b\""},
    {"workflow_id", "checkout"},
};
static const struct probe_type http = {.name = "http"};
static const struct probe shop = {
    .name = "shop", .type = &http, .labels = {shop_labels, 7}};
static const struct probe bare = {.name = "bare", .type = &http};
static const struct probe chatty = {.name = "chatty", .type = &http, .results_all = true};

#define AT                        \
    {                             \
        .ns = 1795230245678000000 \
    }

static const struct item containers[] = {
    {.key = "web", .health = HEALTH_UP},
    {.key = "worker", .health = HEALTH_DOWN, .reason = REASON_UNHEALTHY},
    {.key = "cron", .health = HEALTH_UNKNOWN},
    {.key = "cache", .health = HEALTH_DEGRADED},
};
static const struct item many[] = {
    {.key = "a", .health = HEALTH_DOWN}, {.key = "b", .health = HEALTH_DOWN},
    {.key = "c", .health = HEALTH_DOWN}, {.key = "d", .health = HEALTH_DOWN},
    {.key = "e", .health = HEALTH_DOWN}, {.key = "f", .health = HEALTH_DOWN},
    {.key = "g", .health = HEALTH_DOWN}, {.key = "h", .health = HEALTH_DOWN},
    {.key = "i", .health = HEALTH_DOWN}, {.key = "j", .health = HEALTH_DOWN},
    {.key = "k", .health = HEALTH_DOWN}, {.key = "l", .health = HEALTH_DOWN},
};

static const struct verdict verdicts[] = {
    {.probe = &shop,
     .seq = 1,
     .started = AT,
     .duration = 12345678,
     .health = HEALTH_UP,
     .detail = "",
     .address = "127.0.0.1:80",
     .confirmed = HEALTH_UP,
     .changed = true},
    {.probe = &shop,
     .seq = 2,
     .started = AT,
     .duration = 1500,
     .health = HEALTH_DOWN,
     .reason = REASON_REFUSED,
     .detail = "connection refused by 127.0.0.1:80",
     .address = "127.0.0.1:80",
     .confirmed = HEALTH_UP},
    {.probe = &shop,
     .seq = 3,
     .started = AT,
     .duration = 1500,
     .health = HEALTH_DOWN,
     .reason = REASON_BODY,
     .detail = "expected \"ok\\n\", got \xff",
     .address = "127.0.0.1:80",
     .confirmed = HEALTH_DOWN,
     .changed = true},
    {.probe = &bare,
     .seq = 4,
     .started = AT,
     .duration = 5 * NSEC_PER_SEC,
     .health = HEALTH_UNKNOWN,
     .origin = ORIGIN_RUN_NOW,
     .reason = REASON_DNS_TIMEOUT,
     .detail = "127.0.0.53 did not answer",
     .address = "",
     .confirmed = HEALTH_UP},
    {.probe = &bare,
     .seq = 5,
     .started = AT,
     .duration = 5,
     .health = HEALTH_DEGRADED,
     .reason = REASON_TOO_SLOW,
     .detail = "timing.total < 800ms: timing.total is 1.2 s",
     .confirmed = HEALTH_DEGRADED,
     .changed = true,
     .items = containers,
     .item_count = 4},
    {.probe = &bare,
     .seq = 6,
     .started = AT,
     .health = HEALTH_DOWN,
     .reason = REASON_UNHEALTHY,
     .detail = "12 of 12",
     .confirmed = HEALTH_DOWN,
     .items = many,
     .item_count = 12},
    {.probe = &bare,
     .seq = 7,
     .started = AT,
     .duration = 999,
     .health = HEALTH_UP,
     .confirmed = HEALTH_UP},
    {.probe = &chatty,
     .seq = 8,
     .started = AT,
     .duration = 999,
     .health = HEALTH_UP,
     .confirmed = HEALTH_UP},
};

static void lines_look_like_this(void **state)
{
    struct buf out = BUF_MAX(1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
        json_log_line(&out, &verdicts[i]);
    golden_check("json_log.jsonl", buf_bytes(&out));
    buf_finish(&out);
}

static void each_choice_wants_more(void **state)
{
    static const char *const wanted[] = {
        [JSON_LOG_CHANGES] = "x.x.x..x",
        [JSON_LOG_FAILURES] = "xxxxxx.x",
        [JSON_LOG_ALL] = "xxxxxxxx",
    };
    for (size_t choice = 0; choice < ARRAY_LEN(wanted); choice++) {
        for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
            assert_int_equal(json_log_wants((enum json_log_results)choice, &verdicts[i]),
                             wanted[choice][i] == 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_look_like_this),
        cmocka_unit_test(each_choice_wants_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
