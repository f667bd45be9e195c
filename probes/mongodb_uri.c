/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection strings as applications have them: mongodb:// and mongodb+srv://, with what probing needs of their options.
 * What only a driver can use is named once, and ignored. Called when a configuration loads and when a run fills it in.
 * Never quotes user or password in a fault.
 */
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/hex.h"
#include "lib/core/opt.h"
#include "lib/core/talk.h"
#include "probes/mongodb.h"

#define URI_MAX_BYTES 8192
#define MAX_HOSTS 50
#define DEFAULT_PORT 27017

struct reader {
    struct arena *arena;
    struct mongodb_target *target;
    struct buf ignored;
    struct err *e;
};

/* ---- percent-encoding ---- */

/* NULL when a '%' has not two digits behind it, or a NUL would come of it. */
static const char *decoded(struct arena *arena, struct bytes text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int c = (unsigned char)text.ptr[i];
        if (c == '%') {
            if (i + 2 >= text.len || hex_digit(text.ptr[i + 1]) < 0 ||
                hex_digit(text.ptr[i + 2]) < 0)
                return NULL;
            c = hex_digit(text.ptr[i + 1]) * 16 + hex_digit(text.ptr[i + 2]);
            i += 2;
        }
        if (!c)
            return NULL;
        out[len++] = (char)c;
    }
    return out;
}

/* ---- options ---- */

static bool set_truth(bool *field, struct bytes key, const char *value, struct err *e)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return err_set(e, "%.*s=%.40s: expected true or false", (int)key.len, key.ptr,
                       value);
    *field = value[0] == 't';
    return true;
}

static const struct opt_choice mechanisms[] = {
    {"SCRAM-SHA-256", MECHANISM_SHA_256, ""}, {"SCRAM-SHA-1", MECHANISM_SHA_1, ""},
    {"MONGODB-X509", MECHANISM_X509, ""},     {"PLAIN", MECHANISM_PLAIN, ""},
    {"DEFAULT", MECHANISM_DEFAULT, ""},       {0}};
static const struct opt_choice preferences[] = {
    {"primary", PREFER_PRIMARY_ONLY, ""},
    {"primaryPreferred", PREFER_PRIMARY, ""},
    {"secondary", PREFER_SECONDARY_ONLY, ""},
    {"secondaryPreferred", PREFER_SECONDARY, ""},
    {"nearest", PREFER_NEAREST, ""},
    {0}};

static bool set_choice(int *field, const struct opt_choice *choices, struct bytes key,
                       const char *value, struct err *e)
{
    struct buf known = BUF_MAX(300);

    for (const struct opt_choice *c = choices; c->name; c++) {
        if (!strcasecmp(value, c->name)) {
            *field = c->value;
            buf_finish(&known);
            return true;
        }
        buf_printf(&known, "%s%s", c == choices ? "" : ", ", c->name);
    }
    err_set(e, "%.*s=%.60s is not spoken by healthd; it knows %s", (int)key.len, key.ptr,
            value, buf_text(&known));
    buf_finish(&known);
    return false;
}

static bool set_tls(struct mongodb_target *t, struct bytes key, const char *value,
                    struct err *e)
{
    bool is_tls = false;

    if (!set_truth(&is_tls, key, value, e))
        return false;
    if (t->has_tls && t->is_tls != is_tls)
        return err_set(e, "tls and ssl say different things: they are one option");
    t->has_tls = true;
    t->is_tls = is_tls;
    return true;
}

static bool set_insecure(struct mongodb_target *t, struct bytes key, const char *value,
                         struct err *e)
{
    bool is_insecure = false;

    if (!set_truth(&is_insecure, key, value, e))
        return false;
    t->is_insecure = t->is_insecure || is_insecure;
    return true;
}

static bool set_direct(struct mongodb_target *t, struct bytes key, const char *value,
                       struct err *e)
{
    t->has_direct = true;
    return set_truth(&t->is_direct, key, value, e);
}

static bool set_mechanism(struct mongodb_target *t, struct bytes key, const char *value,
                          struct err *e)
{
    t->wants_login = true;
    return set_choice(&t->mechanism, mechanisms, key, value, e);
}

