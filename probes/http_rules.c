/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an answer is right: every rule of the configuration, in blackbox_exporter's order, the first that fails
 * decides. Called by http.c with the final answer of a walk. Pure.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "probes/http.h"

struct judge {
    const struct http_conf *conf;
    const struct http_facts *facts;
    struct arena *arena;
    struct http_finding found;
};

static bool fail(struct judge *j, enum reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static bool fail(struct judge *j, enum reason reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    j->found.health = HEALTH_DOWN;
    j->found.reason = reason;
    j->found.detail = arena_vprintf(j->arena, fmt, args);
    va_end(args);
    return false;
}

static bool fail_trouble(struct judge *j, const struct trouble *trouble)
{
    fail(j, trouble->reason, "%s", trouble->detail);
    j->found.is_unknown = trouble->is_unknown;
    if (trouble->is_unknown)
        j->found.health = HEALTH_UNKNOWN;
    return false;
}

static const char *expected_status(struct judge *j)
{
    const struct ints *codes = &j->conf->valid_status_codes;
    struct buf text = BUF_MAX(300);
    for (size_t i = 0; i < codes->count; i++)
        buf_printf(&text, "%s%" PRId64,
                   i == 0                  ? ""
                   : i + 1 == codes->count ? " or "
                                           : ", ",
                   codes->items[i]);
    const char *copy = text.len ? arena_strdup(j->arena, buf_text(&text)) : "200 to 299";
    buf_finish(&text);
    return copy;
}

static bool check_status(struct judge *j)
{
    const struct ints *codes = &j->conf->valid_status_codes;
    const int status = j->facts->reply->status;
    for (size_t i = 0; i < codes->count; i++) {
        if (codes->items[i] == status)
            return true;
    }
    if (j->facts->is_status_moot || (codes->count == 0 && status >= 200 && status <= 299))
        return true;
    const enum reason reason =
        status == 401 || status == 403 || status == 407 ? REASON_AUTH : REASON_STATUS;
    const char *location = reply_header(j->facts->reply, "location");
    if (location && status >= 300 && status <= 399)
        return fail(j, reason, "expected status %s, got %d to %.200s from %s",
                    expected_status(j), status, location, j->facts->from);
    return fail(j, reason, "expected status %s, got %d from %s", expected_status(j),
                status, j->facts->from);
}

struct header_result {
    size_t seen, matched;
    const char *value; /* one that matched, else the last seen */
    bool gave_up;
};

static struct header_result try_header(const struct reply *reply,
                                       const struct http_header_rule *rule)
{
    struct header_result r = {0};
    for (size_t i = 0; i < reply->headers.count; i++) {
        const struct pair *header = &reply->headers.items[i];
        if (strcasecmp(header->key, rule->header))
            continue;
        r.seen++;
        const enum regex_result result =
            regex_match(rule->regexp, bytes_of(header->value));
        r.gave_up |= result == REGEX_LIMIT;
        if (result == REGEX_MATCH && r.matched++ == 0)
            r.value = header->value;
        else if (r.matched == 0)
            r.value = header->value;
    }
    return r;
}

static bool fail_header(struct judge *j, const struct http_header_rule *rule,
                        struct header_result r, const char *how)
{
    j->found.failed_due_to_regex = true;
    if (r.seen == 0)
        return fail(j, REASON_HEADER, "the answer from %s has no header %s",
                    j->facts->from, rule->header);
    return fail(j, REASON_HEADER, "the header %s from %s is '%.200s', which %s /%.200s/",
                rule->header, j->facts->from, r.value, how, regex_pattern(rule->regexp));
}

static bool check_headers(struct judge *j)
{
    const struct http_header_rule *rules = j->conf->fail_if_header_matches.items;
    for (size_t i = 0; i < j->conf->fail_if_header_matches.count; i++) {
        const struct header_result r = try_header(j->facts->reply, &rules[i]);
        if (r.seen == 0 ? !rules[i].allow_missing : r.matched > 0 || r.gave_up)
            return fail_header(j, &rules[i], r,
                               r.matched ? "matches"
                                         : "cannot be tried within the limits on");
    }
    rules = j->conf->fail_if_header_not_matches.items;
    for (size_t i = 0; i < j->conf->fail_if_header_not_matches.count; i++) {
        const struct header_result r = try_header(j->facts->reply, &rules[i]);
        if (r.seen == 0 ? !rules[i].allow_missing : r.matched == 0)
            return fail_header(j, &rules[i], r, "does not match");
    }
    return true;
}

static bool has_body_rules(const struct http_conf *conf)
{
    return conf->fail_if_body_matches.count || conf->fail_if_body_not_matches.count;
}

/* A body that did not come whole fails every rule that would have read it. */
static bool check_whole(struct judge *j)
{
    const struct trouble *trouble = &j->facts->reply->trouble;
    if (trouble->reason == REASON_NONE)
        return true;
    j->found.failed_due_to_regex = has_body_rules(j->conf);
    j->found.failed_due_to_cel = j->conf->json_matches || j->conf->json_not_matches;
    return fail_trouble(j, trouble);
}

static bool check_encoding(struct judge *j)
{
    static const char *const names[] = {
        [HTTP_GZIP] = "gzip", [HTTP_DEFLATE] = "deflate", [HTTP_BROTLI] = "br"};
    const int wanted = j->conf->compression;
    if (wanted != HTTP_GZIP && wanted != HTTP_DEFLATE && wanted != HTTP_BROTLI)
        return true;
    const char *got = reply_header(j->facts->reply, "content-encoding");
    if (got && (!strcasecmp(got, names[wanted]) ||
                (wanted == HTTP_GZIP && !strcasecmp(got, "x-gzip"))))
        return true;
    return fail(j, REASON_BODY, "expected a body encoded as %s from %s, got %s",
                names[wanted], j->facts->from, got ? got : "one that is not encoded");
}

/* The start of the body, on one line. */
static const char *body_brief(struct judge *j)
{
    const struct bytes body = j->facts->reply->body;
    const size_t len = body.len < 80 ? body.len : 80;
    if (body.len == 0)
        return "the body is empty";
    char *text = arena_strndup(j->arena, body.ptr, len);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = ' ';
    }
    return arena_printf(j->arena, "it begins with '%s%s'", text,
                        body.len > len ? "…" : "");
}

