/* SPDX-License-Identifier: Apache-2.0 */
/* References to secrets, their renewal, and that no form of one gets out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/secret.h"
#include "lib/core/secret_stand_in.h"

static char folder[] = "/tmp/healthd-secret-XXXXXX";

static const char *file_path(const char *name)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text, size_t len)
{
    FILE *f = fopen(file_path(name), "wb");
    assert_non_null(f);
    fwrite(text, 1, len, f);
    fclose(f);
}

/* The value, or "!" and what is said; "?" when it is nobody's. */
static const char *look_up(struct secrets *s, struct arena *arena, const char *name)
{
    const struct scope *scope = secrets_scope(s);
    struct bytes value;
    struct err e = {0};
    if (scope->lookup(scope->ctx, bytes_of(name), arena, &value, &e))
        return arena_strndup(arena, value.ptr, value.len);
    return e.text[0] ? arena_printf(arena, "!%s", e.text) : "?";
}

static const char *cleaned(struct secrets *s, struct arena *arena, const char *text)
{
    return secrets_redacted(s, arena, text);
}

static void references_are_followed(void **state)
{
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    struct err e;
    (void)state;
    setenv("HD_TEST_HOST", "db.example", 1);
    setenv("HD_TEST_EMPTY", "", 1);
    unsetenv("HD_TEST_NONE");
    write_file("plain", "from file\r\n", 11);
    write_file("two", "a\n\n", 3);
    write_file("nul", "a\0b", 3);
    assert_true(secrets_define(s, "host", "env:HD_TEST_HOST", &e));
    assert_true(secrets_define(
        s, "file", arena_printf(arena, "${file:%s}", file_path("plain")), &e));
    assert_false(secrets_define(s, "bad", "hunter2", &e));
    assert_string_equal(e.text,
                        "secret 'bad' must be a reference, env:NAME or file:/path");

    const struct {
        const char *name, *value;
    } cases[] = {
        {"env:HD_TEST_HOST", "db.example"},
        {"env:HD_TEST_EMPTY", ""},
        {"env:HD_TEST_EMPTY:-none", "none"},
        {"env:HD_TEST_NONE:-", ""},
        {"env:HD_TEST_NONE:-a:-b", "a:-b"},
        {"env:HD_TEST_NONE",
         "!the environment has no variable HD_TEST_NONE; set it, or give a "
         "default: ${env:HD_TEST_NONE:-default}"},
        {"env:", "!env: needs the name of a variable, such as env:DATABASE_URL"},
        {"secret:host", "db.example"},
        {"secret:file", "from file"},
        {"secret:none", "!secrets: has no 'none'"},
        {"file:", "!file: needs a path, such as file:/run/secrets/password"},
        {"file:/nowhere/x", "!/nowhere/x cannot be read: No such file or directory"},
        {"file:/", "!/ is no regular file"},
        {"token", "?"},
        {"http:x", "?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(look_up(s, arena, cases[i].name), cases[i].value);
    const char *two = arena_printf(arena, "file:%s", file_path("two"));
    assert_string_equal(look_up(s, arena, two), "a\n");
    const char *nul = arena_printf(arena, "file:%s", file_path("nul"));
    assert_non_null(strstr(look_up(s, arena, nul), "holds a NUL byte"));
    arena_destroy(arena);
    secrets_destroy(s);
}

static void names_hold_or_are_restored(void **state)
{
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    struct err e;
    (void)state;
    setenv("HD_TEST_A", "aaa", 1);
    setenv("HD_TEST_B", "bbb", 1);
    secrets_define(s, "x", "env:HD_TEST_A", &e);
    secrets_names_begin(s);
    assert_string_equal(look_up(s, arena, "secret:x"), "!secrets: has no 'x'");
    secrets_define(s, "x", "env:HD_TEST_B", &e);
    assert_string_equal(look_up(s, arena, "secret:x"), "bbb");
    secrets_names_restore(s);
    assert_string_equal(look_up(s, arena, "secret:x"), "aaa");
    secrets_names_begin(s);
    secrets_define(s, "y", "env:HD_TEST_B", &e);
    secrets_names_keep(s);
    assert_string_equal(look_up(s, arena, "secret:x"), "!secrets: has no 'x'");
    assert_string_equal(look_up(s, arena, "secret:y"), "bbb");
    arena_destroy(arena);
    secrets_destroy(s);
}

static void every_form_is_hidden(void **state)
{
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"nothing here", "nothing here"},
        {"p/ss w+rd\"", "[redacted]"},
        {"x=p/ss w+rd\"&p/ss w+rd\"", "x=[redacted]&[redacted]"},
        {"url p%2Fss%20w%2Brd%22 and p%2fss%20w%2brd%22",
         "url [redacted] and [redacted]"},
        {"{\"a\":\"p/ss w+rd\\\"\"}", "{\"a\":\"[redacted]\"}"},
        /* base64 of it alone, and behind "u:" and "me:" as in Basic authentication */
        {"cC9zcyB3K3JkIg==", "[redacted]g=="},
        {"Basic dTpwL3NzIHcrcmQi", "Basic dTp[redacted]"},
        {"Basic bWU6cC9zcyB3K3JkIg==", "Basic bWU6[redacted]g=="},
        /* the libraries of PHP, of forms, of Go, .NET and JavaScript, of HTML */
        {"{\"a\":\"p\\/ss w+rd\\\"\"}", "{\"a\":\"[redacted]\"}"},
        {"a=p%2Fss+w%2Brd%22&b", "a=[redacted]&b"},
        {"p/ss w+rd&#34;", "[redacted]"},
        {"p/ss w\\u002Brd\\u0022", "[redacted]"},
        {"<b>'&\xc3\xa9!\xf0\x9f\x98\x80", "[redacted]"},
        {"\\u003cb\\u003e'\\u0026\xc3\xa9!\xf0\x9f\x98\x80.", "[redacted]."},
        {"<b>'&\\u00e9!\\ud83d\\ude00.", "[redacted]."},
        {"%3Cb%3E'%26%C3%A9!%F0%9F%98%80.", "[redacted]."},
        {"%3Cb%3E%27%26%C3%A9%21%F0%9F%98%80.", "[redacted]."},
        {"&lt;b&gt;&#39;&amp;\xc3\xa9!\xf0\x9f\x98\x80.", "[redacted]."},
        {"&lt;b&gt;&#x27;&amp;&#233;!&#x1F600;.", "[redacted]."},
        {"&lt;b&gt;&#x27;&amp;&#233;!&#x1F60", "&lt;b&gt;&#x27;&amp;&#233;!&#x1F60"},
        {"\\u003cb\\u003", "\\u003cb\\u003"},
        /* looks escaped, and is not */
        {"%25token\\n", "[redacted]"},
        {"%2525token%5Cn and %2525token\\\\n", "[redacted] and [redacted]"},
        /* one begins within another */
        {"overlap-one-and-two.", "[redacted]."},
        {"overlap-one-and-two-more.", "[redacted]-more."},
        {"short is kept", "short is kept"},
        {"longer-secret-value", "[redacted]"},
        {"longer-secret", "[redacted]"},
        {"longer-secre", "longer-secre"},
        {"", ""},
    };
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    (void)state;
    secrets_add(s, bytes_of("p/ss w+rd\""));
    secrets_add(s, bytes_of("<b>'&\xc3\xa9!\xf0\x9f\x98\x80"));
    secrets_add(s, bytes_of("%25token\\n"));
    secrets_add(s, bytes_of("overlap-one"));
    secrets_add(s, bytes_of("one-and-two"));
    secrets_add(s, bytes_of("short"));
    secrets_add(s, bytes_of("longer-secret"));
    secrets_add(s, bytes_of("longer-secret-value"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text = BUF_MAX(1000);
        assert_string_equal(cleaned(s, arena, cases[i].text), cases[i].clean);
        buf_add_text(&text, cases[i].text);
        secrets_redact(s, &text);
        assert_string_equal(buf_text(&text), cases[i].clean);
        buf_finish(&text);
    }
    const char *same = "nothing to hide";
    assert_ptr_equal(cleaned(s, arena, same), same);
    arena_destroy(arena);
    secrets_destroy(s);
}

static void what_is_remembered(void **state)
{
    static const struct {
        const char *name, *value, *text, *clean;
    } cases[] = {
        {"HD_API_TOKEN", "abcdef", "abcdef", "[redacted]"},
        {"HD_PLAIN", "wxyz123", "wxyz123", "wxyz123"},
        {"HD_url", "postgres://me:s3cr%40t!!@db:5432/x?sslmode=no",
         "me s3cr%40t!! s3cr@t!! db", "me [redacted] [redacted] db"},
        {"HD_url2", "redis://:onlypass@cache", "onlypass cache", "[redacted] cache"},
        {"HD_url3", "http://host:8080/path:part@x", "8080/path part", "8080/path part"},
        {"HD_dsn", "host=x password=y", "host=x password=y", "[redacted]"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct secrets *s = secrets_create();
        struct arena *arena = arena_create(0);
        setenv(cases[i].name, cases[i].value, 1);
        const char *name = arena_printf(arena, "env:%s", cases[i].name);
        assert_string_equal(look_up(s, arena, name), cases[i].value);
        assert_string_equal(cleaned(s, arena, cases[i].text), cases[i].clean);
        arena_destroy(arena);
        secrets_destroy(s);
    }
}

static void files_are_renewed(void **state)
{
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    const struct wall noon = {1000 * NSEC_PER_DAY};
    (void)state;
    write_file("pw", "first-value\n", 12);
    const char *name = arena_printf(arena, "file:%s", file_path("pw"));
    assert_string_equal(look_up(s, arena, name), "first-value");
    assert_int_equal(secrets_refresh(s, noon), 0);

    write_file("pw", "the second value", 16);
    assert_int_equal(secrets_refresh(s, noon), 1);
    assert_string_equal(look_up(s, arena, name), "the second value");
    assert_string_equal(cleaned(s, arena, "first-value, the second value"),
                        "[redacted], [redacted]");

    unlink(file_path("pw"));
    assert_int_equal(secrets_refresh(s, noon), 0);
    assert_int_equal(secrets_failed(s), 1);
    assert_string_equal(look_up(s, arena, name), "the second value");

    write_file("pw", "the second value", 16);
    assert_int_equal(secrets_refresh(s, wall_add(noon, 23 * NSEC_PER_HOUR)), 0);
    assert_int_equal(secrets_failed(s), 0);
    assert_string_equal(cleaned(s, arena, "first-value"), "[redacted]");
    secrets_refresh(s, wall_add(noon, 25 * NSEC_PER_HOUR));
    assert_string_equal(cleaned(s, arena, "first-value"), "first-value");
    assert_string_equal(cleaned(s, arena, "the second value"), "[redacted]");
    arena_destroy(arena);
    secrets_destroy(s);
}

static void what_is_a_password_within_a_text(void **state)
{
    static const struct {
        const char *text, *password; /* NULL: none */
    } cases[] = {
        {"https://eve:correct-horse@host/path", "correct-horse"},
        {"eve:correct-horse@host:8080/path", "correct-horse"},
        {":correct-horse@cache", "correct-horse"},
        {"http://eve:correct%20horse@host", "correct horse"},
        {"http://eve:correct#horse@host", "correct#horse"},
        {"mongodb://eve:correct-horse@a:1,b:2/admin", "correct-horse"},
        {"curl -s http://a/ --next ftp://eve:correct-horse@b/", "correct-horse"},
        {"http://a/?to=http://eve:correct-horse@b/", "correct-horse"},
        {"host=db password=correct-horse user=eve", "correct-horse"},
        {"host=db password = 'correct \\'horse' user=eve", "correct 'horse"},
        {"postgres://db/shop?sslpassword=correct-horse&a=b", "correct-horse"},
        {"https://hook/?access_token=correct-horse#x", "correct-horse"},
        {"http://correct-horse:8080/path:part@x", NULL},
        {"correct-horse@host", NULL},
        {"https://correct-horse@host/", NULL},
        {"monkey=correct-horse", NULL},
        {"http://[::1]:8080/correct-horse", NULL},
        {"ghcr.io/shop/api:correct-horse@sha256:9f86d081884c7d65", NULL},
        {"mailto:correct-horse@example.org", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct secrets *s = secrets_create();
        struct arena *arena = arena_create(0);
        const char *hidden = cases[i].password ? cases[i].password : "correct-horse";
        secrets_add_within(s, bytes_of(cases[i].text));
        assert_string_equal(cleaned(s, arena, hidden),
                            cases[i].password ? "[redacted]" : hidden);
        arena_destroy(arena);
        secrets_destroy(s);
    }
}

static void the_oldest_of_too_many_are_forgotten(void **state)
{
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    (void)state;
    secrets_names_begin(s);
    secrets_add(s, bytes_of("configured"));
    secrets_names_keep(s);
    for (int i = 0; i < 1100; i++)
        secrets_add(s, bytes_of(arena_printf(arena, "captured-%04d", i)));
    assert_string_equal(cleaned(s, arena, "configured captured-1099 captured-0000"),
                        "[redacted] [redacted] captured-0000");
    arena_destroy(arena);
    secrets_destroy(s);
}

/* A configuration is read on another thread: what it says counts once it is accepted, and is hidden in any case. */
static void a_draft_counts_once_it_is_adopted(void **state)
{
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    struct err e = {0};
    (void)state;
    setenv("HD_TEST_NEW_KEY", "new-value-of-it", 1);
    write_file("known", "known-value", 11);
    write_file("fresh", "fresh-value", 11);
    char *known = arena_printf(arena, "file:%s", file_path("known"));
    char *fresh = arena_printf(arena, "file:%s", file_path("fresh"));
    assert_string_equal(look_up(s, arena, known), "known-value");
    unlink(file_path("known")); /* and the draft goes on with what it was */
    assert_true(secrets_define(s, "name", "env:HD_TEST_NEW_KEY", &e));

    struct secrets *draft = secrets_draft(s), *refused = secrets_draft(s);
    secrets_names_begin(draft);
    assert_true(secrets_define(draft, "name", known, &e));
    secrets_names_keep(draft);
    assert_string_equal(look_up(draft, arena, "secret:name"), "known-value");
    assert_string_equal(look_up(draft, arena, fresh), "fresh-value");
    assert_string_equal(look_up(refused, arena, "env:HD_TEST_NEW_KEY"),
                        "new-value-of-it");
    assert_string_equal(cleaned(s, arena, "fresh-value"), "fresh-value");
    secrets_learn(s, draft);
    secrets_learn(s, refused);
    secrets_destroy(refused);
    assert_string_equal(cleaned(s, arena, "a fresh-value, new-value-of-it"),
                        "a [redacted], [redacted]");
    assert_string_equal(look_up(s, arena, "secret:name"), "new-value-of-it");

    secrets_adopt(s, draft);
    assert_string_equal(look_up(s, arena, "secret:name"), "known-value");
    write_file("fresh", "other-value!", 12);
    assert_int_equal(secrets_refresh(s, (struct wall){1}), 1);
    assert_string_equal(look_up(draft, arena, fresh),
                        "other-value!"); /* it stands for s */
    secrets_add(draft, bytes_of("told-the-draft"));
    assert_string_equal(cleaned(s, arena, "told-the-draft"), "[redacted]");
    assert_string_equal(cleaned(draft, arena, "known-value"), "[redacted]");
    secrets_destroy(draft);
    assert_string_equal(look_up(s, arena, fresh), "other-value!");
    secrets_destroy(s);
    arena_destroy(arena);
}

static void count_missing(void *ctx, struct bytes name, const struct err *why)
{
    size_t *count = ctx;
    assert_true(name.len > 0 && *why->text);
    ++*count;
}

static void what_is_missing_has_a_stand_in(void **state)
{
    struct secrets *s = secrets_create();
    struct arena *arena = arena_create(0);
    size_t missing = 0;
    (void)state;
    setenv("HD_TEST_HOST", "db.example", 1);
    unsetenv("HD_TEST_NONE");
    secrets_stand_in(s, count_missing, &missing);
    assert_string_equal(look_up(s, arena, "env:HD_TEST_HOST"), "db.example");
    assert_int_equal(missing, 0);
    assert_int_equal(strlen(look_up(s, arena, "env:HD_TEST_NONE")), 32);
    assert_string_equal(look_up(s, arena, "file:/nowhere/hook_url"),
                        "https://stand-in.invalid/");
    assert_int_equal(missing, 2);
    assert_string_equal(look_up(s, arena, "workflow"), "?"); /* of another scope */
    secrets_stand_in(s, NULL, NULL);
    assert_int_equal(*look_up(s, arena, "env:HD_TEST_NONE"), '!');
    arena_destroy(arena);
    secrets_destroy(s);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"plain", "two", "nul", "pw", "known", "fresh"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(file_path(names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_followed),
        cmocka_unit_test(names_hold_or_are_restored),
        cmocka_unit_test(every_form_is_hidden),
        cmocka_unit_test(what_is_remembered),
        cmocka_unit_test(files_are_renewed),
        cmocka_unit_test(a_draft_counts_once_it_is_adopted),
        cmocka_unit_test(what_is_missing_has_a_stand_in),
        cmocka_unit_test(what_is_a_password_within_a_text),
        cmocka_unit_test(the_oldest_of_too_many_are_forgotten),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
