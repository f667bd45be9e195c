/* SPDX-License-Identifier: Apache-2.0 */
/* RESP: commands as they go out, answers in pieces of any size, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/resp.h"

/* A value as text: +status -error "text" 12 nil [a b]. */
static void show(const struct resp_value *value, struct buf *out)
{
    switch (value->kind) {
    case RESP_STATUS:
    case RESP_ERROR:
        buf_add_byte(out, value->kind == RESP_STATUS ? '+' : '-');
        buf_add_bytes(out, value->text);
        return;
    case RESP_TEXT:
        buf_add_json(out, value->text);
        return;
    case RESP_NUMBER:
        buf_printf(out, "%lld", (long long)value->number);
        return;
    case RESP_NIL:
        buf_add_text(out, "nil");
        return;
    case RESP_LIST:
        buf_add_byte(out, '[');
        for (size_t i = 0; i < value->count; i++) {
            buf_add_text(out, i ? " " : "");
            show(value->items[i], out);
        }
        buf_add_byte(out, ']');
        return;
    }
}

/* Everything that a peer's bytes are, in pieces of at most size; "!" and why when refused, "…" when it goes on. */
static void read_all(struct bytes in, size_t size, struct buf *out)
{
    struct arena *arena = arena_create(0);
    struct resp *r = resp_create(arena);
    const struct resp_value *value;
    enum resp_next next = RESP_WAITING;

    while (in.len && next == RESP_WAITING) {
        struct bytes piece = bytes_slice(in, 0, size);
        in = bytes_slice(in, size, in.len);
        while ((next = resp_next(r, &piece, &value)) == RESP_ANSWER) {
            assert_int_equal(piece.len, 0);
            show(value, out);
            buf_add_byte(out, ';');
        }
    }
    if (next == RESP_NO_RESP) {
        buf_add_text(out, "!");
        buf_add_json(out, resp_head(r));
    } else if (next == RESP_TOO_LARGE) {
        buf_printf(out, "!%s", resp_why(r));
    } else if (resp_is_within(r)) {
        buf_add_text(out, "…");
    }
    arena_destroy(arena);
}

static void answers_are_read_in_any_pieces(void **state UNUSED)
{
    static const struct {
        const char *in, *expected;
    } cases[] = {
        {"", ""},
        {"+PONG\r\n", "+PONG;"},
        {"-NOAUTH Authentication required.\r\n", "-NOAUTH Authentication required.;"},
        {":-7\r\n:9223372036854775807\r\n", "-7;9223372036854775807;"},
        {"$5\r\nhello\r\n$0\r\n\r\n$-1\r\n", "\"hello\";\"\";nil;"},
        {"$4\r\na\r\nb\r\n", "\"a\\r\\nb\";"},
        {"*0\r\n*-1\r\n", "[];nil;"},
        {"*3\r\n:1\r\n$1\r\na\r\n*2\r\n+x\r\n$-1\r\n", "[1 \"a\" [+x nil]];"},
        {"+OK\r\n$10\r\nhalf", "+OK;…"},
        {"*2\r\n:1\r\n", "…"},
        {"HTTP/1.1 400 Bad Request\r\n", "!\"HTTP/1.1 400 Bad Request\\r\\n\""},
        {"+OK\r\nSSH-2.0", "+OK;!\"SSH-2.0\""},
        {":12x\r\n", "!\":12x\\r\\n\""},
        {"$-2\r\n", "!\"$-2\\r\\n\""},
        {"*-2\r\n", "!\"*-2\\r\\n\""},
        {"$1073741824\r\n", "!a text of 1 GiB"},
        {"*2\r\n:1\r\n$99999999999\r\nx", "!a text of 93.1 GiB"},
        {"*2147483647\r\n", "!lists of more than 262,144 elements"},
        {"*200000\r\n*200000\r\n", "!lists of more than 262,144 elements"},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "[[[[[[[1]]]]]]];"},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
         "!lists in lists more than 7 deep"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct bytes in = bytes_of(cases[i].in);
        struct buf whole = BUF_MAX(1000), bytewise = BUF_MAX(1000);
        read_all(in, in.len + 1, &whole);
        assert_string_equal(buf_text(&whole), cases[i].expected);
        read_all(in, 1, &bytewise);
        /* What came when it was refused is less in pieces. */
        if (!strchr(cases[i].expected, '!'))
            assert_string_equal(buf_text(&bytewise), cases[i].expected);
        else
            assert_non_null(strchr(buf_text(&bytewise), '!'));
        buf_finish(&whole);
        buf_finish(&bytewise);
    }
}