static bool check_body(struct judge *j)
{
    const struct bytes body = j->facts->reply->body;
    const struct regexes *must_not = &j->conf->fail_if_body_matches;
    const struct regexes *must = &j->conf->fail_if_body_not_matches;
    for (size_t i = 0; i < must_not->count; i++) {
        const enum regex_result result = regex_match(must_not->items[i], body);
        if (result == REGEX_NO_MATCH)
            continue;
        j->found.failed_due_to_regex = true;
        return fail(j, REASON_BODY, "the body from %s %s /%.200s/; %s", j->facts->from,
                    result == REGEX_MATCH ? "matches"
                                          : "cannot be tried within the limits on",
                    regex_pattern(must_not->items[i]), body_brief(j));
    }
    for (size_t i = 0; i < must->count; i++) {
        if (regex_match(must->items[i], body) == REGEX_MATCH)
            continue;
        j->found.failed_due_to_regex = true;
        return fail(j, REASON_BODY, "the body from %s does not match /%.200s/; %s",
                    j->facts->from, regex_pattern(must->items[i]), body_brief(j));
    }
    return true;
}

/* An expression that cannot be judged fails both ways, as with blackbox_exporter. */
static bool check_expression(struct judge *j, const struct expr *x, bool should_hold)
{
    struct value value = {0};
    struct err e = {0};
    if (!x)
        return true;
    j->found.failed_due_to_cel = true;
    if (!j->facts->json)
        return fail(j, REASON_BODY, "%s", j->facts->json_why);
    if (!expr_eval(x, j->facts->run, j->facts->now, j->arena, &value, &e))
        return fail(j, REASON_EXPECT_ERROR, "the body from %s: %s: %s", j->facts->from,
                    expr_text(x), e.text);
    if (value.type != VALUE_BOOL)
        return fail(j, REASON_EXPECT_ERROR,
                    "%s is %s; an expression here is true or false", expr_text(x),
                    value_type_name(value.type));
    if (value.truth != should_hold)
        return fail(j, REASON_BODY, "the JSON from %s is %s: %s", j->facts->from,
                    should_hold ? "not as expected" : "as it must not be", expr_text(x));
    j->found.failed_due_to_cel = false;
    return true;
}

static bool check_version(struct judge *j)
{
    const struct texts *wanted = &j->conf->valid_http_versions;
    const int version = j->facts->reply->version;
    const char *got = version == 20   ? "HTTP/2.0"
                      : version == 10 ? "HTTP/1.0"
                                      : "HTTP/1.1";
    for (size_t i = 0; i < wanted->count; i++) {
        if (!strcmp(wanted->items[i], got) ||
            (version == 20 && !strcmp(wanted->items[i], "HTTP/2")))
            return true;
    }
    return wanted->count == 0 ||
           fail(j, REASON_VERSION, "expected %s%s, got %s from %s", wanted->items[0],
                wanted->count > 1 ? " (or another of those listed)" : "", got,
                j->facts->from);
}

static bool check_tls(struct judge *j)
{
    if (j->conf->fail_if_ssl && j->facts->is_tls)
        return fail(j, REASON_IS_TLS,
                    "the final answer came from %s over TLS, and fail_if_ssl is set",
                    j->facts->from);
    if (j->conf->fail_if_not_ssl && !j->facts->is_tls)
        return fail(
            j, REASON_NOT_TLS,
            "the final answer came from %s without TLS, and fail_if_not_ssl is set",
            j->facts->from);
    return true;
}

static bool has_answer(const struct reply *reply)
{
    return reply->status >= 200 &&
           (reply->trouble.reason == REASON_NONE || reply->reached == PHASE_TRANSFER);
}

struct http_finding http_judge(const struct http_conf *conf,
                               const struct http_facts *facts, struct arena *arena)
{
    struct judge j = {conf, facts, arena, {.health = HEALTH_UP, .detail = ""}};
    if (!has_answer(facts->reply)) {
        fail_trouble(&j, &facts->reply->trouble);
        return j.found;
    }
    (void)(check_status(&j) && check_headers(&j) && check_whole(&j) &&
           check_encoding(&j) && check_body(&j) &&
           check_expression(&j, conf->json_matches, false) &&
           check_expression(&j, conf->json_not_matches, true) && check_version(&j) &&
           check_tls(&j));
    return j.found;
}
