/* SPDX-License-Identifier: Apache-2.0 */
/* YAML in; its canonical text, or its faults with their places, out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/node.h"

/* "canonical" when it parses, else the rendered faults. */
static void read_text(const char *text, size_t len, struct buf *out, bool canonical)
{
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    const struct node *n = node_parse(arena, "t", (struct bytes){text, len}, d);
    assert_int_equal(n == NULL, diag_error_count(d) > 0);
    if (!n)
        diag_render(d, out, false);
    else if (canonical)
        node_canonical(n, out);
    else
        node_print(n, 0, out);
    arena_destroy(arena);
}

static void documents_have_one_canonical_text(void **state)
{
    static const struct {
        const char *yaml, *canonical;
    } cases[] = {
        {"", "null"},
        {"# nothing\n", "null"},
        {"\xEF\xBB\xBF"
         "a: 1",
         "{\"a\":1}"},
        {"~", "null"},
        {"text", "\"text\""},
        {"b: 1\na: 2\n", "{\"a\":2,\"b\":1}"},
        {"{a: yes, b: \"yes\", c: 'no', d: 0x}",
         "{\"a\":yes,\"b\":\"yes\",\"c\":\"no\",\"d\":\"0x\"}"},
        {"a: null\nb: \"null\"\nc: ''\nd:\n",
         "{\"a\":null,\"b\":\"null\",\"c\":\"\",\"d\":null}"},
        {"- 1\n- [2, 3]\n- {x: z}\n", "[1,[2,3],{\"x\":\"z\"}]"},
        {"a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}"},
        {"a: !!str 5\nb: ! 6\nc: !!int 7\n", "{\"a\":\"5\",\"b\":\"6\",\"c\":7}"},
        {"{\"json\": [true, 1.5e3, \"\\u00e9\"]}",
         "{\"json\":[true,1.5e3,\"\xC3\xA9\"]}"},
        {"base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\n",
         "{\"base\":{\"x\":1,\"y\":2},\"more\":{\"x\":1,\"y\":3}}"},
        {"a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc:\n  <<: [*a, *b]\n",
         "{\"a\":{\"x\":1},\"b\":{\"x\":2,\"z\":3},\"c\":{\"x\":1,\"z\":3}}"},
        {"x: &x 5\ny: *x\n", "{\"x\":5,\"y\":5}"},
        {"&k key: 1\nother: *k\n", "{\"key\":1,\"other\":\"key\"}"},
        {"\"<<\": {a: 1}\n", "{\"<<\":{\"a\":1}}"},
        {"---\na: 1\n...\n", "{\"a\":1}"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(10000);
        read_text(cases[i].yaml, strlen(cases[i].yaml), &out, true);
        assert_string_equal(buf_text(&out), cases[i].canonical);
        buf_finish(&out);
    }
}

static void faults_name_their_place(void **state)
{
    static const struct {
        const char *yaml, *said;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n",
         "t:3:1: error: the key 'a' appears twice; it is at line 1 already\n"
         "    3 | a: 3\n      | ^\n"},
        {"a: {x: 1, x: 2}\nb: [{y: 1, y: 2}]\n",
         "t:1:11: error: the key 'x' appears twice; it is at line 1 already\n"
         "    1 | a: {x: 1, x: 2}\n      |           ^\n"
         "t:2:12: error: the key 'y' appears twice; it is at line 2 already\n"
         "    2 | b: [{y: 1, y: 2}]\n      |            ^\n"},
        {"a: 1\n---\nb: 2\n",
         "t:2:1: error: a second document starts here; a file holds one\n"
         "    2 | ---\n      | ^\n"},
        {"a: *nobody\n",
         "t:1:4: error: '*nobody' names no anchor: there is no '&nobody' above\n"
         "    1 | a: *nobody\n      |    ^\n"},
        {"a: &a [*a]\n", "t:1:8: error: '*a' stands inside '&a' and would hold itself\n"
                         "    1 | a: &a [*a]\n      |        ^\n"},
        {"[1, 2]: x\n",
         "t:1:1: error: a key must be a single word or text, not a list\n"
         "    1 | [1, 2]: x\n      | ^\n"
         "  hint: put text that starts with { or [, such as ${...}, in quotes\n"},
        {"a: !env HOME\n",
         "t:1:4: error: the tag '!env' is not known here\n"
         "    1 | a: !env HOME\n      |    ^\n"
         "  hint: remove it; values from the environment or a file are written "
         "\"${env:NAME}\" or \"${file:/path}\"\n"},
        {"a: \"x\\0y\"\n",
         "t:1:4: error: the text holds a NUL byte (\\0), which cannot be kept\n"
         "    1 | a: \"x\\0y\"\n      |    ^\n"},
        {"a: 1\nb: \xFF\n", "t:2:4: error: invalid leading UTF-8 octet\n    2 | b: \xFF\n"
                            "      |    ^\n  hint: the file must be UTF-8 text\n"},
        {"a:\n\tb: 1\n", "t:2:1: error: found character that cannot start any token "
                         "while scanning for the next "
                         "token\n    2 |  b: 1\n      | ^\n  hint: indent with spaces: "
                         "YAML does not allow tabs\n"},
        {"a: [1, 2\nb: 3\n",
         "t:2:2: error: did not find expected ',' or ']' while parsing a flow "
         "sequence that starts at line 1\n    2 | b: 3\n      |  ^\n"
         "  hint: a [ without its ], or text with : # { } [ ] , in it that belongs in "
         "quotes\n"},
        {"a: b: c\n", "t:1:5: error: mapping values are not allowed in this context\n"
                      "    1 | a: b: c\n      |     ^\n"
                      "  hint: a value with `: ` in it belongs in quotes; else the line "
                      "is indented too far\n"},
        {"a: \"b\nc: 1\n", "t:3:1: error: found unexpected end of stream while scanning "
                           "a quoted scalar that starts at line 1\n"
                           "  hint: a quote is missing at the end of that text\n"},
        {"a:\n  - b: 1\n - c: 2\n",
         "t:3:2: error: did not find expected key while "
         "parsing a block mapping that starts at line 1\n"
         "    3 |  - c: 2\n      |  ^\n"
         "  hint: the keys of a mapping begin in the same column; text with a quote in "
         "it is quoted as a whole\n"},
        {"a:\n  <<: 5\n",
         "t:2:7: error: '<<' takes a mapping or a list of mappings, such as "
         "*base\n    2 |   <<: 5\n      |       ^\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(10000);
        read_text(cases[i].yaml, strlen(cases[i].yaml), &out, true);
        assert_string_equal(buf_text(&out), cases[i].said);
        buf_finish(&out);
    }
}

static void repeat(struct buf *out, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        buf_add_text(out, text);
}

static void assert_refused(struct buf *yaml, const char *why)
{
    struct buf out = BUF_MAX(10000);
    read_text(yaml->ptr, yaml->len, &out, true);
    assert_non_null(strstr(buf_text(&out), why));
    buf_finish(&out);
    buf_finish(yaml);
}

static void bombs_are_refused(void **state)
{
    (void)state;
    struct buf nesting = BUF_MAX(2 << 20);
    repeat(&nesting, "[", 1 << 19);
    assert_refused(&nesting, "nesting is deeper than 64 levels");

    struct buf laughs = BUF_MAX(10000);
    buf_add_text(&laughs, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        buf_printf(&laughs, "a%d: &a%d [*a%d", i, i, i - 1);
        for (int j = 0; j < 9; j++)
            buf_printf(&laughs, ", *a%d", i - 1);
        buf_add_text(&laughs, "]\n");
    }
    assert_refused(&laughs, "more than 200000 parts");

    struct buf chain = BUF_MAX(100000);
    buf_add_text(&chain, "a0: &a0 [x]\n");
    for (int i = 1; i < 100; i++)
        buf_printf(&chain, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    assert_refused(&chain, "nesting is deeper than 64 levels");

    struct buf text = BUF_MAX(2 << 20);
    buf_add_text(&text, "a: &a \"");
    repeat(&text, "0123456789", 50000);
    buf_add_text(&text, "\"\nb: [");
    repeat(&text, "*a,", 10000);
    buf_add_text(&text, "]\n");
    assert_refused(&text, "more than 200000 parts");

    struct buf large = BUF_MAX(2 << 20);
    repeat(&large, "# 456789\n", (1 << 20) / 9 + 1);
    assert_refused(&large, "larger than 1048576 bytes");
}

static void many_keys_are_compared_quickly(void **state)
{
    (void)state;
    struct buf yaml = BUF_MAX(1 << 20);
    for (int i = 0; i < 60000; i++)
        buf_printf(&yaml, "k%d: %d\n", i, i);
    buf_add_text(&yaml, "k7: again\n");
    assert_refused(
        &yaml, "t:60001:1: error: the key 'k7' appears twice; it is at line 8 already");
}

static void printed_yaml_reads_back(void **state)
{
    static const char *const cases[] = {
        "a: 1\nb: two words\nc: \"3\"\nd: \"true\"\ne: no\nf:\n  - x\n  - y: [1, 2]\n",
        "a: \"- x\"\nb: \"x: y\"\nc: \"#\"\nd: \"\"\ne: null\nf: []\ng: {}\n",
        "- - - deep\n- \"multi\\nline\"\n- \"${env:X}\"\n- http://host:80/path?x=1\n",
        "plain",
        "{\"key with: colon\": {\"*\": \"&\"}, \"~\": \"~\"}",
        "a: 'trailing '\nb: \"a #b\"\nc: \"x:\"\nd: .inf\ne: \".nan\"\nf: \"<<\"\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf canonical = BUF_MAX(10000), printed = BUF_MAX(10000),
                   again = BUF_MAX(10000);
        read_text(cases[i], strlen(cases[i]), &canonical, true);
        read_text(cases[i], strlen(cases[i]), &printed, false);
        read_text(printed.ptr, printed.len, &again, true);
        assert_string_equal(buf_text(&again), buf_text(&canonical));
        buf_finish(&canonical);
        buf_finish(&printed);
        buf_finish(&again);
    }
}

static void long_and_hostile_lines_are_shown_safely(void **state)
{
    (void)state;
    struct buf yaml = BUF_MAX(10000), out = BUF_MAX(10000);
    buf_add_text(&yaml, "a: [");
    repeat(&yaml, "\xC3\xA9, ", 100);
    buf_add_text(&yaml, "*x, ");
    repeat(&yaml, "y, ", 100);
    read_text(yaml.ptr, yaml.len, &out, true);
    const char *line = strstr(buf_text(&out), "\n    1 | ");
    const char *caret = strstr(buf_text(&out), "\n      | ");
    assert_non_null(line);
    assert_non_null(caret);
    assert_true(caret - line < 200);
    assert_int_equal(strchr(caret, '^') - caret, 9 + 59);
    buf_finish(&yaml);
    buf_finish(&out);

    read_text("a: *x \033[31m", 11, &out, true);
    assert_null(strchr(buf_text(&out), '\033'));
    buf_finish(&out);
}

static void only_twenty_errors_are_shown(void **state)
{
    (void)state;
    struct buf yaml = BUF_MAX(10000), out = BUF_MAX(100000);
    repeat(&yaml, "a: 1\n", 26);
    read_text(yaml.ptr, yaml.len, &out, true);
    const char *tail = "and 5 more errors\n";
    assert_string_equal(buf_text(&out) + out.len - strlen(tail), tail);
    buf_finish(&yaml);
    buf_finish(&out);
}

static void trees_can_be_built(void **state)
{
    (void)state;
    struct arena *arena = arena_create(0);
    const struct place at = {"command line", 0, 0};
    struct node *map = node_map(arena, at);
    node_put(arena, map, "url", node_scalar(arena, at, "http://x"));
    node_put(arena, map, "port", node_scalar(arena, at, "5"));
    struct buf out = BUF_MAX(1000);
    node_print(map, 2, &out);
    assert_string_equal(buf_text(&out), "  url: http://x\n  port: 5\n");
    assert_string_equal(node_get(map, "port")->text, "5");
    assert_null(node_get(map, "m"));
    assert_null(node_get(NULL, "m"));
    buf_finish(&out);
    arena_destroy(arena);
}

static void a_missing_file_says_so(void **state)
{
    (void)state;
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    struct buf out = BUF_MAX(1000);
    assert_null(node_load(arena, "/nowhere/healthd.yml", d));
    assert_null(node_load(arena, "/", d));
    diag_render(d, &out, false);
    assert_string_equal(
        buf_text(&out),
        "/nowhere/healthd.yml: error: cannot be read: No such file or directory\n"
        "/: error: cannot be read: Is a directory\n");
    buf_finish(&out);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_have_one_canonical_text),
        cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(many_keys_are_compared_quickly),
        cmocka_unit_test(printed_yaml_reads_back),
        cmocka_unit_test(long_and_hostile_lines_are_shown_safely),
        cmocka_unit_test(only_twenty_errors_are_shown),
        cmocka_unit_test(trees_can_be_built),
        cmocka_unit_test(a_missing_file_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
