/* SPDX-License-Identifier: Apache-2.0 */
/* Every answer that a vendor gives is classed as alerting promises: delivered, later, an operator's, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "notify_fixture.h"

#define HOOK "webhook: {url: \"https://h/hook/very-secret\", bearer_token: tok-1234567}"
#define PAGER "pagerduty: {routing_key: 0123456789abcdef0123456789abcdef}"
#define PEER "alertmanager: {url: \"http://am:9093\", username: u, password: pa55word1}"
#define CHAT "slack: {webhook_url: \"https://hooks.slack.com/services/T0/B0/sesame99\"}"
#define BOT "slack: {bot_token: xoxb-12345678, channel: \"#ops\"}"

struct judge_case {
    const char *conf;
    int status;
    const char *body;
    enum outcome outcome;
    const char *why; /* stands in it */
};

static void judge_one(const struct judge_case *c)
{
    struct notify_fixture f = notify_open(c->conf);
    const struct notice n = {.id = 7};
    const struct attempt a = {.number = 1, .remote = ""};
    const struct reply reply = notify_answer(c->status, c->body);
    struct judgement j = {0};
    f.type->judge(f.conf, &n, &a, &reply, f.arena, &j);
    if (j.outcome != c->outcome || !strstr(j.why, c->why))
        fail_msg("%s, %d %s: %s, '%s'", c->conf, c->status, c->body,
                 outcome_name(j.outcome), j.why);
    assert_null(strstr(j.why, "very-secret"));
    assert_null(strstr(j.why, "sesame99"));
    assert_null(strstr(j.why, "pa55word1"));
    assert_int_equal(c->outcome == OUTCOME_OK, !*j.why);
    notify_close(&f);
}

