/* SPDX-License-Identifier: Apache-2.0 */
/* Options of probe types as flags, and back to what a configuration file would hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "healthctl/type_flags.h"
#include "probes/registry.h"

enum { WORDS = 10 };

struct made {
    struct arena *arena;
    struct diag *diag;
    struct invocation in;
    struct node *node;
};

static struct made make(const char *const *words)
{
    struct made m = {.arena = arena_create(0)};
    char *argv[WORDS + 1] = {0};
    int argc = 0;
    struct err e = {0};
    for (; argc < WORDS && words[argc]; argc++)
        argv[argc] = arena_strdup(m.arena, words[argc]);
    m.in = (struct invocation){.command = command_find("probe"), .arena = m.arena};
    if (!invocation_parse(&m.in, argc, argv, &e))
        fail_msg("%s", e.text);
    m.diag = diag_create(m.arena);
    m.node = type_flags_node(&m.in, probe_type_find(m.in.operands[0]),
                             m.in.operand_count > 1 ? m.in.operands[1] : NULL, m.diag);
    return m;
}

static void flags_become_configuration(void **state)
{
    static const struct {
        const char *words[WORDS], *yaml;
    } cases[] = {
        {{"http", "http://x/"}, "{url: http://x/}"},
        {{"http", "x", "--method", "POST", "--body", "a: b"},
         "{url: x, method: POST, body: 'a: b'}"},
        {{"http", "x", "--no-follow-redirects", "--fail-if-ssl"},
         "{url: x, follow_redirects: 'false', fail_if_ssl: 'true'}"},
        {{"http", "x", "--fail-if-ssl=no"}, "{url: x, fail_if_ssl: 'no'}"},
        {{"http", "x", "--http-format", "health"}, "{url: x, format: health}"},
        {{"http", "x", "--headers", "A: b", "--headers", "{C: d, E: f}"},
         "{url: x, headers: {A: b, C: d, E: f}}"},
        {{"http", "x", "--valid-status-codes", "200", "--valid-status-codes",
          "[301, 302]"},
         "{url: x, valid_status_codes: [200, 301, 302]}"},
        {{"http", "x", "--fail-if-body-matches-regexp", "[a-z]+: \\d"},
         "{url: x, fail_if_body_matches_regexp: '[a-z]+: \\d'}"},
        {{"http", "x", "--tls-config.server-name", "y",
          "--tls-config.insecure-skip-verify"},
         "{url: x, tls_config: {server_name: y, insecure_skip_verify: 'true'}}"},
        {{"http", "x", "--tls-config", "{ca_file: /c}", "--tls-config.server-name", "y"},
         "{url: x, tls_config: {ca_file: /c, server_name: y}}"},
        {{"http", "x", "--bearer-token-env", "TOKEN"},
         "{url: x, bearer_token: '${env:TOKEN}'}"},
        {{"http", "x", "--bearer-token", "${file:/t}"},
         "{url: x, bearer_token: '${file:/t}'}"},
        {{"http", "https://u:${env:P}@h/"}, "{url: 'https://u:${env:P}@h/'}"},
        {{"tcp", "h:1", "--port", "5"}, "{address: 'h:1', port: 5}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made m = make(cases[i].words);
        assert_non_null(m.node);
        struct buf got = BUF_MAX(4096), expected = BUF_MAX(4096);
        /* Quotes tell node_parse what is text; flags are text anyway. */
        const struct node *wanted =
            node_parse(m.arena, "expected", bytes_of(cases[i].yaml), m.diag);
        node_canonical(m.node, &got);
        node_canonical(wanted, &expected);
        char *a = arena_strdup(m.arena, buf_text(&got)),
             *b = arena_strdup(m.arena, buf_text(&expected));
        for (char *in = a, *out = a; (*out = *in); in++)
            out += *in != '"' && *in != '\'';
        for (char *in = b, *out = b; (*out = *in); in++)
            out += *in != '"' && *in != '\'';
        assert_string_equal(a, b);
        buf_finish(&got);
        buf_finish(&expected);
        arena_destroy(m.arena);
    }
}

static void secrets_are_refused_on_the_command_line(void **state)
{
    static const char *const cases[][WORDS] = {
        {"http", "x", "--bearer-token", "hunter2"},
        {"http", "x", "--basic-auth.password", "hunter2"},
        {"http", "x", "--basic-auth", "{username: u, password: hunter2}"},
        {"http", "x", "--proxy-connect-header", "Authorization: hunter2"},
        {"http", "https://user:hunter2@example.com/"},
        {"http", "--url", "https://user:hunter2@example.com/"},
        {"tcp", "h:1", "--tls-config.key", "hunter2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made m = make(cases[i]);
        assert_null(m.node);
        const struct diagnosis *fault = diag_first(m.diag);
        assert_non_null(strstr(fault->text, "can be read by everybody"));
        assert_non_null(strstr(fault->hint, "${env:NAME}"));
        assert_null(strstr(fault->hint, "hunter2"));
        arena_destroy(m.arena);
    }
}

static void contradictions_are_faults(void **state)
{
    static const char *const cases[][WORDS] = {
        {"http", "x", "--url", "y"},
        {"http", "x", "--headers", "{A: b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made m = make(cases[i]);
        assert_null(m.node);
        assert_true(diag_error_count(m.diag) > 0);
        arena_destroy(m.arena);
    }
}

/* Nothing of a type's table is missing on the command line, and no two flags are one. */
static void every_option_is_a_flag(void **state)
{
    for (size_t i = 0; probe_types[i]; i++) {
        struct arena *arena = arena_create(0);
        const struct flag *flags = type_flags(arena, probe_types[i]->name);
        for (const struct opt *row = probe_types[i]->opts; row->name; row++) {
            const struct flag *f = flags;
            while (f->name && strcmp(f->path, row->name))
                f++;
            assert_true(f->name || (row->flags & OPT_HIDDEN));
        }
        for (const struct flag *f = flags; f->name; f++) {
            assert_true(f->doc && *f->doc);
            for (const struct flag *other = f + 1; other->name; other++)
                assert_string_not_equal(f->name, other->name);
        }
        arena_destroy(arena);
    }
    assert_null(type_flags(NULL, "no such type"));
    assert_null(type_flags(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_become_configuration),
        cmocka_unit_test(secrets_are_refused_on_the_command_line),
        cmocka_unit_test(contradictions_are_faults),
        cmocka_unit_test(every_option_is_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
