/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a postgres probe, and what limits it can be given. */
#include <string.h>

#include "lib/base/glob.h"
#include "probes/postgres.h"

static const char *const activity_labels[] = {
    "usename", "application_name", "backend_type", "wait_event_type", "wait_event", NULL};

static const struct opt_choice sslmodes[] = {
    {"disable", 1, "never"},
    {"allow", 2, "only when the server insists"},
    {"prefer", 3, "when the server can"},
    {"require", 4, "always; anybody's certificate"},
    {"verify-ca", 5, "always; a certificate that is trusted"},
    {"verify-full", 6, "always; a certificate that is trusted and for this host"},
    {0}};

static const struct opt_choice connections[] = {
    {"kept", POSTGRES_KEPT, "one for all runs"},
    {"fresh", POSTGRES_FRESH, "each run logs in"},
    {0}};

static bool are_known(const struct texts *names, const char *row,
                      const char *const *known, struct err *e)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t k = 0;
        while (known[k] && strcmp(known[k], names->items[i]) != 0)
            k++;
        if (known[k])
            continue;
        const char *nearest = nearest_word(names->items[i], known);
        return err_set(e, "'%s': there is no '%s'%s%s%s", row, names->items[i],
                       nearest ? "; did you mean '" : "; the reference lists them",
                       nearest ? nearest : "", nearest ? "'?" : "");
    }
    return true;
}

static bool names_are_known(const struct postgres_conf *conf, struct err *e)
{
    const char *known[40] = {0};

    for (size_t i = 0; postgres_collectors[i].name && i + 1 < ARRAY_LEN(known); i++)
        known[i] = postgres_collectors[i].name;
    return are_known(&conf->collectors, "collectors", known, e) &&
           are_known(&conf->exclude, "exclude", known, e) &&
           are_known(&conf->activity_labels, "activity_labels", activity_labels, e);
}

static bool is_in(const struct texts *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!strcmp(names->items[i], name))
            return true;
    }
    return false;
}

bool postgres_collects(const struct postgres_conf *conf, const char *collector)
{
    return (!conf->collectors.count || is_in(&conf->collectors, collector)) &&
           !is_in(&conf->exclude, collector);
}

/* Rows of their own say more than the URL. */
static bool take_rows(struct postgres_conf *conf, struct arena *arena, struct err *e)
{
    struct pg_words *w = &conf->words;
    struct pg_words of_host;

    if (conf->host[0]) {
        const char *text = conf->host[0] == '/'
                               ? arena_printf(arena, "host='%s'", conf->host)
                               : conf->host;
        if (!pg_words_parse(arena, text, &of_host, e))
            return err_wrap(e, "'host'");
        memcpy(w->hosts, of_host.hosts, sizeof(w->hosts));
        w->host_count = of_host.host_count;
    }
    for (size_t i = 0; conf->port && i < w->host_count; i++)
        w->hosts[i].port = (int)conf->port;
    if (conf->user[0])
        w->user = conf->user;
    if (conf->password.value[0])
        w->password = conf->password.value;
    if (conf->database[0])
        w->database = conf->database;
    if (conf->sslmode)
        pg_word_set(w, "sslmode", sslmodes[conf->sslmode - 1].name);
    return true;
}

bool postgres_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct postgres_conf *conf = ctx;

    if (!pg_words_parse(arena, conf->url.value, &conf->words, e))
        return err_wrap(e, "'url'");
    return take_rows(conf, arena, e) && names_are_known(conf, e) &&
           custom_metrics_check(&conf->queries, sizeof(struct postgres_query), e);
}

#define OPT_STRUCT struct postgres_query
static const struct opt query_opts[] = {
    CUSTOM_METRIC_ROWS(metric),
    OPT_ROW_TEXT("query", sql, NULL,
                 "One SELECT. It runs read-only, and within the timeout.", .min = 1,
                 .max = 16384),
    {0}};
#undef OPT_STRUCT

