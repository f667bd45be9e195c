/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that cannot be given as they were meant say so, instead of being empty or ending the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "collector/web_parts.h"

enum { MEGABYTE = 1 << 20 };

static json_t *megabytes(int count)
{
    char *text = malloc(MEGABYTE + 1);
    json_t *list = json_array();
    memset(text, 'x', MEGABYTE);
    text[MEGABYTE] = '\0';
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(text));
    free(text);
    return list;
}

static void a_value_that_is_no_answer_is_said(void **state)
{
    const struct {
        json_t *value;
        int status;
    } cases[] = {
        {json_pack("{s:s}", "name", "a"), 200},
        {json_pack("{s:s}", "name", "\xFF"), 500}, /* a peer's text, not UTF-8: NULL */
        {megabytes(31), 200},
        {megabytes(33), 422},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct exchange x = {.arena = arena_create(0), .path = "/api/x"};
        exchange_reply_value(&x, 200, cases[i].value);
        assert_int_equal(x.status, cases[i].status);
        MHD_destroy_response(x.response);
        arena_destroy(x.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_that_is_no_answer_is_said),
    };
    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
