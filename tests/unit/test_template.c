/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings to structs: every fault at once with its place, and what is filled in per run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/opt.h"

struct login {
    const char *username;
    struct secret password;
};

struct step {
    const char *send, *expect;
};

struct conf {
    const char *url;
    nsec wait;
    int64_t port;
    struct pairs headers;
    struct texts words;
    struct login login;
    struct sections steps;
    struct secret token;
};

struct dial {
    const char *host;
    bool tls;
};

#define OPT_STRUCT struct login
static const struct opt login_opts[] = {
    OPT_ROW_TEXT("username", username, NULL, "Who."),
    OPT_ROW_SECRET("password", password, OPT_NONE, "The password."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct step
static const struct opt step_opts[] = {
    OPT_ROW_TEXT("send", send, OPT_NONE, "Sent.", .flags = OPT_SHORTHAND | OPT_LATE),
    OPT_ROW_TEXT("expect", expect, OPT_NONE, "Expected."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct conf
static const struct opt conf_opts[] = {
    OPT_ROW_TEXT("url", url, NULL, "Where to ask.", .flags = OPT_SHORTHAND),
    OPT_ROW_DURATION("wait", wait, "5s", 1, 60, "A wait."),
    OPT_ROW_INT("port", port, "80", 1, 65535, "A port."),
    OPT_ROW_PAIRS("headers", headers, OPT_NONE, "Headers."),
    OPT_ROW_TEXTS("words", words, OPT_NONE, "Words."),
    OPT_ROW_SECTION("login", login, struct login, login_opts, "Credentials."),
    OPT_ROW_SECTIONS("steps", steps, struct step, step_opts, "Steps."),
    OPT_ROW_SECRET("token", token, OPT_NONE, "A token."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct dial
static const struct opt dial_rows[] = {
    OPT_ROW_TEXT("host", host, OPT_NONE, "A host."),
    OPT_ROW_BOOL("tls", tls, "false", "TLS."),
    {0},
};
#undef OPT_STRUCT

static const struct opt_part parts[] = {
    {conf_opts, sizeof(struct conf)},
    {dial_rows, sizeof(struct dial)},
};
static const char *const others[] = {"name", NULL};

struct fixture {
    struct arena *arena;
    struct diag *diag;
    struct secrets *secrets;
};

static struct fixture setup(void)
{
    struct arena *arena = arena_create(0);
    return (struct fixture){arena, diag_create(arena), secrets_create()};
}

static void teardown(struct fixture *f)
{
    secrets_destroy(f->secrets);
    arena_destroy(f->arena);
}

static struct template *load(struct fixture *f, const char *yaml)
{
    const struct opt_ctx ctx = {
        .arena = f->arena, .diag = f->diag, .secrets = f->secrets};
    const struct node *n = node_parse(f->arena, "t", bytes_of(yaml), f->diag);
    return n ? template_load(&ctx, parts, 2, n, others) : NULL;
}

static void every_fault_is_said_at_once(void **state)
{
    static const struct {
        const char *yaml, *said; /* one line a fault: place, text, hint in brackets */
    } cases[] = {
        {"url: x\nname: y\n", ""},
        {"", "1:1 'url' is missing [Where to ask.]\n"},
        {"url:\n", "1:1 'url' is missing [Where to ask.]\n"},
        {"http://x", ""},
        {"[a]", "1:1 expected a mapping (name: value), not a list\n"},
        {"url: x\nhots: y\n", "2:1 unknown key 'hots' [did you mean 'host'?]\n"},
        {"url: x\nqqqqqqq: y\n", "2:1 unknown key 'qqqqqqq' [known here: url, wait, "
                                 "port, headers, words, login, steps, "
                                 "token, host, tls, name]\n"},
        {"url: x\nwait: 5\nport: eighty\ntls: maybe\n",
         "2:7 option 'wait': *\n3:7 option 'port': 'eighty' is no whole number\n"
         "4:6 option 'tls': 'maybe' is neither true nor false\n"},
        {"url: [x]\nwait: {a: b}\n",
         "1:6 option 'url' takes a text, not a list\n"
         "2:7 option 'wait' takes a duration, not a mapping\n"},
        {"url: x\ntls: \"yes\"\n",
         "2:6 option 'tls': \"yes\" in quotes is text; write true or false\n"},
        {"url: x\nheaders: y\nwords: {a: b}\n",
         "2:10 option 'headers' takes a mapping (name: value), not a value\n"
         "3:8 option 'words' takes a list of texts, not a mapping\n"},
        {"url: x\nheaders: {A: {b: c}}\nwords: [a, [b], ~]\n",
         "2:14 option 'headers': 'A' takes a value, not a mapping\n"
         "3:12 option 'words': each element is a value, not a list\n"
         "3:17 option 'words': each element is a value, not nothing\n"},
        {"url: x\nlogin: {pasword: y}\n",
         "2:9 unknown key 'pasword' [did you mean 'password'?]\n"
         "2:8 'username' is missing [Who.]\n"},
        {"url: x\nlogin: me\n", "2:8 expected a mapping (name: value), not a value\n"},
        {"url: x\nsteps: [{sent: a}, {expect: [b]}]\n",
         "2:10 unknown key 'sent' [did you mean 'send'?]\n"
         "2:29 option 'expect' takes a text, not a list\n"},
        {"url: \"${env:HD_NONE}\"\ntoken: \"${file:/nowhere/x}\"\nport: "
         "\"${env:HD_WORD}\"\n",
         "1:6 option 'url': ${env:HD_NONE}: the environment has no variable HD_NONE; set "
         "it, or "
         "give a default: ${env:HD_NONE:-default}\n"
         "2:8 option 'token': ${file:/nowhere/x}: /nowhere/x cannot be read: No such "
         "file or "
         "directory\n"
         "3:7 option 'port': 'word' is no whole number\n"},
        {"url: \"${env:HD_NONE} ${secret:x} ${y\"\n",
         "1:6 option 'url': ${env:HD_NONE}: *\n1:6 option 'url': ${secret:x}: secrets: "
         "has no "
         "'x'\n1:6 option 'url': '${y' has no closing brace; a literal ${ is written "
         "$${\n"},
        {"url: \"http://${host}/\"\nport: \"${port}\"\n", ""},
    };
    (void)state;
    setenv("HD_WORD", "word", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = setup();
        struct buf out = BUF_MAX(10000);
        const struct template *t = load(&f, cases[i].yaml);
        for (const struct diagnosis *x = diag_first(f.diag); x; x = x->next) {
            buf_printf(&out, "%d:%d %s", x->at.line, x->at.column, x->text);
            if (x->hint)
                buf_printf(&out, " [%s]", x->hint);
            buf_add_byte(&out, '\n');
        }
        /* "*" in the expectation: the rest of that line is another module's sentence. */
        const char *said = buf_text(&out), *expected = cases[i].said;
        for (; *expected; expected++, said++) {
            if (*expected == '*')
                said = strchr(said, '\n') - 1;
            else if (*expected != *said)
                fail_msg("case %zu: said\n%s\nexpected\n%s", i, buf_text(&out),
                         cases[i].said);
        }
        assert_int_equal(*said, 0);
        assert_int_equal(t == NULL, *cases[i].said != 0);
        buf_finish(&out);
        teardown(&f);
    }
}

static void what_is_fixed_is_shared(void **state)
{
    struct fixture f = setup();
    struct arena *run = arena_create(0);
    const void *a[2], *b[2];
    struct err e;
    (void)state;
    const struct template *t =
        load(&f, "url: http://x/$${y}\nheaders: {A: [1, 2], B: }\n"
                 "words: one\nlogin: {username: me}\nhost: h\n"
                 "steps: [PING, {send: 'PONG ${1}', expect: ok}]\n");
    assert_true(template_is_fixed(t));
    const size_t used = arena_used(run);
    assert_true(template_fill(t, NULL, NULL, run, a, &e));
    assert_true(template_fill(t, NULL, NULL, run, b, &e));
    assert_int_equal(arena_used(run), used);
    assert_ptr_equal(a[0], b[0]);
    assert_ptr_equal(a[1], b[1]);
    const struct conf *conf = a[0];
    const struct dial *dial = a[1];
    assert_string_equal(conf->url, "http://x/${y}");
    assert_int_equal(conf->headers.count, 3);
    assert_string_equal(conf->headers.items[1].value, "2");
    assert_string_equal(conf->headers.items[2].value, "");
    assert_int_equal(conf->words.count, 1);
    assert_string_equal(conf->login.username, "me");
    assert_string_equal(conf->login.password.value, "");
    const struct step *steps = conf->steps.items;
    assert_int_equal(conf->steps.count, 2);
    assert_string_equal(steps[0].send, "PING");
    assert_string_equal(steps[1].send, "PONG ${1}");
    assert_string_equal(dial->host, "h");
    assert_false(dial->tls);
    arena_destroy(run);
    teardown(&f);
}

static bool find_variable(void *ctx, struct bytes name, struct arena *arena,
                          struct bytes *ret_value, struct err *e)
{
    if (bytes_is(name, "host"))
        *ret_value = bytes_of("shop");
    else if (bytes_is(name, "port"))
        *ret_value = bytes_of(ctx);
    else if (bytes_is(name, "sly"))
        *ret_value = bytes_of("${env:HD_SECRET_KEY}");
    else
        return false;
    return true;
}

static void the_rest_is_filled_in_per_run(void **state)
{
    struct fixture f = setup();
    struct arena *run = arena_create(0);
    const void *confs[2];
    struct place at;
    struct err e;
    (void)state;
    setenv("HD_SECRET_KEY", "k-123456", 1);
    const struct template *t =
        load(&f, "url: \"http://${host}:${port}/${sly}\"\nport: \"${port}\"\n"
                 "headers: {Authorization: \"Bearer ${env:HD_SECRET_KEY}\", X: 1}\n"
                 "login: {username: \"${host}\", password: \"${env:HD_SECRET_KEY}\"}\n"
                 "steps: [{send: '${name} ${env:HD_SECRET_KEY}'}]\ntls: true\n");
    assert_non_null(t);
    assert_false(template_is_fixed(t));
    assert_string_equal(template_variable(t, &at), "host");
    assert_int_equal(at.line, 1);

    const struct scope scope = {.lookup = find_variable,
                                .ctx = (void *)(uintptr_t) "8080"};
    assert_true(template_fill(t, &scope, NULL, run, confs, &e));
    const struct conf *conf = confs[0];
    assert_string_equal(conf->url, "http://shop:8080/${env:HD_SECRET_KEY}");
    assert_int_equal(conf->port, 8080);
    assert_string_equal(conf->headers.items[0].value, "Bearer k-123456");
    assert_string_equal(conf->login.username, "shop");
    assert_string_equal(conf->login.password.value, "k-123456");
    assert_string_equal(((const struct step *)conf->steps.items)[0].send,
                        "${name} k-123456");
    assert_true(((const struct dial *)confs[1])->tls);

    const struct scope bad = {.lookup = find_variable, .ctx = (void *)(uintptr_t) "many"};
    assert_false(template_fill(t, &bad, NULL, run, confs, &e));
    assert_string_equal(e.text, "option 'port': 'many' is no whole number");
    assert_false(template_fill(t, NULL, NULL, run, confs, &e));
    assert_non_null(strstr(e.text, "option 'url': ${host} is not known here"));
    arena_destroy(run);
    teardown(&f);
}

static void an_operand_is_text_and_nothing_else(void **state)
{
    struct fixture f = setup();
    struct arena *run = arena_create(0);
    const void *confs[2], *shared[2];
    struct err e;
    (void)state;
    const struct template *t = load(&f, "{url: http://x, wait: 7s}");
    assert_true(template_fill(t, NULL, "${env:HD_SECRET_KEY}", run, confs, &e));
    assert_true(template_fill(t, NULL, NULL, run, shared, &e));
    const struct conf *conf = confs[0];
    assert_string_equal(conf->url, "${env:HD_SECRET_KEY}");
    assert_int_equal(conf->wait, 7 * NSEC_PER_SEC);
    assert_string_equal(((const struct conf *)shared[0])->url, "http://x");
    assert_ptr_equal(confs[1], shared[1]);

    const struct opt_part dial_only = {dial_rows, sizeof(struct dial)};
    const struct opt_ctx ctx = {.arena = f.arena, .diag = f.diag};
    t = template_load(&ctx, &dial_only, 1, NULL, NULL);
    assert_false(template_fill(t, NULL, "x", run, confs, &e));
    assert_string_equal(e.text,
                        "takes no target: it has no option that a single value sets");

    struct opt_ctx later = {
        .arena = f.arena, .diag = f.diag, .operand_comes_later = true};
    t = template_load(&later, parts, 2, NULL, NULL);
    assert_non_null(t);
    assert_true(template_fill(t, NULL, "http://later", run, confs, &e));
    assert_string_equal(((const struct conf *)confs[0])->url, "http://later");
    arena_destroy(run);
    teardown(&f);
}

static void literal_secrets_are_remembered_and_not_printed(void **state)
{
    struct fixture f = setup();
    struct buf out = BUF_MAX(10000);
    (void)state;
    setenv("HD_SECRET_KEY", "k-123456", 1);
    const struct template *t =
        load(&f, "url: \"http://me:pass-word@x/\"\ntoken: literal-token\n"
                 "login: {username: me, password: \"${env:HD_SECRET_KEY}\"}\n"
                 "headers: {A: \"${env:HD_SECRET_KEY}\", B: [x, y]}\nsteps: [PING]\n");
    assert_non_null(t);
    template_print(t, 2, &out);
    secrets_redact(f.secrets, &out);
    assert_string_equal(buf_text(&out),
                        "  url: http://me:[redacted]@x/\n"
                        "  wait: 5s\n"
                        "  port: 80\n"
                        "  headers: {\"A\":\"${env:HD_SECRET_KEY}\",\"B\":[\"x\",y]}\n"
                        "  login:\n"
                        "    username: me\n"
                        "    password: \"${env:HD_SECRET_KEY}\"\n"
                        "  steps: [{send: PING}]\n"
                        "  token: \"[redacted]\"\n"
                        "  tls: false\n");
    assert_string_equal(secrets_redacted(f.secrets, f.arena, "literal-token"),
                        "[redacted]");
    buf_finish(&out);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_said_at_once),
        cmocka_unit_test(what_is_fixed_is_shared),
        cmocka_unit_test(the_rest_is_filled_in_per_run),
        cmocka_unit_test(an_operand_is_text_and_nothing_else),
        cmocka_unit_test(literal_secrets_are_remembered_and_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