#define OPT_STRUCT struct postgres_conf
const struct opt postgres_opts[] = {
    OPT_ROW_SECRET(
        "url", url, "",
        "The application's own DATABASE_URL, of whatever driver. What PostgreSQL's "
        "library does not know is left out.",
        .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT(
        "host", host, "",
        "host, host:port, several of them with commas, or a folder of Unix sockets; "
        "instead of the URL's."),
    OPT_ROW_INT("port", port, "0", 0, 65535, "Port; 0: the URL's, or 5432."),
    OPT_ROW_TEXT("user", user, "", "Role to log in as; instead of the URL's."),
    OPT_ROW_SECRET("password", password, "", "Its password; instead of the URL's."),
    OPT_ROW_TEXT("database", database, "", "Database; instead of the URL's."),
    OPT_ROW_CHOICE(
        "sslmode", sslmode, OPT_NONE, sslmodes,
        "When to speak TLS; instead of the URL's. verify-full when `tls_config` has a "
        "CA, else prefer."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, and our certificate."),
    OPT_ROW_CHOICE("connection", connection, "kept", connections,
                   "Whether the connection is kept between runs."),
    OPT_ROW_TEXT(
        "query", query, "SELECT 1",
        "What is asked to see whether it is up. Its answer is `rows` in expectations.",
        .min = 1, .max = 16384),
    OPT_ROW_SECTIONS("queries", queries, struct postgres_query, query_opts,
                     "Questions of your own that become metrics."),
    OPT_ROW_TEXTS("collectors", collectors, OPT_NONE,
                  "Only these collectors; all when left out. `/metrics` lists them in "
                  "pg_scrape_collector_success."),
    OPT_ROW_TEXTS("exclude", exclude, OPT_NONE, "Collectors to leave out."),
    OPT_ROW_TEXTS(
        "databases", databases, "*",
        "Further databases whose tables are shown, each by a short connection every "
        "four minutes; * for all that may be connected to."),
    OPT_ROW_INT("max_databases", max_databases, "10", 0, POSTGRES_MAX_DATABASES,
                "How many further databases at most; 0: none."),
    OPT_ROW_INT("max_tables", max_tables, "200", 1, 10000,
                "How many tables of a database at most: those with the most rows."),
    OPT_ROW_TEXTS(
        "activity_labels", activity_labels, OPT_NONE,
        "Labels of pg_stat_activity_count besides datname and state, where clients' "
        "names would be too many: of usename, application_name, backend_type, "
        "wait_event_type, wait_event; all when left out."),
    OPT_ROW_INT(
        "statements", statements, "0", 0, 1000,
        "How many statements of pg_stat_statements to show: those that took longest; 0: "
        "none."),
    {0}};

const struct limit postgres_limits[] = {
    {.name = "connections",
     .alert = "PostgresConnections",
     .expr = "pg_connections{$probe} / pg_connections_limit{$probe}",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }} has {{ $value | humanizePercentage }} of its "
                "connections in use",
     .runbook = "/runbooks/PostgresConnectionsExhausted",
     .doc = "Share of the connections that clients can have."},
    {.name = "replication_lag",
     .alert = "PostgresReplicationBehind",
     .expr = "pg_replication_lag_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.2,
     .hold_for = NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.probe }} is {{ $value | humanizeDuration }} behind its primary",
     .runbook = "/runbooks/PostgresReplicationLag",
     .doc = "How far a standby may be behind."},
    {.name = "database_size",
     .alert = "PostgresDatabaseSize",
     .expr = "pg_database_size_bytes{$probe}",
     .unit = LIMIT_BYTES,
     .side = LIMIT_ABOVE,
     .release = 0.02,
     .hold_for = 0,
     .summary = "the database {{ $labels.datname }} of {{ $labels.probe }} has {{ $value "
                "| humanize1024 }}B",
     .runbook = "",
     .doc = "Size of a database on disk."},
    {.name = "idle_in_transaction",
     .alert = "PostgresIdleTooLong",
     .expr = "pg_idle_in_transaction_oldest_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0,
     .hold_for = 0,
     .summary = "a session of {{ $labels.probe }} has been idle in a transaction for {{ "
                "$value | humanizeDuration }}",
     .runbook = "/runbooks/PostgresIdleInTransaction",
     .doc = "How long a session may be idle within a transaction."},
    {.name = "transaction_age",
     .alert = "PostgresTransactionAge",
     .expr = "pg_long_running_transactions_oldest_timestamp_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0,
     .hold_for = 0,
     .summary = "a transaction of {{ $labels.probe }} has run for {{ $value | "
                "humanizeDuration }}",
     .runbook = "/runbooks/PostgresLongTransaction",
     .doc = "How old a transaction may get; one minute or more."},
    {.name = "blocked",
     .alert = "PostgresBlockedConnections",
     .expr = "pg_blocked_connections{$probe}",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "{{ $value }} connections of {{ $labels.probe }} wait for locks",
     .runbook = "/runbooks/PostgresBlocked",
     .doc = "Connections that wait for a lock."},
    {.name = "transaction_ids",
     .alert = "PostgresTransactionIds",
     .expr = "pg_database_wraparound_age_datfrozenxid_seconds{$probe} / 2^31",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = 0,
     .summary = "{{ $labels.datname }} of {{ $labels.probe }} has used {{ $value | "
                "humanizePercentage }} of its "
                "transaction ids",
     .runbook = "/runbooks/PostgresWraparound",
     .doc = "Share of the transaction ids used since the last freeze."},
    {0}};
