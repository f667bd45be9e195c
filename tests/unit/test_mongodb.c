/* SPDX-License-Identifier: Apache-2.0 */
/* Connection strings of MongoDB: what they say, what is ignored, and what is refused without quoting a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "probes/mongodb.h"

static bool read_uri(struct arena *arena, const char *uri, struct mongodb_target *target,
                     struct err *e)
{
    const struct mongodb_conf conf = {.uri = uri,
                                      .username = "",
                                      .password = {""},
                                      .auth_source = "",
                                      .replica_set = ""};

    return mongodb_target_read(&conf, arena, target, e);
}

static void show_text(struct buf *out, const char *name, const char *text)
{
    if (text && text[0])
        buf_printf(out, " %s=%s", name, text);
}

/* All that a target says, in one line. */
static const char *shown(const struct mongodb_target *t, struct arena *arena)
{
    struct buf out = BUF_MAX(2000);

    for (size_t i = 0; i < t->count; i++)
        buf_printf(&out, "%s%s:%d", i ? "," : "", t->places[i].host, t->places[i].port);
    show_text(&out, "srv", t->srv);
    show_text(&out, "user", t->user);
    show_text(&out, "password", t->password);
    show_text(&out, "database", t->database);
    show_text(&out, "source", t->auth_source);
    show_text(&out, "set", t->replica_set);
    show_text(&out, "ignored", t->ignored);
    if (t->mechanism)
        buf_printf(&out, " mechanism=%d", t->mechanism);
    if (t->preference)
        buf_printf(&out, " preference=%d", t->preference);
    if (t->has_tls)
        buf_printf(&out, " tls=%d", t->is_tls);
    buf_printf(&out, "%s%s", t->is_direct ? " direct" : "",
               t->is_insecure ? " insecure" : "");
    return arena_keep(arena, &out);
}

static void what_they_say(void **state)
{
    static const struct {
        const char *uri, *shown;
    } cases[] = {
        {"mongo", "mongo:27017"},
        {"mongo:27018", "mongo:27018"},
        {"a,b:2", "a:27017,b:2"},
        {"mongodb://mongo", "mongo:27017"},
        {"mongodb://mongo/", "mongo:27017"},
        {"mongodb://mongo/shop", "mongo:27017 database=shop"},
        {"mongodb://mongo?replicaSet=rs0", "mongo:27017 set=rs0"},
        {"mongodb://[::1]:27018,127.0.0.1/", "::1:27018,127.0.0.1:27017"},
        {"mongodb://u:p@mongo/", "mongo:27017 user=u password=p"},
        {"mongodb://u%40x:p%3A%2F%25@mongo/a%20b",
         "mongo:27017 user=u@x password=p:/% database=a b"},
        {"mongodb://u:@mongo/", "mongo:27017 user=u"},
        {"mongodb://m/?AUTHSOURCE=x&TLS=true&ssl=true&tlsInsecure=false",
         "m:27017 source=x tls=1"},
        {"mongodb://m/?tlsAllowInvalidHostnames=true", "m:27017 insecure"},
        {"mongodb://m/?directConnection=true&readPreference=nearest",
         "m:27017 preference=4 direct"},
        {"mongodb://u:p@m/?authMechanism=scram-sha-1",
         "m:27017 user=u password=p mechanism=1"},
        {"mongodb://m/?authMechanism=MONGODB-X509", "m:27017 mechanism=3"},
        {"mongodb://m/?retryWrites=true&w=majority&x",
         "m:27017 ignored=retryWrites, w, x"},
        {"mongodb+srv://c.example.com/", "c.example.com:27017 srv=_mongodb._tcp tls=1"},
        {"mongodb+srv://c.example.com/?tls=false&srvServiceName=docs",
         "c.example.com:27017 srv=_docs._tcp tls=0"},
        {"mongodb://%2Ftmp%2Fmongodb.sock/db", "/tmp/mongodb.sock:27017 database=db"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct mongodb_target target;
        struct err e = {0};
        if (!read_uri(arena, cases[i].uri, &target, &e))
            fail_msg("%s: %s", cases[i].uri, e.text);
        assert_string_equal(shown(&target, arena), cases[i].shown);
        arena_destroy(arena);
    }
}

static void what_is_refused(void **state)
{
    static const char *const uris[] = {
        "mongodb://",
        "mongodb:///db",
        "mongodb://@m/",
        "mongodb://:hush@m/",
        "mongodb://u@m/",
        "mongodb://u:hu:sh@m/",
        "mongodb://u:hu@sh@m/",
        "mongodb://u:hu/sh@m/",
        "mongodb://u:hu%sh@m/",
        "mongodb://u:%00hush@m/",
        "mongodb://m:x/",
        "mongodb://m:0/",
        "mongodb://m:65536/",
        "mongodb://a,,b/",
        "mongodb://m/d%",
        "mongodb://m/?authSource=%",
        "mongodb://m/?tls=yes",
        "mongodb://m/?tls=true&ssl=false",
        "mongodb://m/?readPreference=best",
        "mongodb://u:hush@m/?authMechanism=GSSAPI",
        "mongodb://m/?authMechanism=PLAIN",
        "mongodb://a,b/?directConnection=true",
        "mongodb+srv://c.example.com:27017/",
        "mongodb+srv://a.example.com,b.example.com/",
        "mongodb+srv://c.example.com/?directConnection=true",
        "mysql://u:hush@m/",
    };

    for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
        struct arena *arena = arena_create(0);
        struct mongodb_target target;
        struct err e = {0};
        if (read_uri(arena, uris[i], &target, &e))
            fail_msg("%s was accepted", uris[i]);
        if (!e.text[0] || strstr(e.text, "hush") || strstr(e.text, "hu"))
            fail_msg("%s: %s", uris[i], e.text);
        arena_destroy(arena);
    }
}

static void rows_win(void **state)
{
    static const struct mongodb_conf conf = {.uri = "mongodb://u:p@m/db?authSource=x",
                                             .username = "other",
                                             .password = {"word"},
                                             .auth_source = "admin",
                                             .replica_set = "rs1",
                                             .auth_mechanism = MECHANISM_SHA_256};
    struct arena *arena = arena_create(0);
    struct mongodb_target target;
    struct err e = {0};

    assert_true(mongodb_target_read(&conf, arena, &target, &e));
    assert_string_equal(shown(&target, arena),
                        "m:27017 user=other password=word database=db source=admin "
                        "set=rs1 mechanism=2");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_they_say),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(rows_win),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