static void statuses(void **state UNUSED)
{
    static const struct judge_case cases[] = {
        {HOOK, 200, "", OUTCOME_OK, ""},
        {HOOK, 204, "", OUTCOME_OK, ""},
        {HOOK, 202, "<html>", OUTCOME_OK, ""},
        {HOOK, 301, "", OUTCOME_CONFIG, "HTTP 301: the URL redirects"},
        {HOOK, 308, "", OUTCOME_CONFIG, "redirects"},
        {HOOK, 400, "what is this?", OUTCOME_REJECT, "it says 'what is this?'"},
        {HOOK, 400, "POST /hook/very-secret failed", OUTCOME_REJECT, "HTTP 400"},
        {HOOK, 400, "bad token tok-1234567", OUTCOME_REJECT, "HTTP 400"},
        {HOOK, 401, "", OUTCOME_CONFIG, "HTTP 401: the credentials are not accepted"},
        {HOOK, 402, "", OUTCOME_CONFIG, "HTTP 402"},
        {HOOK, 403, "", OUTCOME_CONFIG, "HTTP 403"},
        {HOOK, 404, "", OUTCOME_CONFIG, "HTTP 404: nothing is at this URL"},
        {HOOK, 405, "", OUTCOME_CONFIG, "HTTP 405"},
        {HOOK, 408, "", OUTCOME_RETRY, "HTTP 408"},
        {HOOK, 410, "", OUTCOME_CONFIG, "HTTP 410"},
        {HOOK, 413, "", OUTCOME_REJECT, "HTTP 413"},
        {HOOK, 422, "", OUTCOME_REJECT, "HTTP 422"},
        {HOOK, 425, "", OUTCOME_RETRY, "HTTP 425"},
        {HOOK, 429, "", OUTCOME_RETRY, "HTTP 429"},
        {HOOK, 500, "\x01\x02", OUTCOME_RETRY, "HTTP 500"},
        {HOOK, 503, "", OUTCOME_RETRY, "HTTP 503"},
        {HOOK, 999, "", OUTCOME_RETRY, "HTTP 999"},
        {HOOK, 100, "", OUTCOME_RETRY, "HTTP 100"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        judge_one(&cases[i]);
}

static void pagerduty(void **state UNUSED)
{
    static const struct judge_case cases[] = {
        {PAGER, 202, "{\"status\":\"success\",\"message\":\"Event processed\"}",
         OUTCOME_OK, ""},
        {PAGER, 202, "", OUTCOME_OK, ""},
        {PAGER, 202, "nonsense", OUTCOME_OK, ""},
        {PAGER, 400,
         "{\"status\":\"invalid event\",\"message\":\"Event object is "
         "invalid\",\"errors\":"
         "[\"Length of 'routing_key' is incorrect (should be 32 characters)\"]}",
         OUTCOME_CONFIG, "Length of 'routing_key' is incorrect"},
        {PAGER, 400, "{\"errors\":[\"'payload.severity' is invalid\",7,\"b\"]}",
         OUTCOME_REJECT, "HTTP 400: 'payload.severity' is invalid; b"},
        {PAGER, 400,
         "{\"status\":\"Unrecognized object\",\"message\":\"Event object format is "
         "unrecognized\",\"errors\":[\"JSON parse error\"]}",
         OUTCOME_REJECT, "JSON parse error"},
        {PAGER, 400, "0123456789abcdef0123456789abcdef", OUTCOME_REJECT, "HTTP 400"},
        {PAGER, 403, "", OUTCOME_CONFIG, "HTTP 403"},
        {PAGER, 429, "", OUTCOME_RETRY, "HTTP 429"},
        {PAGER, 500, "", OUTCOME_RETRY, "HTTP 500"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        judge_one(&cases[i]);
}

static void alertmanager(void **state UNUSED)
{
    static const struct judge_case cases[] = {
        {PEER, 200, "", OUTCOME_OK, ""},
        {PEER, 200, "{\"status\":\"success\"}", OUTCOME_OK, ""},
        {PEER, 400, "{\"code\":601,\"message\":\"invalid label\"}", OUTCOME_REJECT,
         "invalid label"},
        {PEER, 400, "\"pa55word1 is wrong\"", OUTCOME_REJECT, "HTTP 400"},
        {PEER, 404, "", OUTCOME_CONFIG, "HTTP 404"},
        {PEER, 500, "", OUTCOME_RETRY, "HTTP 500"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        judge_one(&cases[i]);
}

static void slack_webhooks(void **state UNUSED)
{
    static const struct judge_case cases[] = {
        {CHAT, 200, "ok", OUTCOME_OK, ""},
        {CHAT, 200, "", OUTCOME_RETRY, "its body is not Slack's 'ok'"},
        {CHAT, 200, "<html>welcome to our hotel", OUTCOME_RETRY, "is this a Slack"},
        {CHAT, 302, "", OUTCOME_CONFIG, "redirects"},
        {CHAT, 400, "invalid_payload", OUTCOME_REJECT, "HTTP 400: invalid_payload"},
        {CHAT, 400, "user_not_found", OUTCOME_REJECT, "user_not_found"},
        {CHAT, 400, "no_text", OUTCOME_REJECT, "no_text"},
        {CHAT, 400, "invalid_blocks", OUTCOME_REJECT, "invalid_blocks"},
        {CHAT, 403, "action_prohibited", OUTCOME_CONFIG, "action_prohibited"},
        {CHAT, 403, "invalid_token", OUTCOME_CONFIG, "invalid_token"},
        {CHAT, 404, "channel_not_found", OUTCOME_CONFIG, "channel_not_found"},
        {CHAT, 404, "no_service", OUTCOME_CONFIG, "no_service"},
        {CHAT, 404, "/services/T0/B0/sesame99", OUTCOME_CONFIG, "HTTP 404"},
        {CHAT, 410, "channel_is_archived", OUTCOME_CONFIG, "channel_is_archived"},
        {CHAT, 429, "{\"retry_after\":1,\"ok\":false,\"error\":\"rate_limited\"}",
         OUTCOME_RETRY, "HTTP 429"},
        {CHAT, 500, "rollup_error", OUTCOME_RETRY, "rollup_error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        judge_one(&cases[i]);
}

static void slack_bots(void **state UNUSED)
{
    static const struct {
        const char *error;
        enum outcome outcome;
    } errors[] = {
        {"ratelimited", OUTCOME_RETRY},           {"rate_limited", OUTCOME_RETRY},
        {"request_timeout", OUTCOME_RETRY},       {"internal_error", OUTCOME_RETRY},
        {"fatal_error", OUTCOME_RETRY},           {"service_unavailable", OUTCOME_RETRY},
        {"channel_not_found", OUTCOME_CONFIG},    {"not_in_channel", OUTCOME_CONFIG},
        {"is_archived", OUTCOME_CONFIG},          {"invalid_auth", OUTCOME_CONFIG},
        {"not_authed", OUTCOME_CONFIG},           {"account_inactive", OUTCOME_CONFIG},
        {"token_revoked", OUTCOME_CONFIG},        {"missing_scope", OUTCOME_CONFIG},
        {"msg_too_long", OUTCOME_REJECT},         {"msg_blocks_too_long", OUTCOME_REJECT},
        {"invalid_blocks", OUTCOME_REJECT},       {"no_text", OUTCOME_REJECT},
        {"too_many_attachments", OUTCOME_REJECT}, {"of_a_later_year", OUTCOME_CONFIG},
        {"message_not_found", OUTCOME_CONFIG}, /* nothing was named: nothing to forget */
    };
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        char body[200];
        snprintf(body, sizeof(body), "{\"ok\":false,\"error\":\"%s\"}", errors[i].error);
        judge_one(
            &(struct judge_case){BOT, 200, body, errors[i].outcome, errors[i].error});
    }
    static const struct judge_case cases[] = {
        {BOT, 200, "{\"ok\":false}", OUTCOME_CONFIG, "an error without a name"},
        {BOT, 200, "{\"ok\":false,\"error\":\"<X>\"}", OUTCOME_CONFIG, "without a name"},
        {BOT, 200, "ok", OUTCOME_RETRY, "not with an answer of Slack's API"},
        {BOT, 200, "{}", OUTCOME_RETRY, "not with an answer"},
        {BOT, 200, "", OUTCOME_RETRY, "not with an answer"},
        {BOT, 302, "", OUTCOME_CONFIG, "redirects"},
        {BOT, 429, "", OUTCOME_RETRY, "HTTP 429"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        judge_one(&cases[i]);
}

/* One lane of a bot from its first message to the end: what is asked, what is remembered. */
static void a_bots_lane(void **state UNUSED)
{
    static const char posted[] =
        "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1503435956.000247\"}";
    static const char root[] = "{\"channel\":\"C1\",\"ts\":\"1503435956.000247\"}";
    static const char edited[] =
        "{\"channel\":\"C1\",\"ts\":\"1503435956.000247\",\"edited\":\"7\"}";
    static const char gone[] = "{\"ok\":false,\"error\":\"message_not_found\"}";
    static const struct {
        enum notice_kind kind;
        const char *remote, *url, *has, *body;
        enum outcome outcome;
        const char *next; /* what is remembered */
    } steps[] = {
        {NOTICE_TRIGGER, "", "/chat.postMessage", "\"channel\":\"#ops\"", posted,
         OUTCOME_OK, root},
        {NOTICE_UPDATE, root, "/chat.update", "\"ts\":\"1503435956.000247\"", posted,
         OUTCOME_ANEW, edited},
        {NOTICE_UPDATE, edited, "/chat.postMessage",
         "\"thread_ts\":\"1503435956.000247\"", posted, OUTCOME_OK, root},
        {NOTICE_REMINDER, edited, "/chat.postMessage", "\"reply_broadcast\":true", posted,
         OUTCOME_OK, root},
        {NOTICE_ACK, root, "/chat.update", "\"channel\":\"C1\"", gone, OUTCOME_ANEW, ""},
        {NOTICE_ACK, edited, "/chat.postMessage", "\"thread_ts\"", gone, OUTCOME_ANEW,
         ""},
        {NOTICE_RESOLVE, edited, "/chat.postMessage", "\"thread_ts\"", posted, OUTCOME_OK,
         ""},
        {NOTICE_RESOLVE, "", "/chat.postMessage", "[RESOLVED]", posted, OUTCOME_OK, ""},
        {NOTICE_UPDATE, "{\"channel\":1}", "/chat.postMessage", "\"#ops\"", posted,
         OUTCOME_OK, root},
        {NOTICE_UPDATE, "no JSON", "/chat.postMessage", "\"#ops\"", posted, OUTCOME_OK,
         root},
        {NOTICE_TRIGGER, "", "/chat.postMessage", "\"#ops\"", "{\"ok\":true}", OUTCOME_OK,
         NULL},
    };
    struct notify_fixture f = notify_open(BOT);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const struct notice n = {.id = 7, .kind = steps[i].kind};
        const struct attempt a = {.number = 1, .remote = steps[i].remote};
        const struct reply reply = notify_answer(200, steps[i].body);
        struct request q = {0};
        struct judgement j = {0};
        f.type->render(f.conf, &n, &a, f.arena, &q);
        f.type->judge(f.conf, &n, &a, &reply, f.arena, &j);
        if (!strstr(q.url, steps[i].url) || !strstr(q.body.ptr, steps[i].has))
            fail_msg("%zu: %s %s", i, q.url, q.body.ptr);
        assert_int_equal(j.outcome, steps[i].outcome);
        if (steps[i].next)
            assert_string_equal(j.remote, steps[i].next);
        else
            assert_non_null(j.warning);
    }
    notify_close(&f);
}

static void troubles(void **state UNUSED)
{
    static const struct {
        struct trouble trouble;
        enum phase reached;
        int status;
        enum outcome outcome;
        bool never_arrived;
        const char *why;
    } cases[] = {
        {{REASON_REFUSED, false, "10.0.0.1:443 refuses connections"},
         PHASE_CONNECT,
         0,
         OUTCOME_RETRY,
         true,
         "10.0.0.1:443 refuses connections"},
        {{REASON_NO_NAME, false, "no such name"},
         PHASE_RESOLVE,
         0,
         OUTCOME_RETRY,
         true,
         "no such name"},
        {{REASON_TLS_EXPIRED, false, "expired"},
         PHASE_TLS,
         0,
         OUTCOME_RETRY,
         true,
         "expired"},
        {{REASON_CLOSED, false, "closed without an answer"},
         PHASE_WAIT,
         0,
         OUTCOME_RETRY,
         false,
         "closed"},
        {{REASON_TIMEOUT, false, "nothing within 15s"},
         PHASE_WAIT,
         0,
         OUTCOME_RETRY,
         false,
         "nothing"},
        {{REASON_CLOSED, false, "after 1 of 9 body bytes"},
         PHASE_TRANSFER,
         202,
         OUTCOME_RETRY,
         false,
         "after 1"},
        {{REASON_TOO_LARGE, false, "too large"},
         PHASE_TRANSFER,
         200,
         OUTCOME_OK,
         false,
         ""},
        {{REASON_TOO_LARGE, false, "too large"},
         PHASE_TRANSFER,
         500,
         OUTCOME_RETRY,
         false,
         "HTTP 500"},
        {{REASON_PROTOCOL, false, "answered with 'POST /hook/very-secret'"},
         PHASE_WAIT,
         0,
         OUTCOME_RETRY,
         false,
         "no HTTP answer"},
        {{REASON_CONFIG, true, "'htp://h/hook/very-secret' is no URL"},
         PHASE_RESOLVE,
         0,
         OUTCOME_CONFIG,
         true,
         "look at this receiver's URL"},
    };
    struct notify_fixture f = notify_open(HOOK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reply reply = notify_answer(cases[i].status, "");
        struct judgement j = {0};
        reply.trouble = cases[i].trouble;
        reply.reached = cases[i].reached;
        f.type->judge(f.conf, &(struct notice){0}, &(struct attempt){0}, &reply, f.arena,
                      &j);
        if (j.outcome != cases[i].outcome || !strstr(j.why, cases[i].why) ||
            strstr(j.why, "very-secret"))
            fail_msg("%zu: %s, '%s'", i, outcome_name(j.outcome), j.why);
        assert_int_equal(j.never_arrived, cases[i].never_arrived);
    }
    notify_close(&f);
}

static void retry_after_is_heeded(void **state UNUSED)
{
    static const struct {
        int status;
        const char *value;
        nsec wait;
    } cases[] = {
        {429, "7", 7 * NSEC_PER_SEC},
        {503, "60", NSEC_PER_MINUTE},
        {429, "0", NSEC_PER_SEC},
        {429, "99999999999", NSEC_PER_HOUR},
        {429, "-1", 0},
        {429, "soon", 0},
        {429, "Sun, 06 Nov 1994 08:50:37 GMT", NSEC_PER_MINUTE},
        {429, "Sun, 06 Nov 1994 07:49:37 GMT", NSEC_PER_SEC},
        {429, "Sun, 06 Nov 2094 07:49:37 GMT", NSEC_PER_HOUR},
        {200, "7", 0},
    };
    struct notify_fixture f = notify_open(HOOK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct pair header = {"retry-after", cases[i].value};
        struct reply reply = notify_answer(cases[i].status, "");
        struct judgement j = {0};
        reply.headers = (struct pairs){&header, 1};
        judge_http(&reply, (struct wall){784111777 * NSEC_PER_SEC}, f.arena, &j);
        if (j.retry_after != cases[i].wait)
            fail_msg("%s: %lld", cases[i].value, (long long)j.retry_after);
    }
    notify_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(pagerduty),
        cmocka_unit_test(slack_webhooks),
        cmocka_unit_test(slack_bots),
        cmocka_unit_test(a_bots_lane),
        cmocka_unit_test(troubles),
        cmocka_unit_test(retry_after_is_heeded),
        cmocka_unit_test(alertmanager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
