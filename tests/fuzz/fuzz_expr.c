/* SPDX-License-Identifier: Apache-2.0 */
/* Input: an expression, or a JSON document, a newline and an expression over it. What compiles is
 * judged, evaluated and printed; every refusal and error has its sentence. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/expr_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool get_given(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    *ret_value = value_json((const json_t *)run);
    return true;
}

static const struct var given_vars[] = {{"doc", VALUE_JSON, "what was given", get_given},
                                        {0}};

static void evaluate(struct arena *arena, const struct expr *x, const json_t *doc)
{
    const char *detail = NULL;
    struct err e = {{0}};
    struct value value;
    struct wall now = {0};
    struct run *run = (struct run *)(uintptr_t)doc;
    check(wall_parse(bytes_of(FIXTURE_NOW), &now));
    expr_judge(x, run, now, arena, &detail);
    check(detail && detail[0]);
    if (!expr_eval(x, run, now, arena, &value, &e)) {
        check(e.text[0]);
        return;
    }
    struct buf out = BUF_MAX(65536);
    value_print(&value, &out);
    check(value_brief(&value, arena));
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct var *const vars[] = {given_vars, fixture_http, fixture_frame, NULL};
    struct bytes all = {(const char *)data, size};
    const ptrdiff_t line = bytes_find_byte(all, '\n');
    struct arena *arena = arena_create(64 << 20);
    struct err e = {{0}};
    json_t *doc = NULL;
    if (line >= 0) {
        doc = json_read(arena, bytes_slice(all, 0, (size_t)line), 65536, &e);
        all = bytes_slice(all, (size_t)line + 1, all.len);
    }
    const char *text = all.len ? arena_strndup(arena, all.ptr, all.len) : "";
    const struct expr *x = expr_compile(arena, text, vars, &e);
    check(x || e.text[0]);
    if (x)
        evaluate(arena, x, doc);
    arena_destroy(arena);
    return 0;
}
