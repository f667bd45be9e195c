/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand where the cursor is; and two runs side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "healthctl/complete.h"
#include "healthctl/pairing.h"

enum { WORDS = 8 };

static void add_probes(void *ctx, const char *prefix, struct buf *out)
{
    buf_printf(out, "%spayload\thttp, up\n", prefix);
}

/* The first column, on one line. */
static const char *candidates(struct arena *arena, const char *const *words)
{
    struct buf out = BUF_MAX(1 << 16), firsts = BUF_MAX(1 << 16);
    size_t count = 0;
    while (count < WORDS && words[count])
        count++;
    complete_words(arena, words, count, add_probes, NULL, &out);
    struct bytes rest = buf_bytes(&out), line, first;
    while (bytes_line(&rest, &line)) {
        if (firsts.len)
            buf_add_byte(&firsts, ' ');
        if (bytes_token(&line, '\t', &first))
            buf_add_bytes(&firsts, first);
    }
    const char *text = arena_strdup(arena, buf_text(&firsts));
    buf_finish(&out);
    buf_finish(&firsts);
    return text;
}

static void words_are_completed(void **state)
{
    static const struct {
        const char *words[WORDS], *candidates;
    } cases[] = {
        {{""},
         "smoke wait healthcheck deploy baseline run status explain alerts ack silence "
         "query outbox "
         "runbook "
         "init coverage validate "
         "probe "
         "rules route receiver drill reload completion help"},
        {{"rel"}, "reload"},
        {{"silence", ""}, "add list expire payload"},
        {{"outbox", "l"}, "list"},
        {{"silence", "add", ""}, "payload"},
        {{"outbox", "retry", ""}, ""},
        {{"ack", ""}, "payload"},
        {{"--v"}, "--version"},
        {{"nonsense", ""}, ""},
        {{"explain", ""}, "payload"},
        {{"explain", "p"}, "ppayload"},
        {{"explain", "payload", ""}, ""},
        {{"explain", "payload", "--t"}, "--timing --token-file"},
        {{"explain", "--", "-"}, "-payload"},
        {{"status", "--format", ""}, "text json"},
        {{"status", "--format", "j"}, "json"},
        {{"status", "--format=j"}, "--format=json"},
        {{"status", "--format", "="}, "text json"},
        {{"status", "--format", "=", "j"}, "json"},
        {{"status", "--format", "json", "--col"}, "--color"},
        {{"status", "--socket", "/r"}, ":files"},
        {{"--format", "json", "sta"}, "status"},
        {{"probe", "--format", "p"}, "prometheus"},
        {{"probe", "t"}, "tcp tls"},
        {{"probe", "tcp", "--quer"}, "--query-response"},
        {{"probe", "--quer"}, ""},
        {{"probe", "http", "--http-format", ""}, "none health"},
        {{"probe", "http", "--tls-config.ca-file", "x"}, ":files"},
        {{"probe", "--now", ""}, "payload"},
        {{"completion", "b"}, "bash"},
        {{"validate", "a.yml", ""}, ":files"},
        {{"help", "pro"}, "probe"},
        {{"help", "probe", "tc"}, "tcp"},
        {{"help", "status", ""}, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        assert_string_equal(candidates(arena, cases[i].words), cases[i].candidates);
        arena_destroy(arena);
    }
}

static const char good_text[] =
    "{'health': 'up', 'reason': '', 'detail': '', 'address': '10.0.0.1:80',"
    " 'started': '2026-11-21T03:04:05.678Z', 'duration_seconds': 0.02,"
    " 'phases_seconds': {'connect': 0.01, 'wait': 0.01}, 'trace': ["
    "{'key': 'address', 'text': '10.0.0.1:80'}, {'key': 'status', 'text': '200, "
    "HTTP/1.1'},"
    "{'key': 'header', 'text': 'Date: Monday'}, {'key': 'header', 'text': 'Server: a'},"
    "{'key': 'body', 'text': 'ok'}]}";
static const char bad_text[] =
    "{'health': 'down', 'reason': 'status', 'detail': 'got 503', 'address': "
    "'10.0.0.2:80',"
    " 'started': '2026-11-21T03:05:05.678Z', 'duration_seconds': 0.02,"
    " 'phases_seconds': {'connect': 0.02}, 'trace': ["
    "{'key': 'address', 'text': '10.0.0.2:80'}, {'key': 'status', 'text': '503, "
    "HTTP/1.1'},"
    "{'key': 'header', 'text': 'date: Tuesday'}, {'key': 'header', 'text': 'Server: a'},"
    "{'key': 'header', 'text': 'Retry-After: 5'}]}";

static json_t *parsed(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    struct err e = {0};
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *value = json_read(arena, bytes_of(copy), 1 << 16, &e);
    assert_string_equal(e.text, "");
    return value;
}

static void runs_are_laid_side_by_side(void **state)
{
    static const struct pair_row expected[] = {
        {"health", "up", "down", false},
        {"reason", NULL, "status", false},
        {"detail", NULL, "got 503", false},
        {"started", "2026-11-21 03:04:05 UTC", "2026-11-21 03:05:05 UTC", false},
        {"took", "20 ms", "20 ms", false},
        {"  connect", "10 ms", "20 ms", false},
        {"  wait", "10 ms", NULL, false},
        {"address", "10.0.0.1:80", "10.0.0.2:80", true},
        {"status", "200, HTTP/1.1", "503, HTTP/1.1", true},
        {"header Date", "Monday", "Tuesday", false},
        {"header Server", "a", "a", false},
        {"body", "ok", NULL, true},
        {"header Retry-After", NULL, "5", true},
    };
    struct arena *arena = arena_create(0);
    const struct pairing p =
        pairing_make(arena, parsed(arena, good_text), parsed(arena, bad_text));
    assert_int_equal(p.count, ARRAY_LEN(expected));
    for (size_t i = 0; i < p.count; i++) {
        assert_string_equal(p.rows[i].name, expected[i].name);
        assert_string_equal(p.rows[i].good ? p.rows[i].good : "-",
                            expected[i].good ? expected[i].good : "-");
        assert_string_equal(p.rows[i].bad ? p.rows[i].bad : "-",
                            expected[i].bad ? expected[i].bad : "-");
        assert_int_equal(p.rows[i].differs, expected[i].differs);
    }
    assert_int_equal(pairing_make(arena, json_null(), NULL).count, 0);
    arena_destroy(arena);
}

/* A run that got no answer lacks all of it: only the status is news. */
static void a_missing_answer_is_one_difference(void **state)
{
    static const char refused[] =
        "{'health': 'down', 'reason': 'refused', 'address': '10.0.0.1:80', 'trace': ["
        "{'key': 'request', 'text': 'GET /'}]}";
    struct arena *arena = arena_create(0);
    const struct pairing p =
        pairing_make(arena, parsed(arena, good_text), parsed(arena, refused));
    for (size_t i = 0; i < p.count; i++) {
        const char *name = p.rows[i].name;
        assert_int_equal(p.rows[i].differs,
                         !strcmp(name, "status") || !strcmp(name, "request"));
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_completed),
        cmocka_unit_test(runs_are_laid_side_by_side),
        cmocka_unit_test(a_missing_answer_is_one_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
