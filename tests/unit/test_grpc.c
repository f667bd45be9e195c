/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.health.v1's two messages as bytes, deadlines and texts as gRPC's headers have them, and what an answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/grpc.h"

#define OK                 \
    {                      \
        "grpc-status", "0" \
    }

static void requests_name_the_service(void **state UNUSED)
{
    static const struct {
        const char *service;
        struct bytes expected;
    } cases[] = {
        {"", {"\0\0\0\0\0", 5}},
        {"a", {"\0\0\0\0\3\x0a\1a", 8}},
        {"shop.v1.Orders", {"\0\0\0\0\x10\x0a\x0eshop.v1.Orders", 21}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(100);
        grpc_request_write(cases[i].service, &out);
        assert_true(bytes_equal(buf_bytes(&out), cases[i].expected));
        buf_finish(&out);
    }
}

static void long_names_have_a_long_length(void **state UNUSED)
{
    char name[GRPC_MAX_SERVICE + 1];
    struct buf out = BUF_MAX(2 * GRPC_MAX_SERVICE);

    memset(name, 'x', GRPC_MAX_SERVICE);
    name[GRPC_MAX_SERVICE] = '\0';
    grpc_request_write(name, &out);
    assert_int_equal(out.len, 5 + 3 + GRPC_MAX_SERVICE);
    assert_memory_equal(out.ptr, "\0\0\0\x04\x03\x0a\x80\x08x", 9);
    buf_finish(&out);
}

static void responses_are_read(void **state UNUSED)
{
    static const struct {
        struct bytes body;
        int expected; /* -1: refused */
    } cases[] = {
        {{"\0\0\0\0\2\x08\1", 7}, GRPC_SERVING},
        {{"\0\0\0\0\2\x08\2", 7}, GRPC_NOT_SERVING},
        {{"\0\0\0\0\2\x08\3", 7}, GRPC_SERVICE_UNKNOWN},
        {{"\0\0\0\0\0", 5}, GRPC_SERVING_UNKNOWN},        /* proto3's default */
        {{"\0\0\0\0\2\x08\x63", 7}, 99},                  /* of a later version */
        {{"\0\0\0\0\3\x08\x81\0", 8}, GRPC_SERVING},      /* longer than it must be */
        {{"\0\0\0\0\4\x08\2\x08\1", 9}, GRPC_SERVING},    /* the last one counts */
        {{"\0\0\0\0\6\x12\2ab\x08\1", 11}, GRPC_SERVING}, /* a text that we do not know */
        {{"\0\0\0\0\4\x10\7\x08\1", 9}, GRPC_SERVING},    /* a number */
        {{"\0\0\0\0\7\x15"
          "1234\x08\1",
          12},
         GRPC_SERVING}, /* 32 bits */
        {{"\0\0\0\0\x0b\x11"
          "12345678\x08\1",
          16},
         GRPC_SERVING},
        {{"", 0}, -1},
        {{"\0\0\0\0", 4}, -1},
        {{"\1\0\0\0\2\x08\1", 7}, -1},         /* compressed */
        {{"\0\0\0\0\2\x08\1\0", 8}, -1},       /* more than one message */
        {{"\0\0\0\0\3\x08\1", 7}, -1},         /* less */
        {{"\0\xff\xff\xff\xff\x08\1", 7}, -1}, /* 4 GiB */
        {{"\0\0\0\0\1\x08", 6}, -1},           /* a field without its value */
        {{"\0\0\0\0\2\x08\x81", 7}, -1},
        {{"\0\0\0\0\2\x0b\1", 7}, -1}, /* a group */
        {{"\0\0\0\0\2\0\1", 7}, -1},   /* field 0 */
        {{"\0\0\0\0\3\x12\5x", 8}, -1},
        {{"\0\0\0\0\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16}, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        int serving = -2;
        const bool ok = grpc_response_read(cases[i].body, &serving, &e);
        assert_int_equal(ok, cases[i].expected >= 0);
        assert_int_equal(serving, ok ? cases[i].expected : -2);
        assert_int_equal(ok, !e.text[0]);
    }
}

static void deadlines_have_eight_digits_at_most(void **state UNUSED)
{
    static const struct {
        nsec left;
        const char *expected;
    } cases[] = {
        {5 * NSEC_PER_SEC, "5000m"},
        {1500 * NSEC_PER_USEC, "1m"},
        {0, "1m"},
        {99999999 * NSEC_PER_MSEC, "99999999m"},
        {100000 * NSEC_PER_SEC, "100000S"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(16);
        grpc_timeout_write(cases[i].left, &out);
        assert_string_equal(buf_text(&out), cases[i].expected);
        buf_finish(&out);
    }
}

static void messages_are_decoded(void **state UNUSED)
{
    static const char *const cases[][2] = {
        {"not for you", "not for you"},
        {"50%25 of %E2%82%AC", "50% of €"},
        {"a%", "a%"},
        {"%zz%4", "%zz%4"},
        {"%4a%4A", "JJ"},
        {"two%0Alines", "two lines"},
        {"%ff", ""}, /* no UTF-8 */
        {"%00x", " x"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(grpc_message_decode(arena, cases[i][0]), cases[i][1]);
    arena_destroy(arena);
}

static void answers_mean_what_a_client_makes_of_them(void **state UNUSED)
{
    static const struct bytes serving = {"\0\0\0\0\2\x08\1", 7};
    static const struct {
        struct reply reply;
        int code, serving;
        enum reason reason;
    } cases[] = {
        {{.status = 200, .version = 20, .body = serving}, 2, -1, REASON_PROTOCOL},
        {{.status = 200, .version = 11, .body = serving}, 14, -1, REASON_PROTOCOL},
        {{.status = 400, .version = 20}, 13, -1, REASON_STATUS},
        {{.status = 401, .version = 20}, 16, -1, REASON_STATUS},
        {{.status = 403, .version = 20}, 7, -1, REASON_STATUS},
        {{.status = 404, .version = 20}, 12, -1, REASON_STATUS},
        {{.status = 429, .version = 20}, 14, -1, REASON_STATUS},
        {{.status = 503, .version = 20}, 14, -1, REASON_STATUS},
        {{.status = 500, .version = 20}, 2, -1, REASON_STATUS},
        {{.trouble = {.reason = REASON_REFUSED, .detail = "x"}}, 14, -1, REASON_REFUSED},
        {{.trouble = {.reason = REASON_TIMEOUT, .detail = "x"}}, 4, -1, REASON_TIMEOUT},
    };
    static const struct {
        struct pair status;
        struct bytes body;
        int code, serving;
        enum reason reason;
    } with_status[] = {
        {OK, {"\0\0\0\0\2\x08\1", 7}, 0, GRPC_SERVING, REASON_NONE},
        {OK, {"\0\0\0\0\2\x08\2", 7}, 0, GRPC_NOT_SERVING, REASON_UNHEALTHY},
        {OK, {"\0\0\0\0\2\x08\x63", 7}, 0, 99, REASON_UNHEALTHY},
        {OK, {"", 0}, 13, -1, REASON_PROTOCOL},
        {{"grpc-status", "5"}, {"", 0}, 5, -1, REASON_STATUS},
        {{"Grpc-Status", "12"}, {"", 0}, 12, -1, REASON_PROTOCOL},
        {{"grpc-status", "16"}, {"", 0}, 16, -1, REASON_AUTH},
        {{"grpc-status", "7"}, {"", 0}, 7, -1, REASON_FORBIDDEN},
        {{"grpc-status", "4"}, {"", 0}, 4, -1, REASON_TIMEOUT},
        {{"grpc-status", "14"}, {"", 0}, 14, -1, REASON_UNHEALTHY},
        {{"grpc-status", "-1"}, {"", 0}, 2, -1, REASON_PROTOCOL},
        {{"grpc-status", "99999999999"}, {"", 0}, 2, -1, REASON_PROTOCOL},
    };
    const struct grpc_conf conf = {.service = "shop"};
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct grpc_finding f =
            grpc_judge(&conf, &cases[i].reply, "10.0.0.1:1", arena);
        assert_int_equal(f.code, cases[i].code);
        assert_int_equal(f.serving, cases[i].serving);
        assert_int_equal(f.reason, cases[i].reason);
        assert_true(!f.is_up && f.detail[0]);
    }
    for (size_t i = 0; i < ARRAY_LEN(with_status); i++) {
        const struct reply reply = {.status = 200,
                                    .version = 20,
                                    .headers = {&with_status[i].status, 1},
                                    .body = with_status[i].body};
        const struct grpc_finding f = grpc_judge(&conf, &reply, "10.0.0.1:1", arena);
        assert_int_equal(f.code, with_status[i].code);
        assert_int_equal(f.serving, with_status[i].serving);
        assert_int_equal(f.reason, with_status[i].reason);
        assert_int_equal(f.is_up, f.reason == REASON_NONE);
    }
    arena_destroy(arena);
}

static void targets_become_urls(void **state UNUSED)
{
    static const struct {
        const char *target;
        bool is_tls;
        const char *expected; /* NULL: refused */
        const char *unix_path;
    } cases[] = {
#define METHOD "/grpc.health.v1.Health/Check"
        {"orders:50051", false, "http://orders:50051" METHOD, NULL},
        {"orders", false, "http://orders" METHOD, NULL},
        {"orders:443", true, "https://orders" METHOD, NULL},
        {"https://orders:8443/ignored", false, "https://orders:8443" METHOD, NULL},
        {"http://orders:8443", true, "https://orders:8443" METHOD, NULL},
        {"https://orders", false, "https://orders" METHOD, NULL},
        {"[::1]:50051", false, "http://[::1]:50051" METHOD, NULL},
        {"unix:/run/x.sock", false, "http://localhost" METHOD, "/run/x.sock"},
        {"unix:///run/x.sock", true, "https://localhost" METHOD, "/run/x.sock"},
        {"unix:x.sock", false, NULL, NULL},
        {"ftp://orders:1", false, NULL, NULL},
        {"orders:port", false, NULL, NULL},
        {"", false, NULL, NULL},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct grpc_conf conf = {0};
        struct err e = {0};
        opt_defaults(grpc_opts, &conf, arena);
        conf.target = cases[i].target;
        conf.is_tls = cases[i].is_tls;
        const bool ok = grpc_validate(&conf, arena, &e);
        assert_int_equal(ok, cases[i].expected != NULL);
        if (!ok)
            continue;
        assert_string_equal(conf.at.text, cases[i].expected);
        assert_string_equal(conf.unix_path ? conf.unix_path : "",
                            cases[i].unix_path ? cases[i].unix_path : "");
    }
    arena_destroy(arena);
}

static void metadata_is_what_grpc_allows(void **state UNUSED)
{
    static const struct {
        struct pair metadata;
        bool expected;
    } cases[] = {
        {{"authorization", "Bearer x"}, true},
        {{"x-tag_1.a", ""}, true},
        {{"trace-bin", "AAEC"}, true},
        {{"X-Tag", "a"}, false},
        {{"", "a"}, false},
        {{":path", "a"}, false},
        {{"grpc-timeout", "1S"}, false},
        {{"te", "trailers"}, false},
        {{"content-type", "text/plain"}, false},
        {{"x-tag", "a\nb"}, false},
        {{"x-tag", "ü"}, false},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct grpc_conf conf = {0};
        struct err e = {0};
        opt_defaults(grpc_opts, &conf, arena);
        conf.target = "orders:1";
        conf.metadata = (struct pairs){&cases[i].metadata, 1};
        assert_int_equal(grpc_validate(&conf, arena, &e), cases[i].expected);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_name_the_service),
        cmocka_unit_test(long_names_have_a_long_length),
        cmocka_unit_test(responses_are_read),
        cmocka_unit_test(deadlines_have_eight_digits_at_most),
        cmocka_unit_test(messages_are_decoded),
        cmocka_unit_test(answers_mean_what_a_client_makes_of_them),
        cmocka_unit_test(targets_become_urls),
        cmocka_unit_test(metadata_is_what_grpc_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
