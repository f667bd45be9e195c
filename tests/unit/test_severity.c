/* SPDX-License-Identifier: Apache-2.0 */
/* What words for a severity mean, and that the unknown one is missed by nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "alerts/route.h"
#include "alerts/severity.h"

static void words_have_levels(void **state)
{
    static const struct {
        const char *severity, *level;
        bool is_unknown;
    } cases[] = {
        {"critical", "critical", false}, {"page", "critical", false},
        {"Fatal", "critical", false},    {"EMERGENCY", "critical", false},
        {"error", "error", false},       {"high", "error", false},
        {"warning", "warning", false},   {"warn", "warning", false},
        {"info", "info", false},         {"notice", "info", false},
        {"none", "none", false},         {"debug", "none", false},
        {"sev1", "critical", true},      {"critical ", "critical", true},
        {"", "warning", true},           {NULL, "warning", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *severity = cases[i].severity;
        assert_string_equal(severity_level(severity), cases[i].level);
        assert_int_equal(severity_is_critical(severity),
                         !strcmp(cases[i].level, "critical"));
        if (severity)
            assert_int_equal(severity_is_known(severity), !cases[i].is_unknown);
    }
}

static void the_list_has_every_word(void **state)
{
    struct buf out = BUF_MAX(1000);
    severity_list(&out);
    const char *list = buf_text(&out);
    assert_int_equal(strncmp(list, "critical (page, fatal, ", 23), 0);
    assert_non_null(strstr(list, "), error (err, "));
    assert_non_null(strstr(list, ", none (debug, ok)"));
    buf_finish(&out);
}

static void floors_leave_out_what_is_less(void **state)
{
    static const struct {
        const char *floor, *severity;
        bool is_left_out;
    } cases[] = {
        {"", "none", false},         {NULL, "none", false},
        {"info", "none", true},      {"info", "notice", false},
        {"warning", "info", true},   {"warning", "warn", false},
        {"warning", NULL, false},    {"error", "warning", true},
        {"error", "high", false},    {"critical", "error", true},
        {"critical", "page", false}, {"critical", "sev1", false},
        {"critical", NULL, true},    {"critical", "critical", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct receiver r = {.name = "r", .severity_floor = cases[i].floor};
        const struct label label = {"severity", cases[i].severity};
        const struct labels labels = {&label, cases[i].severity != NULL};
        if (receiver_leaves_out(&r, labels) != cases[i].is_left_out)
            fail_msg("floor %s, severity %s", cases[i].floor, cases[i].severity);
    }
}

static void who_is_left_out_is_named_once(void **state)
{
    static const struct receiver pager = {.name = "pager", .severity_floor = "critical"};
    static const struct receiver chat = {.name = "chat", .severity_floor = ""};
    static const struct receiver *const both[] = {&pager, &chat, NULL};
    static const struct route *const none[] = {NULL};
    static const struct route one = {
        .receivers = both, .has_continue = true, .routes = none};
    static const struct route other = {.receivers = both, .routes = none};
    static const struct route *const children[] = {&one, &other, NULL};
    static const struct route root = {.receivers = both, .routes = children};
    static const struct label warning = {"severity", "warning"},
                              page = {"severity", "page"};
    const struct receiver *list[8];
    assert_int_equal(route_left_out(&root, (struct labels){&warning, 1}, list, 8), 1);
    assert_ptr_equal(list[0], &pager);
    assert_int_equal(route_left_out(&root, (struct labels){&warning, 1}, list, 0), 0);
    assert_int_equal(route_left_out(&root, (struct labels){&page, 1}, list, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_levels),
        cmocka_unit_test(the_list_has_every_word),
        cmocka_unit_test(floors_leave_out_what_is_less),
        cmocka_unit_test(who_is_left_out_is_named_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
