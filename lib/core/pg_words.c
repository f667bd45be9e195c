/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a parameter of a connection URL means: libpq's words are kept, those of other drivers translated where they say
 * the same, the rest noted and dropped. Called by pg_url.c. Never judges a value: libpq does.
 */
#include "lib/core/pg_words.h"

#include <string.h>
#include <strings.h>

/* Those of libpq 15 that make sense for a connection that only reads. */
static const char *const kept[] = {
    "channel_binding",
    "client_encoding",
    "krbsrvname",
    "options",
    "passfile",
    "requirepeer",
    "sslcert",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "target_session_attrs",
    "tcp_user_timeout",
};

/* Said by many, and decided by healthd: no note. */
static const char *const ours[] = {
    "application_name",    "ApplicationName",
    "connect_timeout",     "connectTimeout",
    "keepalives",          "keepalives_idle",
    "keepalives_interval", "keepalives_count",
    "socketTimeout",       "fallback_application_name",
};

struct translation {
    const char *name, *value; /* value NULL: any, taken over */
    const char *to, *to_value;
};

static const struct translation translations[] = {
    {"ssl", "true", "sslmode", "require"}, /* JDBC, node-postgres */
    {"ssl", "1", "sslmode", "require"},
    {"ssl", "on", "sslmode", "require"},
    {"ssl", "false", "sslmode", "disable"},
    {"ssl", "0", "sslmode", "disable"},
    {"ssl", NULL, "sslmode", NULL},                    /* asyncpg: ssl=verify-full */
    {"sslmode", "no-verify", "sslmode", "require"},    /* node-postgres */
    {"sslaccept", "strict", "sslmode", "verify-full"}, /* Prisma */
    {"sslaccept", "accept_invalid_certs", "sslmode", "require"},
    {"sslrootcert", "system", "", NULL},                        /* what we take anyway */
    {"targetServerType", "any", "target_session_attrs", "any"}, /* JDBC */
    {"targetServerType", "primary", "target_session_attrs", "primary"},
    {"targetServerType", "master", "target_session_attrs", "primary"},
    {"targetServerType", "secondary", "target_session_attrs", "standby"},
    {"targetServerType", "slave", "target_session_attrs", "standby"},
    {"targetServerType", "preferSecondary", "target_session_attrs", "prefer-standby"},
    {"targetServerType", "preferSlave", "target_session_attrs", "prefer-standby"},
};

static bool is_in(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(names[i], name))
            return true;
    }
    return false;
}

const char *pg_word(const struct pg_words *words, const char *name)
{
    for (size_t i = 0; i < words->word_count; i++) {
        if (!strcmp(words->words[i].key, name))
            return words->words[i].value;
    }
    return NULL;
}

bool pg_word_set(struct pg_words *words, const char *name, const char *value)
{
    for (size_t i = 0; i < words->word_count; i++) {
        if (!strcmp(words->words[i].key, name)) {
            words->words[i].value = value;
            return true;
        }
    }
    if (words->word_count == PG_MAX_WORDS)
        return false;
    words->words[words->word_count++] = (struct pair){name, value};
    return true;
}

static const struct translation *find_translation(const char *name, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(translations); i++) {
        const struct translation *t = &translations[i];
        if (!strcmp(t->name, name) && (!t->value || !strcasecmp(t->value, value)))
            return t;
    }
    return NULL;
}

#define MAX_NAME 40
#define MAX_NOTE 300

static void drop(struct pg_reader *r, const char *name)
{
    struct pg_words *w = r->words;

    if (strlen(w->dropped) < MAX_NOTE)
        w->dropped = arena_printf(r->arena, "%s%s%.*s", w->dropped,
                                  w->dropped[0] ? ", " : "", MAX_NAME, name);
}

/* Those that other fields hold. */
static bool field_set(struct pg_reader *r, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **field;
    } fields[] = {
        {"user", &r->words->user},
        {"password", &r->words->password},
        {"dbname", &r->words->database},
        {"database", &r->words->database},
        {"host", &r->hosts},
        {"port", &r->ports},
        {"hostaddr", &r->addresses},
    };

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!strcmp(fields[i].name, name)) {
            *fields[i].field = value;
            return true;
        }
    }
    return false;
}

bool pg_reader_word(struct pg_reader *r, const char *name, const char *value,
                    struct err *e)
{
    const struct translation *t = find_translation(name, value);

    if (!strcmp(name, "host") && r->hosts) { /* SQLAlchemy: ?host=a:1&host=b:2 */
        r->hosts = arena_printf(r->arena, "%s,%s", r->hosts, value);
        return true;
    }
    if (field_set(r, name, value))
        return true;
    if (is_in(ours, ARRAY_LEN(ours), name) || (t && !t->to[0]))
        return true;
    if (t) {
        name = t->to;
        value = t->to_value ? t->to_value : value;
    }
    if (!is_in(kept, ARRAY_LEN(kept), name)) {
        drop(r, name);
        return true;
    }
    return pg_word_set(r->words, name, value) ||
           err_set(e, "more than %d parameters", PG_MAX_WORDS);
}

static struct bytes nth(struct bytes list, size_t n)
{
    struct bytes part = {0};

    for (size_t i = 0; i <= n; i++) {
        part = (struct bytes){0};
        if (!bytes_token(&list, ',', &part))
            break;
    }
    return part;
}

static bool take_hosts(struct pg_reader *r, struct err *e)
{
    struct bytes list = bytes_of(r->hosts), host;

    if (r->hosts)
        r->words->host_count = 0;
    while (bytes_token(&list, ',', &host)) {
        const ptrdiff_t colon = bytes_find_byte(host, ':');
        const bool has_port =
            colon >= 0 && host.ptr[0] != '/' &&
            bytes_find_byte(bytes_slice(host, (size_t)colon + 1, host.len), ':') < 0;
        const struct bytes name = has_port ? bytes_slice(host, 0, (size_t)colon) : host;
        const struct bytes port =
            has_port ? bytes_slice(host, (size_t)colon + 1, host.len) : (struct bytes){0};
        if (!pg_reader_host(r, arena_strndup(r->arena, name.ptr, name.len), port, e))
            return false;
    }
    list = bytes_of(r->addresses);
    while (!r->words->host_count && bytes_token(&list, ',', &host)) {
        if (!pg_reader_host(r, arena_strndup(r->arena, host.ptr, host.len),
                            (struct bytes){0}, e))
            return false;
    }
    return true;
}

bool pg_reader_end(struct pg_reader *r, struct err *e)
{
    struct pg_words *w = r->words;
    const struct bytes ports = bytes_of(r->ports), addresses = bytes_of(r->addresses);
    uint64_t number;

    if (!take_hosts(r, e))
        return false;
    for (size_t i = 0; i < w->host_count; i++) {
        const struct bytes address = nth(addresses, i);
        struct bytes port = nth(ports, i);
        if (!port.len)
            port = nth(ports, 0); /* one for all */
        if (address.len)
            w->hosts[i].address = arena_strndup(r->arena, address.ptr, address.len);
        if (w->hosts[i].port)
            continue;
        w->hosts[i].port = PG_PORT;
        if (!port.len)
            continue;
        if (!bytes_to_u64(port, &number) || !number || number > 65535)
            return err_set(e, "`port` is no number from 1 to 65535");
        w->hosts[i].port = (int)number;
    }
    return true;
}
