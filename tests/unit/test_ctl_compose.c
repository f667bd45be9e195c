/* SPDX-License-Identifier: Apache-2.0 */
/* Compose files: forms that ports, variables and dependencies come in, and what a service is taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "healthctl/guess.h"

static const struct compose *parse(struct arena *arena, const char *text, struct diag *d)
{
    return compose_parse(arena, "c.yml", bytes_of(text), NULL, d);
}

static void ports_come_in_many_forms(void **state)
{
    const struct {
        const char *port, *address, *published;
        int target;
        bool is_open;
    } cases[] = {
        {"\"5432:5432\"", "", "5432", 5432, true},
        {"\"127.0.0.1:5432:5432\"", "127.0.0.1", "5432", 5432, false},
        {"\"0.0.0.0:15432:5432/tcp\"", "0.0.0.0", "15432", 5432, true},
        {"\"[::]:5432:5432\"", "[::]", "5432", 5432, true},
        {"\"[::1]:5432:5432\"", "[::1]", "5432", 5432, false},
        {"\"3000-3005\"", "", "", 3000, true},
        {"5432", "", "", 5432, true},
        {"{target: 5432, published: 5432}", "", "5432", 5432, true},
        {"{target: 5432, host_ip: 10.0.0.1}", "10.0.0.1", "", 5432, false},
        {"\"${PORT:-5433}:5432\"", "", "5433", 5432, true},
        {"\"53:53/udp\"", NULL, NULL, 0, false},
        {"nonsense", NULL, NULL, 0, false},
        {"\"70000\"", NULL, NULL, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const struct compose *c =
            parse(arena,
                  arena_printf(arena, "services: {db: {image: postgres:16, ports: [%s]}}",
                               cases[i].port),
                  diag_create(arena));
        assert_non_null(c);
        const struct compose_ports *ports = &c->services[0].ports;
        assert_int_equal(ports->count, cases[i].address ? 1 : 0);
        if (cases[i].address) {
            assert_string_equal(ports->items[0].address, cases[i].address);
            assert_string_equal(ports->items[0].published, cases[i].published);
            assert_int_equal(ports->items[0].target, cases[i].target);
        }
        assert_int_equal(guess_open_port(guess_all(arena, c)) != NULL, cases[i].is_open);
        arena_destroy(arena);
    }
}

static void an_open_port_is_closed_by_the_words_that_are_said(void **state)
{
    static const struct {
        const char *port, *words;
    } cases[] = {
        {"\"6380:6379\"", "\"127.0.0.1:6380:6379\" keeps it here"},
        {"6379", "\"127.0.0.1:6379:6379\" keeps it here"},
        {"\"127.0.0.1:6380:6379\"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const struct compose *c =
            parse(arena,
                  arena_printf(arena, "services: {r: {image: redis:7, ports: [%s]}}",
                               cases[i].port),
                  diag_create(arena));
        const char *words = guess_open_words(arena, guess_all(arena, c));
        assert_int_equal(words != NULL, cases[i].words != NULL);
        if (words)
            assert_non_null(strstr(words, cases[i].words));
        arena_destroy(arena);
    }
}

static void variables_are_filled_in(void **state)
{
    static const struct pair items[] = {{"A", "x"}, {"EMPTY", ""}};
    const struct pairs variables = {items, ARRAY_LEN(items)};
    const struct {
        const char *text, *filled;
    } cases[] = {
        {"$A-${A}", "x-x"},       {"${NO:-d}", "d"}, {"${EMPTY:-d}", "d"},
        {"${EMPTY-d}", ""},       {"${A:+y}", "y"},  {"${NO:+y}", ""},
        {"${NO:?say so}", ""},    {"$$A", "$A"},     {"${NO:-${A}}", "x"},
        {"${NO:-${NO:-z}}", "z"}, {"${A", "x"},      {"$", "$"},
        {"a$ b", "a$ b"},         {"${}", ""},       {"${A:-d}:${NO}", "x:"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(compose_expand(arena, &variables, cases[i].text),
                            cases[i].filled);
    arena_destroy(arena);
}

static void secrets_are_not_kept(void **state)
{
    struct arena *arena = arena_create(0);
    const struct compose *c =
        parse(arena,
              "services: {a: {environment: [DB_PASSWORD=x, PORT=1], image: i}, "
              "b: {environment: {API_KEY: y, TZ: UTC}}}",
              diag_create(arena));
    assert_string_equal(compose_environment(&c->services[0], "DB_PASSWORD"), "");
    assert_string_equal(compose_environment(&c->services[0], "PORT"), "1");
    assert_string_equal(compose_environment(&c->services[1], "API_KEY"), "");
    assert_string_equal(compose_environment(&c->services[1], "TZ"), "UTC");
    assert_null(compose_environment(&c->services[1], "NO"));
    arena_destroy(arena);
}

static void env_files_are_read(void **state)
{
    struct arena *arena = arena_create(0);
    struct pairs pairs = {0};
    compose_env_parse(arena,
                      bytes_of("# c\nA=1\n export B = \"two words\" # x\nC='q'\n=no\n"
                               "junk\nA=3 # later\r\nD="),
                      &pairs);
    const struct pair expected[] = {
        {"A", "3"}, {"B", "two words"}, {"C", "q"}, {"D", ""}};
    assert_int_equal(pairs.count, ARRAY_LEN(expected));
    for (size_t i = 0; i < pairs.count; i++) {
        assert_string_equal(pairs.items[i].key, expected[i].key);
        assert_string_equal(pairs.items[i].value, expected[i].value);
    }
    arena_destroy(arena);
}

static void services_are_taken_for_what_they_are(void **state)
{
    const struct {
        const char *text;
        enum guess_kind kind;
        int port;
        const char *path;
    } cases[] = {
        {"image: docker.io/library/postgres:16", GUESS_POSTGRES, 5432, ""},
        {"image: prometheuscommunity/postgres-exporter", GUESS_CONTAINER, 0, ""},
        {"image: bitnami/postgresql@sha256:00", GUESS_POSTGRES, 5432, ""},
        {"image: valkey/valkey:8", GUESS_REDIS, 6379, ""},
        {"image: mongo", GUESS_MONGODB, 27017, ""},
        {"image: mongo-express", GUESS_CONTAINER, 0, ""},
        {"{image: a, environment: {PORT: 80}}", GUESS_HTTP, 80, "/"},
        {"{image: a, expose: [5672]}", GUESS_TCP, 5672, "/"},
        {"{image: a/docs-mcp, expose: [3001]}", GUESS_MCP, 3001, "/mcp"},
        {"{image: a/pg-backup:1}", GUESS_BACKUP, 0, ""},
        {"{image: a, profiles: [x]}", GUESS_APART, 0, ""},
        {"{build: ., healthcheck: {test: [CMD, curl, \"http://localhost:9/h?t=1\"]}}",
         GUESS_HTTP, 9, "/h"},
        {"{build: ., healthcheck: {test: \"wget http://localhost || exit 1\"}}",
         GUESS_HTTP, 80, "/"},
        {"{build: ., healthcheck: {test: \"curl http://[::1]:8080/up?x\"}}", GUESS_HTTP,
         8080, "/up"},
        {"{build: ., expose: [7], healthcheck: {test: \"curl http://other:8080/up\"}}",
         GUESS_HTTP, 7, "/"},
        {"{build: ., healthcheck: {test: \"curl 'http://0.0.0.0' || exit 1\"}}",
         GUESS_HTTP, 80, "/"},
        {"{image: \"nginx:1\", healthcheck: {test: [CMD, curl, "
         "\"http://localhost/ok\"]}}",
         GUESS_HTTP, 80, "/ok"},
        {"{image: \"nginx:1\", ports: [\"80:8080\"]}", GUESS_TCP, 8080, ""},
        {"{build: ., healthcheck: {disable: true}}", GUESS_CONTAINER, 0, "/"},
        {"{image: postgres, network_mode: host}", GUESS_CONTAINER, 5432, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const bool is_flow = cases[i].text[0] == '{';
        const struct compose *c =
            parse(arena,
                  arena_printf(
                      arena, is_flow ? "services:\n  x: %s\n" : "services:\n  x: {%s}\n",
                      cases[i].text),
                  diag_create(arena));
        assert_non_null(c);
        const struct guess *g = guess_all(arena, c);
        assert_int_equal(g->kind, cases[i].kind);
        assert_int_equal(g->port, cases[i].port);
        if (g->kind == GUESS_HTTP || g->kind == GUESS_MCP)
            assert_string_equal(g->path, cases[i].path);
        arena_destroy(arena);
    }
}

static void bad_files_are_refused(void **state)
{
    const struct {
        const char *text, *why;
    } cases[] = {
        {"", "no compose file"},
        {"- a", "no compose file"},
        {"a: b", "no `services:`"},
        {"web: {image: nginx}", "first version"},
        {"services: {}", "names no service"},
        {"services: [a]", "names no service"},
        {"services: {a: b}", "not a mapping"},
        {"services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}",
         "depends on itself"},
        {"services: {a: {extends: {service: a}}}", "extends too many"},
        {"a: &a {b: *a}\nservices: {c: {image: x}}", ""},
        {"services: {a: {image: x", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct diag *d = diag_create(arena);
        assert_null(parse(arena, cases[i].text, d));
        assert_true(diag_error_count(d) > 0);
        assert_non_null(strstr(diag_first(d)->text, cases[i].why));
        arena_destroy(arena);
    }
}

static void images_are_pinned_or_not(void **state)
{
    assert_true(image_is_pinned("nginx:1.27"));
    assert_true(image_is_pinned("registry:5000/a@sha256:00"));
    assert_false(image_is_pinned("registry:5000/a"));
    assert_false(image_is_pinned("nginx:latest"));
    assert_true(bytes_is(image_word("registry:5000/a/b:1"), "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_come_in_many_forms),
        cmocka_unit_test(an_open_port_is_closed_by_the_words_that_are_said),
        cmocka_unit_test(variables_are_filled_in),
        cmocka_unit_test(secrets_are_not_kept),
        cmocka_unit_test(env_files_are_read),
        cmocka_unit_test(services_are_taken_for_what_they_are),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(images_are_pinned_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
