/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions in tests are about: one answer of a sick shop, as an HTTP probe would name it.
 * For test_expr.c and fuzz_expr.c. */
#ifndef HEALTHD_TESTS_EXPR_FIXTURE_H
#define HEALTHD_TESTS_EXPR_FIXTURE_H

#include "lib/core/expr.h"

#define FIXTURE_NOW "2026-11-21T12:00:00Z"

static const char fixture_json[] =
    "{\"status\": \"degraded\", \"ok\": true, \"error\": null, \"n\": 1234567, "
    "\"price\": 24.5,"
    " \"id\": 9007199254740993, \"uptime\": 300, \"took\": \"250ms\", \"big\": 1e300,"
    " \"updated_at\": \"2026-11-21T11:50:00Z\", \"since\": 1795262400, \"since_ms\": "
    "1795262400000,"
    " \"items\": [{\"id\": 7, \"up\": true, \"name\": \"a\"}, {\"id\": 8, \"up\": false, "
    "\"name\": \"b\"}],"
    " \"tags\": [\"eu\", \"prod\"], \"empty\": [], \"none\": {}, \"a-b\": {\"c d\": 5},"
    " \"services\": {\"db\": {\"status\": \"up\"}, \"cache\": {\"status\": \"down\"}}}";

static bool get_status(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    *ret_value = value_number(503);
    return true;
}

static bool get_body(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    *ret_value =
        value_text(bytes_of("line one\nsaid \"no\"\x01\xff and then went on and on, much "
                            "longer than any sentence could bear"));
    return true;
}

static bool get_json(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    *ret_value = value_json(json_read(arena, bytes_of(fixture_json), 1 << 20, why));
    return ret_value->json;
}

static bool get_nojson(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    return err_set(why, "the body is no JSON: '<' at line 1, column 1");
}

static bool get_total(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    *ret_value = value_duration(1240 * NSEC_PER_MSEC);
    return true;
}

static bool get_expiry(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    struct wall at = {0};
    if (!wall_parse(bytes_of("2026-12-01T12:00:00Z"), &at))
        return false;
    *ret_value = value_time(at);
    return true;
}

static bool get_body_size(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    *ret_value = (struct value){.type = VALUE_SIZE, .number = 1536};
    return true;
}

static bool get_used(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    *ret_value = (struct value){.type = VALUE_PERCENT, .number = 95.5};
    return true;
}

static bool get_verified(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    *ret_value = value_bool(false);
    return true;
}

static bool lookup_header(const void *map, struct bytes key, struct arena *arena,
                          struct value *ret_value)
{
    if (!bytes_is_nocase(key, "content-type") && !bytes_is_nocase(key, "age"))
        return false;
    *ret_value = value_text(bytes_of(bytes_is_nocase(key, "age") ? "17" : "text/html"));
    return true;
}

static bool get_headers(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    *ret_value = (struct value){.type = VALUE_MAP, .lookup = lookup_header};
    return true;
}

static bool get_rows(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    struct value *row = arena_alloc(arena, 2 * sizeof(*row));
    row[0] = value_number(12);
    row[1] = value_text(bytes_of("stuck"));
    struct value *rows = arena_alloc(arena, sizeof(*rows));
    rows[0] = (struct value){.type = VALUE_LIST, .items = row, .count = 2};
    *ret_value = (struct value){.type = VALUE_LIST, .items = rows, .count = 1};
    return true;
}

static const struct var fixture_http[] = {
    {"status", VALUE_NUMBER, "the status code", get_status},
    {"body", VALUE_TEXT, "the body", get_body},
    {"body_size", VALUE_SIZE, "its size", get_body_size},
    {"headers", VALUE_MAP, "by name", get_headers},
    {"json", VALUE_JSON, "the body", get_json},
    {"broken", VALUE_JSON, "a body that is none", get_nojson},
    {"rows", VALUE_LIST, "of a query", get_rows},
    {"used", VALUE_PERCENT, "of a disk", get_used},
    {0},
};
static const struct var fixture_frame[] = {
    {"timing.total", VALUE_DURATION, "all of it", get_total},
    {"timing.connect", VALUE_DURATION, "the connection", get_total},
    {"tls.expires_at", VALUE_TIME, "the certificate's end", get_expiry},
    {"tls.verified", VALUE_BOOL, "by a known CA", get_verified},
    {0},
};
static const struct var *const fixture_vars[] = {fixture_http, fixture_frame, NULL};

#endif
