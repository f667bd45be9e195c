/* SPDX-License-Identifier: Apache-2.0 */
/* Which answers are right, which rule decides when several fail, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/attr.h"
#include "probes/http.h"

struct rules { /* of one case, as text */
    int64_t statuses[3];
    const char *version, *body_matches, *body_not_matches;
    const char *header, *header_matches, *header_not_matches;
    bool allow_missing, if_ssl, if_not_ssl;
    int compression;
};

struct case_of {
    struct rules rules;
    int status, version;
    struct pair headers[3];
    const char *body;
    bool is_tls, is_status_moot;
    enum reason trouble;
    enum reason expected;
    bool failed_due_to_regex;
    const char *detail; /* part of it */
};

static struct regexes one_regex(struct arena *arena, const char *pattern)
{
    struct err e = {0};
    if (!pattern)
        return (struct regexes){0};
    const struct regex **list = arena_alloc(arena, sizeof(*list));
    list[0] = regex_compile(arena, pattern, &e);
    assert_non_null(list[0]);
    return (struct regexes){list, 1};
}

static struct sections one_header(struct arena *arena, const struct rules *rules,
                                  const char *pattern)
{
    if (!pattern)
        return (struct sections){0};
    struct http_header_rule *rule = arena_alloc(arena, sizeof(*rule));
    *rule = (struct http_header_rule){rules->header, one_regex(arena, pattern).items[0],
                                      rules->allow_missing};
    return (struct sections){.items = rule, .count = 1};
}

static void conf_of(const struct rules *r, struct arena *arena,
                    struct http_conf *ret_conf)
{
    struct http_conf conf = {.fail_if_ssl = r->if_ssl,
                             .fail_if_not_ssl = r->if_not_ssl,
                             .compression = r->compression};
    const char **versions = arena_alloc(arena, sizeof(*versions));
    versions[0] = r->version;
    conf.valid_http_versions = (struct texts){versions, r->version ? 1 : 0};
    conf.valid_status_codes.items = r->statuses;
    while (conf.valid_status_codes.count < 3 &&
           r->statuses[conf.valid_status_codes.count])
        conf.valid_status_codes.count++;
    conf.fail_if_body_matches = one_regex(arena, r->body_matches);
    conf.fail_if_body_not_matches = one_regex(arena, r->body_not_matches);
    conf.fail_if_header_matches = one_header(arena, r, r->header_matches);
    conf.fail_if_header_not_matches = one_header(arena, r, r->header_not_matches);
    *ret_conf = conf;
}

static void judge_case(const struct case_of *c, size_t index)
{
    struct arena *arena = arena_create(0);
    struct http_conf conf;
    conf_of(&c->rules, arena, &conf);
    struct reply reply = {.status = c->status,
                          .version = c->version ? c->version : 11,
                          .reached = c->status ? PHASE_TRANSFER : PHASE_WAIT,
                          .trouble = {.reason = c->trouble},
                          .body = bytes_of(c->body),
                          .headers = {c->headers, 0}};
    snprintf(reply.trouble.detail, sizeof(reply.trouble.detail), "trouble");
    while (reply.headers.count < 3 && c->headers[reply.headers.count].key)
        reply.headers.count++;
    const struct http_facts facts = {.reply = &reply,
                                     .from = "10.0.0.1:80",
                                     .is_tls = c->is_tls,
                                     .is_status_moot = c->is_status_moot};
    const struct http_finding f = http_judge(&conf, &facts, arena);
    if (f.reason != c->expected)
        fail_msg("case %zu: %s, %s", index, reason_word(f.reason), f.detail);
    assert_int_equal(f.health, c->expected == REASON_NONE ? HEALTH_UP : HEALTH_DOWN);
    assert_int_equal(f.failed_due_to_regex, c->failed_due_to_regex);
    if (c->detail && !strstr(f.detail, c->detail))
        fail_msg("case %zu says: %s", index, f.detail);
    arena_destroy(arena);
}