/* Known, of use, and set. `ret_known` false: no such option. */
static bool set_known(struct mongodb_target *t, struct bytes key, const char *value,
                      bool *ret_known, struct err *e)
{
    *ret_known = true;
    if (bytes_is_nocase(key, "authSource"))
        t->auth_source = value;
    else if (bytes_is_nocase(key, "authMechanism"))
        return set_mechanism(t, key, value, e);
    else if (bytes_is_nocase(key, "replicaSet"))
        t->replica_set = value;
    else if (bytes_is_nocase(key, "readPreference"))
        return set_choice(&t->preference, preferences, key, value, e);
    else if (bytes_is_nocase(key, "directConnection"))
        return set_direct(t, key, value, e);
    else if (bytes_is_nocase(key, "loadBalanced"))
        return set_truth(&t->is_balanced, key, value, e);
    else if (bytes_is_nocase(key, "tls") || bytes_is_nocase(key, "ssl"))
        return set_tls(t, key, value, e);
    else if (bytes_is_nocase(key, "tlsInsecure") ||
             bytes_is_nocase(key, "tlsAllowInvalidCertificates") ||
             bytes_is_nocase(key, "tlsAllowInvalidHostnames"))
        return set_insecure(t, key, value, e);
    else if (bytes_is_nocase(key, "tlsCAFile"))
        t->ca_file = value;
    else if (bytes_is_nocase(key, "tlsCertificateKeyFile"))
        t->certificate_file = value;
    else
        *ret_known = false;
    return true;
}

bool mongodb_target_set(struct mongodb_target *target, struct bytes key,
                        const char *value, struct err *e)
{
    bool is_known;

    return set_known(target, key, value, &is_known, e) &&
           (is_known ||
            err_set(e, "%.*s is no option that it may have", (int)key.len, key.ptr));
}

static bool read_option(struct reader *r, struct bytes pair)
{
    struct bytes key;
    bool is_known;

    if (!bytes_token(&pair, '=', &key) || !key.len)
        return true;
    const char *value = decoded(r->arena, pair);
    if (!value)
        return err_set(r->e, "the value of %.*s has a '%%' without two digits",
                       (int)(key.len < 60 ? key.len : 60), key.ptr);
    if (bytes_is_nocase(key, "srvServiceName") && r->target->srv) {
        r->target->srv = arena_printf(r->arena, "_%s._tcp", value);
        return true;
    }
    if (bytes_is_nocase(key, "tlsCertificateKeyFilePassword"))
        return err_set(r->e,
                       "tlsCertificateKeyFilePassword: healthd reads keys without a "
                       "password; give one in tls_config.key_file");
    if (!set_known(r->target, key, value, &is_known, r->e))
        return false;
    if (!is_known)
        buf_printf(&r->ignored, "%s%.*s", r->ignored.len ? ", " : "",
                   (int)(key.len < 60 ? key.len : 60), key.ptr);
    return true;
}

static bool read_options(struct reader *r, struct bytes text)
{
    struct bytes pair;

    while (bytes_token(&text, '&', &pair)) {
        if (!read_option(r, pair))
            return false;
    }
    r->target->ignored = arena_strdup(r->arena, buf_text(&r->ignored));
    return true;
}

/* ---- authority ---- */

static bool read_user(struct reader *r, struct bytes text)
{
    struct bytes user;

    if (!bytes_token(&text, ':', &user) || !user.len)
        return err_set(r->e, "there is an '@' without a user name before it");
    const bool has_password = user.ptr + user.len < text.ptr;
    if (bytes_find_byte(text, ':') >= 0 || bytes_find_byte(text, '@') >= 0)
        return err_set(r->e, "user and password have a ':' or '@' in them: write it as "
                             "%%3A or %%40");
    r->target->user = decoded(r->arena, user);
    r->target->password = has_password ? decoded(r->arena, text) : NULL;
    r->target->wants_login = true;
    if (!r->target->user || (has_password && !r->target->password))
        return err_set(r->e, "user or password has a '%%' without two digits behind it: "
                             "write a '%%' as %%25");
    return true;
}

static bool read_host(struct reader *r, struct bytes text, struct dial_place *place)
{
    const char *host = decoded(r->arena, text);

    *place = (struct dial_place){.port = DEFAULT_PORT};
    if (!host)
        return err_set(r->e, "a host has a '%%' without two digits behind it");
    if (host[0] == '/') {
        r->target->unix_path = host;
        place->host = host;
        return true;
    }
    return dial_split(r->arena, host, &place->host, &place->port, r->e);
}

static bool read_hosts(struct reader *r, struct bytes text)
{
    struct dial_place *places = arena_alloc(r->arena, MAX_HOSTS * sizeof(*places));
    struct mongodb_target *t = r->target;
    struct bytes one;

    while (bytes_token(&text, ',', &one)) {
        if (t->count == MAX_HOSTS)
            return err_set(r->e, "there are more than %d hosts", MAX_HOSTS);
        if (!read_host(r, one, &places[t->count]))
            return false;
        t->count++;
    }
    t->places = places;
    if (!t->count)
        return err_set(r->e, "there is no host: expected mongodb://host:27017");
    if (t->unix_path && t->count > 1)
        return err_set(r->e, "a Unix socket can only stand alone");
    return true;
}

