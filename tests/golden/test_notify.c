/* SPDX-License-Identifier: Apache-2.0 */
/* What each notifier sends for notices of several kinds, the nastiest among them: the JSON files in tests/golden/notify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "lib/core/json.h"
#include "tests/unit/notify_fixture.h"

static const struct {
    const char *name, *conf;
} receivers[] = {
    {"pagerduty", "pagerduty: {routing_key: 0123456789abcdef0123456789abcdef}"},
    {"slack", "slack: {webhook_url: \"https://hooks.slack.com/services/T0/B0/s\"}"},
    {"webhook", "webhook: {url: \"https://h/hook\", signature_key: not-so-secret}"},
    {"body",
     "webhook: {url: \"https://h/hook\", body: '{\"text\": \"${text}\", \"team\": "
     "\"${label.component}\", \"s\": \"${status} ${firing}\"}'}"},
    {"email", "email: {smarthost: \"smtp.example.com:587\", from: \"healthd "
              "<hd@example.com>\", to: [ops@example.com, \"Jörg <j@example.com>\"]}"},
    {"alertmanager", "alertmanager: {url: \"http://alertmanager:9093/prefix/\"}"},
};

static struct notice notice_read(struct arena *arena, const char *name)
{
    const char *path = arena_printf(arena, "tests/golden/notify/%s.json", name);
    struct buf text = BUF_MAX(1u << 20);
    struct notice n;
    struct err e = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *room = buf_room(&text, 1u << 19);
    buf_grew(&text, fread(room, 1, 1u << 19, file));
    (void)fclose(file);
    const char *copy = arena_keep(arena, &text);
    if (!notice_from_json(arena, bytes_of(copy), &n, &e))
        fail_msg("%s: %s", path, e.text);
    return n;
}

/* JSON with a line for each member, so that a change can be seen. */
static void add_body(struct buf *out, struct arena *arena, struct bytes body)
{
    struct err e = {0};
    const json_t *root = json_read(arena, body, 1u << 22, &e);
    if (!root)
        fail_msg("%s: %.*s", e.text, (int)body.len, body.ptr);
    char *text = json_dumps(root, JSON_INDENT(1));
    buf_printf(out, "\n%s\n", text);
    free(text);
}

static void add_mail(struct buf *out, const struct mail *m)
{
    buf_printf(out, "\nMAIL FROM %s\n", m->from);
    for (size_t i = 0; i < m->to.count; i++)
        buf_printf(out, "RCPT TO %s\n", m->to.items[i]);
    buf_printf(out, "\n%s\n\n%s", m->text, m->html);
}

static void render(const char *receiver, const char *conf, const char *name,
                   const struct attempt *a)
{
    struct notify_fixture f = notify_open(conf);
    const struct notice n = notice_read(f.arena, name);
    struct buf out = BUF_MAX(1u << 22);
    struct request q = {0};
    f.type->render(f.conf, &n, a, f.arena, &q);
    buf_printf(&out, "%s %s\n", q.mail ? "MAIL" : q.method, q.url);
    for (size_t i = 0; i < q.headers.count; i++) {
        assert_null(strpbrk(q.headers.items[i].value, "\r\n"));
        buf_printf(&out, "%s: %s\n", q.headers.items[i].key, q.headers.items[i].value);
    }
    if (q.mail)
        add_mail(&out, q.mail);
    else
        add_body(&out, f.arena, q.body);
    assert_true(bytes_is_utf8(buf_bytes(&out)));
    golden_check(arena_printf(f.arena, "notify/%s.%s%s.txt", receiver, name,
                              a->is_degraded ? ".degraded" : ""),
                 buf_bytes(&out));
    buf_finish(&out);
    notify_close(&f);
}

static const struct wall now = {1795748945678000000};

static void notices_are_laid_out(void **state UNUSED)
{
    static const char *const notices[] = {"trigger", "resolve", "nasty", "bare"};
    const struct attempt a = {.number = 1, .remote = "", .late_why = "", .now = now};
    for (size_t i = 0; i < ARRAY_LEN(receivers); i++) {
        for (size_t j = 0; j < ARRAY_LEN(notices); j++)
            render(receivers[i].name, receivers[i].conf, notices[j], &a);
    }
}

static void every_notifier_has_a_row(void **state UNUSED)
{
    for (const struct notifier_type *const *t = notifier_types; *t; t++) {
        bool is_there = false;
        for (size_t i = 0; i < ARRAY_LEN(receivers); i++)
            is_there |= !strcmp(receivers[i].name, (*t)->name);
        if (!is_there)
            fail_msg(
                "the notifier '%s' has no row in receivers[]: add its configuration, "
                "and record with ./dev test golden --record",
                (*t)->name);
    }
}

static void late_ones_say_so(void **state UNUSED)
{
    const struct notice first = {.first_since = {1795748645678000000}};
    const struct attempt a = {.number = 3,
                              .remote = "",
                              .is_in_doubt = true,
                              .late = 11520 * NSEC_PER_SEC,
                              .late_why = "receiver unreachable",
                              .merged_first = &first,
                              .merged_count = 4,
                              .now = now};
    for (size_t i = 0; i < ARRAY_LEN(receivers); i++)
        render(receivers[i].name, receivers[i].conf, "update", &a);
}

static void refused_ones_are_short(void **state UNUSED)
{
    const struct attempt a = {
        .number = 2, .remote = "", .late_why = "", .is_degraded = true, .now = now};
    for (size_t i = 0; i < ARRAY_LEN(receivers); i++)
        render(receivers[i].name, receivers[i].conf, "trigger", &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_notifier_has_a_row),
        cmocka_unit_test(notices_are_laid_out),
        cmocka_unit_test(late_ones_say_so),
        cmocka_unit_test(refused_ones_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
