/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL's and libpq's messages mean, which logins are let through, and settings as base units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/core/pg_impl.h"
#include "probes/postgres.h"

#define AT "connection to server at \"127.0.0.1\", port 5432 failed: "

static const struct {
    const char *text;
    enum reason reason;
    bool is_unknown;
    const char *sqlstate, *detail;
} messages[] = {
    {AT "FATAL:  28P01: password authentication failed for user \"u\"\nLOCATION:  "
        "auth_failed, "
        "auth.c:337\n",
     REASON_AUTH, false, "28P01",
     "db:1 says: password authentication failed for user \"u\""},
    {AT "FATALE:  3D000: le base n'existe pas\n", REASON_DATABASE, false, "3D000",
     "db:1 says: le base n'existe pas"},
    {AT "FATAL:  57P03: the database system is starting up\n", REASON_STARTING, false,
     "57P03", "db:1 says: the database system is starting up"},
    {AT "FATAL:  53300: sorry, too many clients already\n", REASON_FULL, false, "53300",
     "db:1 says: sorry, too many clients already; raise max_connections or the role's "
     "limit, or "
     "find who holds them"},
    {AT "FATAL:  28000: connection requires a valid client certificate\n",
     REASON_TLS_CLIENT, false, "28000",
     "db:1 says: connection requires a valid client certificate"},
    {AT "Connection refused\n\tIs the server running on that host?\n", REASON_REFUSED,
     false, "", "db:1: Connection refused: nothing listens there"},
    {AT "SSL error: certificate verify failed\n", REASON_TLS_UNTRUSTED, false, "",
     "db:1: SSL error: certificate verify failed"},
    {AT "server certificate for \"x\" does not match host name \"y\"\n", REASON_TLS_NAME,
     false, "", "db:1: server certificate for \"x\" does not match host name \"y\""},
    {AT "root certificate file \"/x\" does not exist\nEither provide the file or change "
        "sslmode.\n",
     REASON_CONFIG, true, "", NULL},
    {AT "received invalid response to SSL negotiation: H\n", REASON_PROTOCOL, false, "",
     "db:1: received invalid response to SSL negotiation: H: is it PostgreSQL?"},
    {AT "received invalid response to SSL negotiation: \xff\n", REASON_PROTOCOL, false,
     "", "db:1: received invalid response to SSL negotiation: ?: is it PostgreSQL?"},
    {AT "server closed the connection unexpectedly\n\tThis probably means …\n",
     REASON_CLOSED, false, "", "db:1: server closed the connection unexpectedly"},
    {"", REASON_PROTOCOL, false, "", "db:1: the connection failed without a word"},
    {":  ", REASON_PROTOCOL, false, "", NULL},
    {"\n\n\t", REASON_PROTOCOL, false, "", NULL},
};

static void messages_have_reasons(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct pg_trouble why = {0};
        pg_trouble_read(messages[i].text, "db:1", &why);
        assert_string_equal(reason_word(why.trouble.reason),
                            reason_word(messages[i].reason));
        assert_int_equal(why.trouble.is_unknown, messages[i].is_unknown);
        assert_string_equal(why.sqlstate, messages[i].sqlstate);
        if (messages[i].detail)
            assert_string_equal(why.trouble.detail, messages[i].detail);
    }
}

#define SASL(text, len) "R\0\0\0" len "\0\0\0\x0b" text

static const struct {
    const char *title, *bytes;
    size_t len;
    enum pg_guard guard;
} logins[] = {
    {"nothing", "", 0, PG_GUARD_GO},
    {"another message", "E\0\0\0\x08", 5, PG_GUARD_GO},
    {"logged in", "R\0\0\0\x08\0\0\0\0S\0\0", 12, PG_GUARD_GO},
    {"what is usual", SASL("r=x,s=y,i=4096", "\x16"), 23, PG_GUARD_GO},
    {"as much as allowed", SASL("r=x,s=y,i=1000000", "\x19"), 26, PG_GUARD_GO},
    {"one more", SASL("r=x,s=y,i=1000001", "\x19"), 26, PG_GUARD_REFUSE},
    {"no number", SASL("r=x,s=y,i=9x", "\x14"), 21, PG_GUARD_REFUSE},
    {"more than a number holds", SASL("r=x,s=y,i=99999999999999999999", "\x26"), 39,
     PG_GUARD_REFUSE},
    {"half of a head", "R\0\0", 3, PG_GUARD_WAIT},
    {"half of a message", SASL("r=x,s=y,i=2000000000", "\x1c"), 20, PG_GUARD_WAIT},
    {"behind another", "R\0\0\0\x08\0\0\0\0" SASL("r=x,s=y,i=1000001", "\x19"), 35,
     PG_GUARD_REFUSE},
    {"longer than libpq takes", "R\x40\0\0\0\0\0\0\x0b", 9, PG_GUARD_GO},
    {"shorter than it can be", "R\0\0\0\x04", 5, PG_GUARD_GO},
};

static void logins_are_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        struct pg_trouble why = {0};
        print_message("  %s\n", logins[i].title);
        assert_int_equal(
            pg_guard_judge((struct bytes){logins[i].bytes, logins[i].len}, &why),
            logins[i].guard);
        assert_int_equal(why.trouble.reason != REASON_NONE,
                         logins[i].guard == PG_GUARD_REFUSE);
    }
}

static const struct {
    const char *unit;
    double value, wanted;
    const char *suffix;
} settings[] = {
    {"", 40, 40, ""},
    {"ms", 1500, 1.5, "_seconds"},
    {"min", 2, 120, "_seconds"},
    {"s", -1, -1, "_seconds"},
    {"kB", 4, 4096, "_bytes"},
    {"8kB", 16384, 134217728, "_bytes"},
    {"16MB", 2, 33554432, "_bytes"},
    {"B", -1, -1, "_bytes"},
    {"parsec", 3, 3, ""},
    {"99999999999999999999kB", 3, 3, ""},
};

static void settings_have_base_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        struct buf name = BUF_MAX(100);
        const double value = postgres_setting(&name, settings[i].unit, settings[i].value);
        assert_true(value == settings[i].wanted);
        assert_string_equal(buf_text(&name), settings[i].suffix);
        buf_finish(&name);
    }
}

/* Every version has its questions, and what is to be filled in is. */
static void questions_fit_versions(void **state)
{
    (void)state;
    const char *const labels[] = {"usename"};
    const struct postgres_conf conf = {
        .max_tables = 7, .statements = 3, .activity_labels = {labels, 1}};
    struct arena *arena = arena_create(0);

    for (int version = 130000; version <= 180000; version += 10000) {
        for (size_t i = 0; postgres_collectors[i].name; i++) {
            const struct postgres_collector *c = &postgres_collectors[i];
            const char *sql = postgres_sql(c, version, &conf, arena);
            assert_true(sql ? !strchr(sql, '@') : version < 170000);
        }
    }
    const struct postgres_collector *activity = postgres_collector_find("stat_activity");
    const char *sql = postgres_sql(activity, 150000, &conf, arena);
    assert_non_null(strstr(sql, " usename AS usename, NULL::text AS application_name,"));
    assert_null(postgres_collector_find("nonesuch"));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_have_reasons),
        cmocka_unit_test(logins_are_looked_at),
        cmocka_unit_test(settings_have_base_units),
        cmocka_unit_test(questions_fit_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