static bool check_srv(struct reader *r, struct bytes hosts)
{
    if (r->target->count != 1 || r->target->unix_path)
        return err_set(r->e, "mongodb+srv:// takes one name, whose SRV records are the "
                             "hosts");
    if (bytes_find_byte(hosts, ':') >= 0)
        return err_set(r->e, "mongodb+srv:// takes no port: the SRV records have it");
    if (!r->target->has_tls)
        r->target->is_tls = r->target->has_tls = true;
    return true;
}

/* What stands behind mongodb://, up to the path, and the rest. */
static void split_authority(struct bytes text, struct bytes *ret_authority,
                            struct bytes *ret_rest)
{
    size_t end = 0;

    while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?')
        end++;
    *ret_authority = bytes_slice(text, 0, end);
    *ret_rest = bytes_slice(text, end, text.len);
}

static bool read_path(struct reader *r, struct bytes rest)
{
    const ptrdiff_t mark = bytes_find_byte(rest, '?');
    struct bytes path = mark < 0 ? rest : bytes_slice(rest, 0, (size_t)mark);

    path = bytes_slice(path, 1, path.len);
    if (path.len && !(r->target->database = decoded(r->arena, path)))
        return err_set(r->e, "the database has a '%%' without two digits behind it");
    return mark < 0 || read_options(r, bytes_slice(rest, (size_t)mark + 1, rest.len));
}

static bool read_authority(struct reader *r, struct bytes text)
{
    struct bytes authority, rest;
    size_t at = 0;

    split_authority(text, &authority, &rest);
    for (size_t i = 0; i < authority.len; i++)
        at = authority.ptr[i] == '@' ? i + 1 : at;
    if (!at && bytes_find_byte(rest, '@') >= 0)
        return err_set(r->e, "user and password have a '/' or '?' in them: write it as "
                             "%%2F or %%3F");
    if (at && !read_user(r, bytes_slice(authority, 0, at - 1)))
        return false;
    authority = bytes_slice(authority, at, authority.len);
    return read_hosts(r, authority) && read_path(r, rest) &&
           (!r->target->srv || check_srv(r, authority));
}

static bool read_uri(struct reader *r, struct bytes text)
{
    static const char plain[] = "mongodb://", srv[] = "mongodb+srv://";

    if (text.len > URI_MAX_BYTES)
        return err_set(r->e, "it is longer than %d bytes", URI_MAX_BYTES);
    if (bytes_find(text, bytes_of("://")) < 0)
        return read_hosts(r,
                          text); /* host:port, as /probe and the command line give it */
    if (bytes_starts(text, srv)) {
        r->target->srv = "_mongodb._tcp";
        return read_authority(r, bytes_slice(text, strlen(srv), text.len));
    }
    if (bytes_starts(text, plain))
        return read_authority(r, bytes_slice(text, strlen(plain), text.len));
    return err_set(r->e, "it starts with neither mongodb:// nor mongodb+srv://");
}

/* ---- rows ---- */

static const char *given(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* What is written beside the connection string wins. */
static void add_rows(const struct mongodb_conf *conf, struct mongodb_target *t)
{
    if (given(conf->username)) {
        t->user = conf->username;
        t->wants_login = true;
    }
    if (given(conf->password.value))
        t->password = conf->password.value;
    if (given(conf->auth_source))
        t->auth_source = conf->auth_source;
    if (given(conf->replica_set))
        t->replica_set = conf->replica_set;
    if (conf->auth_mechanism != MECHANISM_DEFAULT) {
        t->mechanism = conf->auth_mechanism;
        t->wants_login = true;
    }
}

static bool check_login(const struct mongodb_target *t, struct err *e)
{
    if (!t->wants_login || t->mechanism == MECHANISM_X509)
        return true;
    if (!t->user)
        return err_set(e, "there is a mechanism to log in by, and no user");
    if (!t->password)
        return err_set(e, "there is a user without a password: give `password`");
    return true;
}

bool mongodb_target_read(const struct mongodb_conf *conf, struct arena *arena,
                         struct mongodb_target *ret_target, struct err *e)
{
    struct mongodb_target target = {.ignored = ""};
    struct reader r = {
        .arena = arena, .target = &target, .ignored = BUF_MAX(1000), .e = e};

    const bool is_read = !given(conf->uri) || read_uri(&r, bytes_of(conf->uri));
    buf_finish(&r.ignored);
    if (!is_read)
        return err_wrap(e, "uri");
    add_rows(conf, &target);
    if (!check_login(&target, e))
        return false;
    if (target.is_direct && (target.count > 1 || target.srv))
        return err_set(e, "uri: directConnection=true asks one server, and there are "
                          "several hosts");
    *ret_target = target;
    return true;
}
