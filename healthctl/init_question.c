/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question that a service is asked, as YAML, for probes and steps alike; and the secrets that it takes. A password
 * of the compose file is never among them: healthd gets a user and a password of its own. Pure.
 */
#include <ctype.h>
#include <string.h>

#include "healthctl/init.h"

const char *init_word(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            *c = '-';
    }
    return copy;
}

const char *init_remark(struct arena *arena, const char *text)
{
    char *copy = arena_printf(arena, "%.200s", text);
    for (char *c = copy; *c; c++) {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '-';
    }
    return copy;
}

/* A path of a URL in double quotes. */
static const char *plain_path(struct arena *arena, const char *path)
{
    char *copy = arena_strdup(arena, path);
    for (char *c = copy; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("-_./~%:@+=", *c))
            *c = '-';
    }
    return copy;
}

static bool has_any(const struct compose_member *s, const char *const *names)
{
    for (; *names; names++) {
        if (compose_environment(s, *names))
            return true;
    }
    return false;
}

static bool needs_password(const struct guess *g)
{
    static const char *const redis[] = {"REDIS_PASSWORD", "REDIS_PASSWORD_FILE",
                                        "VALKEY_PASSWORD", "REDIS_REQUIREPASS", NULL};
    static const char *const mongodb[] = {
        "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD",
        "MONGO_INITDB_ROOT_USERNAME_FILE", "MONGODB_ROOT_PASSWORD", NULL};
    switch (g->kind) {
    case GUESS_POSTGRES:
        return true;
    case GUESS_REDIS:
        return has_any(g->service, redis) || strstr(g->service->command, "requirepass");
    case GUESS_MONGODB:
        return has_any(g->service, mongodb) || strstr(g->service->command, "--auth");
    case GUESS_HTTP:
    case GUESS_MCP:
    case GUESS_TCP:
    case GUESS_BACKUP:
    case GUESS_CONTAINER:
    case GUESS_APART:
        return false;
    }
    return false;
}

const char *init_secret_of(struct arena *arena, const struct guess *g)
{
    const char *word = init_word(arena, g->service->name);
    if (g->kind == GUESS_BACKUP)
        return arena_printf(arena, "healthd_%s_token", word);
    return needs_password(g) ? arena_printf(arena, "healthd_%s_password", word) : NULL;
}

static const char *purpose(struct arena *arena, const struct guess *g)
{
    const char *name = init_word(arena, g->service->name);
    switch (g->kind) {
    case GUESS_POSTGRES:
        return arena_printf(arena,
                            "password of the role healthd in '%s', which "
                            "examples/privileges/postgres.sql makes",
                            name);
    case GUESS_MONGODB:
        return arena_printf(arena,
                            "password of the user healthd in '%s', which "
                            "examples/privileges/mongodb.js makes",
                            name);
    case GUESS_REDIS:
        return arena_printf(arena, "password of '%s'", name);
    case GUESS_BACKUP:
        return arena_printf(arena, "what '%s' proves itself with: openssl rand -hex 16",
                            name);
    case GUESS_HTTP:
    case GUESS_MCP:
    case GUESS_TCP:
    case GUESS_CONTAINER:
    case GUESS_APART:
        return "";
    }
    return "";
}

void init_secrets(struct init_plan *p)
{
    p->secrets[p->secret_count++] = (struct init_secret){
        "slack_url", "URL of a Slack webhook, or change `receivers:`"};
    if (p->has_deadman)
        p->secrets[p->secret_count++] =
            (struct init_secret){"deadman_url", "URL that is asked every minute"};
    p->secrets[p->secret_count++] = (struct init_secret){
        "healthd_token", "for acting on healthd from outside: openssl rand -hex 16"};
    for (size_t i = 0; i < p->compose->count; i++) {
        const struct guess *g = &p->guesses[i];
        const char *name = init_secret_of(p->arena, g);
        if (name)
            p->secrets[p->secret_count++] =
                (struct init_secret){name, purpose(p->arena, g)};
    }
}

static const char *database_of(struct arena *arena, const struct compose_member *s)
{
    static const char *const names[] = {"POSTGRES_DB", "POSTGRESQL_DATABASE",
                                        "POSTGRES_USER", "POSTGRESQL_USERNAME"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = compose_environment(s, names[i]);
        if (value && *value)
            return init_word(arena, value);
    }
    return "postgres";
}

static void add_http(struct arena *arena, const struct guess *g, const char *host,
                     const char *blanks, struct buf *out)
{
    const char *path = plain_path(arena, g->path);
    if (g->is_sure) {
        buf_printf(out, "%shttp: \"http://%s:%d%s\"\n", blanks, host, g->port, path);
        return;
    }
    buf_printf(out, "%shttp:\n%s  url: \"http://%s:%d%s\"\n", blanks, blanks, host,
               g->port, path);
    buf_printf(out,
               "%s  follow_redirects: false\n"
               "%s  valid_status_codes: [200, 204, 301, 302, 303, 307, 308, 401, 403, "
               "404]   # name its health page, and take this line away\n",
               blanks, blanks);
}

/* type: {key: "url", password: …} */
static void add_database(struct arena *arena, const struct guess *g, const char *blanks,
                         const char *key, const char *url, struct buf *out)
{
    const char *secret = init_secret_of(arena, g);
    buf_printf(out, "%s%s\"%s\"", blanks, key, url);
    if (secret)
        buf_printf(out, ", password: \"${file:/run/secrets/%s}\"", secret);
    buf_add_text(out, "}\n");
}

bool init_question(struct arena *arena, const struct guess *g, int indent,
                   struct buf *out)
{
    const char *blanks = arena_printf(arena, "%*s", indent, "");
    const char *host = init_word(arena, g->host);
    const char *at = arena_printf(arena, "%s:%d", host, g->port);
    switch (g->kind) {
    case GUESS_POSTGRES:
        add_database(arena, g, blanks, "postgres: {url: ",
                     arena_printf(arena, "postgresql://healthd@%s/%s?sslmode=disable", at,
                                  database_of(arena, g->service)),
                     out);
        return true;
    case GUESS_REDIS:
        add_database(arena, g, blanks,
                     "redis: {url: ", arena_printf(arena, "redis://%s", at), out);
        return true;
    case GUESS_MONGODB:
        add_database(
            arena, g, blanks, "mongodb: {uri: ",
            needs_password(g)
                ? arena_printf(arena, "mongodb://healthd@%s/?authSource=admin", at)
                : arena_printf(arena, "mongodb://%s/", at),
            out);
        return true;
    case GUESS_HTTP:
        add_http(arena, g, host, blanks, out);
        return true;
    case GUESS_MCP:
        buf_printf(out, "%smcp: \"http://%s%s\"\n", blanks, at, g->path);
        return true;
    case GUESS_TCP:
        buf_printf(out, "%stcp: \"%s\"\n", blanks, at);
        return true;
    case GUESS_BACKUP:
    case GUESS_CONTAINER:
    case GUESS_APART:
        return false;
    }
    return false;
}
