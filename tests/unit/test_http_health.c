/* SPDX-License-Identifier: Apache-2.0 */
/* What health documents say, and which documents are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/http.h"

static void reads(void **state)
{
    static const struct {
        const char *json;
        enum health health; /* UNKNOWN: no health document */
        const char *detail; /* or why not */
        size_t services;
        enum health first;
    } cases[] = {
        {"{\"status\":\"healthy\"}", HEALTH_UP, "", 0, HEALTH_UNKNOWN},
        {"{\"status\":\"OK\",\"services\":{\"db\":{\"status\":\"up\"}}}", HEALTH_UP, "",
         1, HEALTH_UP},
        {"{\"status\":\"unhealthy\",\"services\":{\"db\":{\"status\":\"unhealthy\","
         "\"error\":\"refused\"},"
         "\"cache\":\"healthy\"}}",
         HEALTH_DOWN, "it says of itself that it is unhealthy: db (unhealthy: refused)",
         2, HEALTH_DOWN},
        {"{\"status\":\"degraded\",\"services\":{\"mail\":\"down\",\"db\":\"degraded\"}}",
         HEALTH_DEGRADED,
         "it says of itself that it is degraded: mail (down), db (degraded)", 2,
         HEALTH_DEGRADED},
        /* the whole decides over its parts */
        {"{\"status\":\"healthy\",\"services\":{\"mail\":\"down\"}}", HEALTH_UP, "", 1,
         HEALTH_UP},
        {"{\"services\":{\"mail\":\"down\"}}", HEALTH_DOWN,
         "it says of itself that it is unhealthy: mail (down)", 1, HEALTH_DOWN},
        {"{\"status\":\"UP\",\"components\":{\"db\":{\"status\":\"UP\"}}}", HEALTH_UP, "",
         1, HEALTH_UP},
        {"{\"status\":\"pass\",\"services\":[]}", HEALTH_UP, "", 0, HEALTH_UNKNOWN},
        {"{\"status\":\"healthy\",\"services\":{\"odd\":42,\"db\":\"ok\"}}", HEALTH_UP,
         "", 1, HEALTH_UP},
        {"[]", HEALTH_UNKNOWN, "the body is JSON, but no object with a \"status\"", 0,
         HEALTH_UNKNOWN},
        {"{}", HEALTH_UNKNOWN, "the JSON has no \"status\" that is a text", 0,
         HEALTH_UNKNOWN},
        {"{\"status\":200}", HEALTH_UNKNOWN, "the JSON has no \"status\" that is a text",
         0, HEALTH_UNKNOWN},
        {"{\"status\":\"purple\"}", HEALTH_UNKNOWN,
         "its \"status\" is 'purple'; expected healthy, degraded or unhealthy", 0,
         HEALTH_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct http_health *h = arena_alloc(arena, sizeof(*h));
        const char *why = NULL;
        const json_t *json = json_read(arena, bytes_of(cases[i].json), 4096, &e);
        assert_non_null(json);
        const bool is_one = http_health_read(json, arena, h, &why);
        assert_int_equal(is_one, cases[i].health != HEALTH_UNKNOWN);
        assert_string_equal(is_one ? h->detail : why, cases[i].detail);
        if (is_one) {
            assert_int_equal(h->health, cases[i].health);
            assert_int_equal(h->service_count, cases[i].services);
        }
        if (cases[i].services)
            assert_int_equal(h->services[0].health, cases[i].first);
        arena_destroy(arena);
    }
}

static void is_bounded(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct buf text = BUF_MAX(65536);
    const char *why = NULL;
    buf_add_text(&text, "{\"status\":\"ok\",\"services\":{");
    for (int i = 0; i < HTTP_MAX_SERVICES + 50; i++)
        buf_printf(&text, "%s\"s%d\":\"ok\"", i ? "," : "", i);
    buf_add_text(&text, "}}");
    struct http_health *h = arena_alloc(arena, sizeof(*h));
    assert_true(
        http_health_read(json_read(arena, buf_bytes(&text), 65536, &e), arena, h, &why));
    assert_int_equal(h->service_count, HTTP_MAX_SERVICES);
    buf_finish(&text);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
