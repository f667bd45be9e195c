/* SPDX-License-Identifier: Apache-2.0 */
/* Connection words: what applications write, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/core/pg_url.h"

/* host:port[@address] …; user/password/database; words; (dropped) */
static void print(const struct pg_words *w, struct buf *out)
{
    for (size_t i = 0; i < w->host_count; i++)
        buf_printf(out, "%s%s:%d%s%s", i ? "," : "", w->hosts[i].name, w->hosts[i].port,
                   w->hosts[i].address[0] ? "@" : "", w->hosts[i].address);
    buf_printf(out, " %s/%s/%s", w->user, w->password, w->database);
    for (size_t i = 0; i < w->word_count; i++)
        buf_printf(out, " %s=%s", w->words[i].key, w->words[i].value);
    if (w->dropped[0])
        buf_printf(out, " (%s)", w->dropped);
}

static const struct {
    const char *text, *words;
} cases[] = {
    {"postgres://u:p@db/shop", "db:5432 u/p/shop"},
    {"postgresql://u:p@db:6432/shop", "db:6432 u/p/shop"},
    {"postgresql+asyncpg://u:p@db/shop", "db:5432 u/p/shop"},
    {"jdbc:postgresql://db/shop?user=u&password=p%26q", "db:5432 u/p&q/shop"},
    {"POSTGRES://u@db", "db:5432 u//"},
    {"postgres://db", "db:5432 //"},
    {"postgres:///shop", " //shop"},
    {"postgres://", " //"},
    {"", " //"},
    {"db", "db:5432 //"},
    {"db:6432/shop", "db:6432 //shop"},
    {"[::1]:6432/shop", "::1:6432 //shop"},
    {"postgres://u:p@[::1]/x", "::1:5432 u/p/x"},
    {"postgres://u:p%40ss%2Fw%25@db/x", "db:5432 u/p@ss/w%/x"},
    {"postgres://u:p@ss@db/x", "db:5432 u/p@ss/x"},
    {"postgres://u:100%@db/x", "db:5432 u/100%/x"},
    {"postgres://u:a:b@db/x", "db:5432 u/a:b/x"},
    {"postgres://a:1,b,c:3/x", "a:1,b:5432,c:3 //x"},
    {"postgres://u@%2Fvar%2Frun%2Fpg/x", "/var/run/pg:5432 u//x"},
    {"postgres:///x?host=/run/pg&port=6432", "/run/pg:6432 //x"},
    {"postgres://u@/x?host=a:1&host=b:2", "a:1,b:2 u//x"},
    {"postgres://u@a,b/x?port=7", "a:7,b:7 u//x"},
    {"postgres://u@a,b/x?hostaddr=10.0.0.1,10.0.0.2",
     "a:5432@10.0.0.1,b:5432@10.0.0.2 u//x"},
    {"postgres://u@db/x?schema=public&pgbouncer=true&connection_limit=5",
     "db:5432 u//x (schema, pgbouncer, connection_limit)"},
    {"postgres://u@db/x?sslmode=verify-full&sslrootcert=/ca.pem&application_name=app",
     "db:5432 u//x sslmode=verify-full sslrootcert=/ca.pem"},
    {"postgres://u@db/x?ssl=true", "db:5432 u//x sslmode=require"},
    {"postgres://u@db/x?ssl=verify-ca", "db:5432 u//x sslmode=verify-ca"},
    {"postgres://u@db/x?sslmode=no-verify", "db:5432 u//x sslmode=require"},
    {"postgres://u@db/x?sslaccept=strict", "db:5432 u//x sslmode=verify-full"},
    {"postgres://u@db/x?sslmode=verify-full&sslrootcert=system",
     "db:5432 u//x sslmode=verify-full"},
    {"postgres://u@db/x?targetServerType=preferSecondary",
     "db:5432 u//x target_session_attrs=prefer-standby"},
    {"postgres://u@db/x?options=-c%20search_path%3Dapp",
     "db:5432 u//x options=-c search_path=app"},
    {"postgres://u@db/x?a&&b=#c", "db:5432 u//x (a, b)"},
    {"host=db user=u password='p \\' q' dbname=x", "db:5432 u/p ' q/x"},
    {" host = db  port = 6432 user= ", "db:6432 //"},
    {"host=a,b port=1,2", "a:1,b:2 //"},
};

static void what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_create(0);
        struct pg_words words;
        struct buf out = BUF_MAX(4000);
        struct err e = {0};
        if (!pg_words_parse(arena, cases[i].text, &words, &e))
            fail_msg("%s: %s", cases[i].text, e.text);
        print(&words, &out);
        assert_string_equal(buf_text(&out), cases[i].words);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

/* No message quotes what may be a password. */
static const char *const refused[] = {
    "mysql://u:secret@db/x",
    "postgres://u:sec/ret@db/x",
    "postgres://u:sec?ret@db/x",
    "postgres://u:secret@db:99999/x",
    "postgres://u:secret@db:x/x",
    "postgres://u:secret@[::1/x",
    "postgres://u:secret@[::1]x/x",
    "postgres://u:sec%00ret@db/x",
    "postgres://u:secret@a,b,c,d,e,f,g,h,i/x",
    "postgres://u:secret@a/x?port=0",
    "host=db password='secret",
    "host=db secret password=x",
};

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct arena *arena = arena_create(0);
        struct pg_words words;
        struct err e = {0};
        if (pg_words_parse(arena, refused[i], &words, &e))
            fail_msg("%s was accepted", refused[i]);
        assert_true(e.text[0] && !strstr(e.text, "sec"));
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
