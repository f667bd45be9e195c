/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libpq is told: every word that could otherwise come from the environment or a home folder is said, so that only
 * the configuration counts. Called by pg.c before the thread starts. Tries nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/pg_impl.h"

#define NO_FILE "/nonexistent/healthd"

static void add(struct pg_login *l, const char *key, const char *value)
{
    if (l->key_count + 1 == PG_MAX_KEYS) /* one stays for the end */
        return;
    l->keys[l->key_count] = key;
    l->values[l->key_count++] = value;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text && text[0] ? text : otherwise;
}

/* libpq reads certificates from files only: a text becomes one that nobody else can open. */
static const char *file_of(struct pg_login *l, const char *text, struct pg_trouble *why)
{
    const int fd = memfd_create("healthd-pem", MFD_CLOEXEC);
    const size_t len = strlen(text);

    if (fd < 0 || l->file_count == PG_MAX_FILES || fchmod(fd, 0600) < 0 ||
        write(fd, text, len) != (ssize_t)len) {
        pg_trouble_set(why, REASON_SELF, true, "no file for a certificate: %s",
                       strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    l->files[l->file_count++] = fd;
    return arena_printf(l->arena, "/proc/self/fd/%d", fd);
}

/* A file of tls_config, else a text of it, else the word of the URL, else what stands for none. */
static const char *pem(struct pg_login *l, const struct pg *pg, const char *file,
                       const char *text, const char *word, struct pg_trouble *why)
{
    if (file && file[0])
        return arena_strdup(l->arena, file);
    if (text && text[0])
        return file_of(l, text, why);
    return or_else(pg_word(&pg->words, word), NO_FILE);
}

static const char *system_trust(void)
{
    static const char *const usual[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt",
                                        "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"};
    const char *said = getenv("SSL_CERT_FILE");

    if (said && said[0])
        return said;
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        if (access(usual[i], R_OK) == 0)
            return usual[i];
    }
    return usual[0];
}

static const char *mode_of(const struct pg *pg)
{
    const struct tls_conf *tls = &pg->tls;

    if (tls->insecure_skip_verify)
        return "require";
    if (pg_word(&pg->words, "sslmode"))
        return pg_word(&pg->words, "sslmode");
    if (tls->ca[0] || tls->ca_file[0])
        return "verify-full";
    return "prefer";
}

static const char *version_word(int version)
{
    switch ((enum tls_version)version) {
    case TLS_VERSION_ANY:
        return "";
    case TLS_VERSION_10:
        return "TLSv1";
    case TLS_VERSION_11:
        return "TLSv1.1";
    case TLS_VERSION_12:
        return "TLSv1.2";
    case TLS_VERSION_13:
        return "TLSv1.3";
    }
    return "";
}

static bool add_tls(struct pg_login *l, const struct pg *pg, struct pg_trouble *why)
{
    const struct tls_conf *tls = &pg->tls;
    const char *mode = mode_of(pg);
    const char *root = pem(l, pg, tls->ca_file, tls->ca, "sslrootcert", why);
    const char *cert = pem(l, pg, tls->cert_file, tls->cert, "sslcert", why);
    const char *key = pem(l, pg, tls->key_file, tls->key.value, "sslkey", why);

    if (!root || !cert || !key)
        return false;
    if (!strcmp(root, NO_FILE) && !strncmp(mode, "verify-", strlen("verify-")))
        root = system_trust();
    l->root_file = tls->insecure_skip_verify ? NO_FILE : root;
    add(l, "sslmode", mode);
    add(l, "sslrootcert", l->root_file);
    add(l, "sslcert", cert);
    add(l, "sslkey", key);
    add(l, "ssl_min_protocol_version",
        or_else(version_word(tls->min_version), "TLSv1.2"));
    add(l, "ssl_max_protocol_version", version_word(tls->max_version));
    return true;
}

/* Limits on the server's side of every question: ours end with us, theirs must not go on. */
static const char *options_of(struct pg_login *l, const struct pg *pg)
{
    const char *said = or_else(pg_word(&pg->words, "options"), "");

    if (pg->conf.is_bare)
        return said;
    return arena_printf(
        l->arena,
        "%s%s-c default_transaction_read_only=%s -c statement_timeout=%lld "
        "-c lock_timeout=1000 -c idle_in_transaction_session_timeout=60000",
        said, said[0] ? " " : "", pg->conf.is_writing ? "off" : "on",
        (long long)(pg->conf.statement_timeout / NSEC_PER_MSEC));
}

static bool is_told(const struct pg_login *l, const char *key)
{
    for (size_t i = 0; i < l->key_count; i++) {
        if (!strcmp(l->keys[i], key))
            return true;
    }
    return false;
}

bool pg_login_fill(struct pg_login *l, const struct pg *pg, struct pg_trouble *ret_why)
{
    const struct pg_words *w = &pg->words;
    const char *database = pg->conf.database ? pg->conf.database : w->database;

    add(l, "user", w->user);
    add(l, "password", w->password);
    add(l, "dbname", or_else(database, w->user));
    add(l, "application_name", "healthd");
    add(l, "client_encoding", "UTF8");
    add(l, "gssencmode", "disable");
    add(l, "passfile", or_else(pg_word(w, "passfile"), NO_FILE));
    add(l, "options", options_of(l, pg));
    if (!add_tls(l, pg, ret_why))
        return false;
    l->session_attrs =
        arena_strdup(l->arena, or_else(pg_word(w, "target_session_attrs"), "any"));
    l->server_name = arena_strdup(l->arena, pg->tls.server_name);
    for (size_t i = 0; i < w->word_count; i++) {
        if (!is_told(l, w->words[i].key) &&
            strcmp(w->words[i].key, "target_session_attrs") != 0)
            add(l, w->words[i].key, w->words[i].value);
    }
    /* The thread may outlive pg. */
    l->root_file = arena_strdup(l->arena, l->root_file);
    for (size_t i = 0; i < l->key_count; i++) {
        l->keys[i] = arena_strdup(l->arena, l->keys[i]);
        l->values[i] = arena_strdup(l->arena, l->values[i]);
    }
    return true;
}

void pg_login_destroy(struct pg_login *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->file_count; i++)
        close(l->files[i]);
    arena_destroy(l->arena);
}