static void what_never_ends_is_refused(void **state UNUSED)
{
    static const struct {
        const char *first, *again;
        size_t times;
        const char *expected;
    } cases[] = {
        {"+", "0123456789abcdef", 4097, "!a line of more than 64 KiB"},
        {"$", "0123456789abcdef", 4097, "!a line of more than 64 KiB"},
        {"*262144\r\n", "$65536\r\n", 1, "…"},
        {"*3\r\n", "$8388608\r\n", 1, "…"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf in = BUF_MAX(1u << 20), out = BUF_MAX(1000);
        buf_add_text(&in, cases[i].first);
        for (size_t k = 0; k < cases[i].times; k++)
            buf_add_text(&in, cases[i].again);
        read_all(buf_bytes(&in), 4096, &out);
        assert_string_equal(buf_text(&out), cases[i].expected);
        buf_finish(&in);
        buf_finish(&out);
    }
}

static void the_cap_is_of_all_texts_together(void **state UNUSED)
{
    static char eight[8u << 20];
    struct buf in = BUF_MAX(32u << 20), out = BUF_MAX(1000);

    for (int i = 0; i < 3; i++) {
        buf_add_text(&in, i ? "$8388608\r\n" : "*3\r\n$8388608\r\n");
        buf_add(&in, eight, sizeof(eight));
        buf_add_text(&in, "\r\n");
    }
    read_all(buf_bytes(&in), 65536, &out);
    assert_string_equal(buf_text(&out), "!more than 16 MiB of text");
    buf_finish(&in);
    buf_finish(&out);
}

static void commands_are_lists_of_texts(void **state UNUSED)
{
    struct buf out = BUF_MAX(1000);
    const struct bytes auth[] = {bytes_of("AUTH"), bytes_of("me"), {"a\0b", 3}, {0}};

    resp_command(&out, auth, 1);
    resp_command(&out, auth, ARRAY_LEN(auth));
    static const char expected[] =
        "*1\r\n$4\r\nAUTH\r\n*4\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$3\r\na\0b\r\n$0\r\n\r\n";
    assert_true(
        bytes_equal(buf_bytes(&out), (struct bytes){expected, sizeof(expected) - 1}));
    buf_finish(&out);
}

static void fields_are_found_by_name(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    struct resp *r = resp_create(arena);
    struct bytes in = bytes_of("*7\r\n$3\r\nlag\r\n:5\r\n$4\r\nname\r\n$3\r\njob\r\n"
                               "$2\r\nid\r\n$2\r\n17\r\n$4\r\nlast\r\n");
    const struct resp_value *value;
    double number = 0;

    assert_int_equal(resp_next(r, &in, &value), RESP_ANSWER);
    assert_true(resp_number(resp_field(value, "lag"), &number) && number == 5);
    assert_true(resp_number(resp_field(value, "id"), &number) && number == 17);
    assert_false(resp_number(resp_field(value, "name"), &number));
    assert_false(resp_number(NULL, &number));
    assert_true(bytes_is(resp_text(resp_field(value, "name")), "job"));
    assert_null(resp_field(value, "last"));
    assert_null(resp_field(value, "job"));
    assert_int_equal(resp_text(resp_field(value, "lag")).len, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_in_any_pieces),
        cmocka_unit_test(what_never_ends_is_refused),
        cmocka_unit_test(the_cap_is_of_all_texts_together),
        cmocka_unit_test(commands_are_lists_of_texts),
        cmocka_unit_test(fields_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