static void judges(void **state)
{
    static const struct case_of cases[] = {
        {.status = 200},
        {.status = 299},
        {.status = 199 + 101, .expected = REASON_STATUS},
        {.status = 503,
         .expected = REASON_STATUS,
         .detail = "expected status 200 to 299, got 503 from 10.0.0.1:80"},
        {.status = 503, .is_status_moot = true},
        {.status = 401, .expected = REASON_AUTH},
        {.status = 403, .expected = REASON_AUTH},
        {.status = 403, .rules = {.statuses = {403}}},
        {.status = 200,
         .rules = {.statuses = {201, 204, 404}},
         .expected = REASON_STATUS,
         .detail = "expected status 201, 204 or 404, got 200"},
        {.status = 302,
         .headers = {{"location", "/login"}},
         .expected = REASON_STATUS,
         .detail = "302 to /login"},
        /* headers: several values, missing ones, both directions */
        {.status = 200,
         .rules = {.header = "X-A", .header_matches = "bad"},
         .expected = REASON_HEADER,
         .failed_due_to_regex = true,
         .detail = "has no header X-A"},
        {.status = 200,
         .rules = {.header = "X-A", .header_matches = "bad", .allow_missing = true}},
        {.status = 200,
         .rules = {.header = "X-A", .header_matches = "bad"},
         .headers = {{"x-a", "good"}}},
        {.status = 200,
         .rules = {.header = "X-A", .header_matches = "bad"},
         .headers = {{"x-a", "good"}, {"x-a", "bad"}},
         .expected = REASON_HEADER,
         .failed_due_to_regex = true,
         .detail = "is 'bad', which matches /bad/"},
        {.status = 200,
         .rules = {.header = "X-A", .header_not_matches = "good"},
         .headers = {{"x-a", "good"}, {"x-a", "bad"}}},
        {.status = 200,
         .rules = {.header = "X-A", .header_not_matches = "good"},
         .headers = {{"x-a", "bad"}},
         .expected = REASON_HEADER,
         .failed_due_to_regex = true,
         .detail = "is 'bad', which does not match"},
        {.status = 200,
         .rules = {.header = "X-A", .header_not_matches = "good"},
         .expected = REASON_HEADER,
         .failed_due_to_regex = true},
        /* bodies */
        {.status = 200, .rules = {.body_matches = "error"}, .body = "fine"},
        {.status = 200,
         .rules = {.body_matches = "error"},
         .body = "an error\nhere",
         .expected = REASON_BODY,
         .failed_due_to_regex = true,
         .detail = "matches /error/; it begins with 'an error here'"},
        {.status = 200,
         .rules = {.body_not_matches = "world$"},
         .body = "hello world\n",
         .expected = REASON_BODY,
         .failed_due_to_regex = true},
        {.status = 200,
         .rules = {.body_not_matches = "ok"},
         .body = "",
         .expected = REASON_BODY,
         .failed_due_to_regex = true,
         .detail = "the body is empty"},
        {.status = 200, .rules = {.body_not_matches = "ok"}, .body = "ok"},
        /* a failed status leaves the later stages alone */
        {.status = 500,
         .rules = {.body_not_matches = "ok"},
         .body = "no",
         .expected = REASON_STATUS},
        /* a body that did not come whole */
        {.status = 200,
         .trouble = REASON_CLOSED,
         .expected = REASON_CLOSED,
         .detail = "trouble"},
        {.status = 200,
         .trouble = REASON_TOO_LARGE,
         .rules = {.body_not_matches = "ok"},
         .body = "ok",
         .expected = REASON_TOO_LARGE,
         .failed_due_to_regex = true},
        {.status = 500, .trouble = REASON_CLOSED, .expected = REASON_STATUS},
        {.status = 0,
         .trouble = REASON_REFUSED,
         .expected = REASON_REFUSED,
         .detail = "trouble"},
        /* encodings */
        {.status = 200,
         .rules = {.compression = HTTP_GZIP},
         .expected = REASON_BODY,
         .detail = "expected a body encoded as gzip"},
        {.status = 200,
         .rules = {.compression = HTTP_GZIP},
         .headers = {{"Content-Encoding", "gzip"}}},
        {.status = 200,
         .rules = {.compression = HTTP_BROTLI},
         .headers = {{"Content-Encoding", "gzip"}},
         .expected = REASON_BODY,
         .detail = "encoded as br from 10.0.0.1:80, got gzip"},
        {.status = 200, .rules = {.compression = HTTP_IDENTITY}},
        /* versions, then TLS */
        {.status = 200,
         .rules = {.version = "HTTP/2.0"},
         .expected = REASON_VERSION,
         .detail = "expected HTTP/2.0, got HTTP/1.1"},
        {.status = 200, .version = 20, .rules = {.version = "HTTP/2.0"}},
        {.status = 200, .version = 20, .rules = {.version = "HTTP/2"}},
        {.status = 200, .version = 10, .rules = {.version = "HTTP/1.0"}},
        {.status = 200, .rules = {.if_not_ssl = true}, .expected = REASON_NOT_TLS},
        {.status = 200, .rules = {.if_not_ssl = true}, .is_tls = true},
        {.status = 200,
         .rules = {.if_ssl = true},
         .is_tls = true,
         .expected = REASON_IS_TLS},
        {.status = 200, .rules = {.if_ssl = true}},
        {.status = 200,
         .rules = {.if_not_ssl = true, .version = "HTTP/2.0"},
         .expected = REASON_VERSION},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        judge_case(&cases[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
