/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's trust, loaded when somebody first needs it, once, on a pool thread, and shared by every context: a program
 * that meets no TLS does not pay for it. A directory of hashed
 * certificates is preferred to a bundle: it costs no memory for the issuers that nobody meets (the
 * bundle's 140 are 0.9 MB) and is read one small file an issuer, once. Made by main; used by conn
 * and fetch.
 */
#include <dirent.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/pool.h"
#include "lib/core/tls_impl.h"

struct trust_load {  /* the pool thread's */
    struct tls *tls; /* not touched there */
    X509_STORE *store;
    char *file, *dirs; /* of the environment, or NULL */
    bool has_trust;
};

struct tls_waiter {
    struct list link;
    void (*fn)(void *ctx);
    void *ctx;
};

/* Where systems keep their certificates, in the order of how many have them there. */
static const char *const system_dirs[] = {"/etc/ssl/certs", "/etc/pki/tls/certs",
                                          "/etc/openssl/certs"};
static const char *const system_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

/* "5ed36f99.0": OpenSSL's name of a certificate's subject. */
static bool is_hash_name(const char *name)
{
    return strlen(name) == 10 && strspn(name, "0123456789abcdef") == 8 && name[8] == '.';
}

static bool dir_is_hashed(const char *path)
{
    DIR *dir = opendir(path);
    bool found = false;
    const struct dirent *entry;
    while (dir && !found && (entry = readdir(dir)) != NULL)
        found = is_hash_name(entry->d_name);
    if (dir)
        closedir(dir);
    return found;
}

/* A directory that nobody hashed: every file in it that holds certificates. */
static bool dir_load_files(X509_STORE *store, const char *path)
{
    DIR *dir = opendir(path);
    bool found = false;
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        char file[4096];
        const int len = snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(file))
            found = X509_STORE_load_file(store, file) == 1 || found;
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool dir_load(X509_STORE *store, const char *path)
{
    if (dir_is_hashed(path))
        return X509_STORE_load_path(store, path) == 1;
    return dir_load_files(store, path);
}

static bool dirs_load(X509_STORE *store, const char *dirs)
{
    struct bytes left = bytes_of(dirs), dir;
    bool found = false;
    while (bytes_token(&left, ':', &dir)) {
        char path[4096];
        if (dir.len > 0 && dir.len < sizeof(path)) {
            memcpy(path, dir.ptr, dir.len);
            path[dir.len] = '\0';
            found = dir_load(store, path) || found;
        }
    }
    return found;
}

static bool system_load(X509_STORE *store)
{
    for (size_t i = 0; i < ARRAY_LEN(system_dirs); i++) {
        if (dir_is_hashed(system_dirs[i]) &&
            X509_STORE_load_path(store, system_dirs[i]) == 1)
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(system_bundles); i++) {
        if (X509_STORE_load_file(store, system_bundles[i]) == 1)
            return true;
    }
    return X509_STORE_set_default_paths(store) == 1 &&
           sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) > 0;
}

static void trust_work(void *ctx)
{
    struct trust_load *load = ctx;
    if (load->file)
        load->has_trust = X509_STORE_load_file(load->store, load->file) == 1;
    if (load->dirs)
        load->has_trust = dirs_load(load->store, load->dirs) || load->has_trust;
    if (!load->file && !load->dirs)
        load->has_trust = system_load(load->store);
    ERR_clear_error();
}

static void trust_free(void *ctx)
{
    struct trust_load *load = ctx;
    X509_STORE_free(load->store);
    free(load->file);
    free(load->dirs);
    free(load);
}

static void trust_done(void *ctx)
{
    struct trust_load *load = ctx;
    struct tls *t = load->tls;
    t->loading = NULL;
    t->has_trust = load->has_trust;
    t->is_ready = true;
    if (!load->has_trust)
        log_warning(EV("no trusted certificates"),
                    STR("where", load->file   ? load->file
                                 : load->dirs ? load->dirs
                                              : "the system's usual places"),
                    STR("hint", "install ca-certificates, or set SSL_CERT_FILE or "
                                "tls_config.ca_file"));
    trust_free(load);
    for (struct list *it; (it = list_take(&t->waiting)) != NULL;) {
        struct tls_waiter *w = LIST_ITEM(it, struct tls_waiter, link);
        const struct tls_waiter copy = *w;
        free(w);
        copy.fn(copy.ctx);
    }
}

static char *environment_copy(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? memory_strdup(value) : NULL;
}

static void trust_begin(struct tls *t)
{
    struct trust_load *load = memory_take(sizeof(*load));
    *load = (struct trust_load){.tls = t,
                                .store = t->store,
                                .file = environment_copy("SSL_CERT_FILE"),
                                .dirs = environment_copy("SSL_CERT_DIR")};
    X509_STORE_up_ref(t->store);
    t->loading =
        t->pool ? pool_submit(t->pool, "trust", trust_work, trust_done, load) : NULL;
    if (!t->loading) {
        trust_work(load);
        trust_done(load);
    }
}

struct tls *tls_create(struct pool *p, struct err *e)
{
    /* The first call of the library: a pool thread that is left behind reading certificates may go on while the
     * process ends, and must not lose what it stands on (OPENSSL_init_crypto(3)). */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    struct tls *t = memory_take(sizeof(*t));
    *t = (struct tls){.pool = p, .store = X509_STORE_new()};
    list_init(&t->waiting);
    list_init(&t->contexts);
    if (!t->store) {
        free(t);
        err_set(e, "OpenSSL cannot start: no memory");
        return NULL;
    }
    /* As Go: what is configured as trusted is an anchor, also when others issued it. */
    X509_STORE_set_flags(t->store, X509_V_FLAG_PARTIAL_CHAIN);
    return t;
}

void tls_destroy(struct tls *t)
{
    if (!t)
        return;
    if (t->loading)
        job_abandon(t->loading, trust_free);
    LIST_EACH (link, &t->waiting)
        free(LIST_ITEM(link, struct tls_waiter, link));
    tls_contexts_finish(t);
    X509_STORE_free(t->store);
    free(t);
}

static bool is_set(const char *text)
{
    return text && text[0];
}

bool tls_is_ready(const struct tls *t, const struct tls_conf *conf)
{
    return t->is_ready || is_set(conf->ca) || is_set(conf->ca_file);
}

bool tls_is_loading(const struct tls *t)
{
    return t->loading != NULL;
}

void tls_when_ready(struct tls *t, void (*fn)(void *ctx), void *ctx)
{
    if (t->is_ready) {
        fn(ctx);
        return;
    }
    struct tls_waiter *w = memory_take(sizeof(*w));
    *w = (struct tls_waiter){.fn = fn, .ctx = ctx};
    list_append(&t->waiting, &w->link);
    if (!t->loading)
        trust_begin(t);
}

void tls_forget(struct tls *t, const void *ctx)
{
    LIST_EACH (link, &t->waiting) {
        struct tls_waiter *w = LIST_ITEM(link, struct tls_waiter, link);
        if (w->ctx != ctx)
            continue;
        list_remove(link);
        free(w);
    }
}
