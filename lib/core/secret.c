/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where secrets come from: environment, files, names given to either. Read through the scope by
 * templates; files are read again when they change. What was handed out is told to redact.c. Never
 * prints a value, not even in a fault. One thread's at a time.
 */
#include "lib/core/secret.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/core/redact.h"
#include "lib/core/secret_file.h"
#include "lib/core/secret_name.h"
#include "lib/core/secret_stand_in.h"
#include "lib/core/secret_text.h"

enum { REFERENCES_MAX_DEPTH = 4 };

struct secrets {
    struct scope scope;
    struct secrets *stands_for; /* these, once the draft is adopted; NULL: itself */
    struct redactor *redactor;
    struct map *files; /* path → struct secret_file * */
    struct map *names; /* name → reference, malloc'ed */
    struct map *names_before;
    bool is_loading; /* a configuration */
    void (*missing)(void *ctx, struct bytes name, const struct err *why); /* or NULL */
    void *missing_ctx;
};

static struct secrets *meant(struct secrets *s)
{
    return s->stands_for ? s->stands_for : s;
}

static const struct redactor *redactor_of(const struct secrets *s)
{
    return s->stands_for ? s->stands_for->redactor : s->redactor;
}

bool secret_matches(const char *secret, const char *given)
{
    const size_t len = strlen(secret);
    unsigned differs = 0;
    if (strlen(given) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        differs |= (unsigned char)given[i] ^ (unsigned char)secret[i];
    return differs == 0;
}

static void names_free(struct map *names)
{
    const struct map_entry *x = NULL;
    while (names && (x = map_next(names, x)))
        free(x->value);
    map_destroy(names);
}

static bool from_file(struct secrets *s, struct bytes path, struct bytes *ret_value,
                      struct err *e)
{
    char text[4096];
    if (path.len == 0 || path.len >= sizeof(text))
        return err_set(e, "file: needs a path, such as file:/run/secrets/password");
    memcpy(text, path.ptr, path.len);
    text[path.len] = 0;
    struct secret_file *f = map_get(s->files, path);
    if (!f) {
        struct secret_file fresh = {0};
        if (!secret_file_read(text, &fresh, e))
            return false;
        f = malloc(sizeof(*f));
        if (!f)
            abort();
        *f = fresh;
        map_put(s->files, path, f);
    }
    *ret_value = (struct bytes){f->value, f->len};
    redactor_keep(s->redactor, *ret_value);
    return true;
}

void secrets_add_credential(struct secrets *s, const char *value)
{
    const char *space = strchr(value, ' ');
    secrets_add(s, bytes_of(value));
    if (space)
        secrets_add(s, bytes_of(space + 1));
}

/* NAME, or NAME:-DEFAULT for when it is unset or empty. */
static bool from_environment(struct secrets *s, struct bytes name,
                             struct bytes *ret_value, struct err *e)
{
    char text[256];
    const ptrdiff_t cut = bytes_find(name, bytes_of(":-"));
    const struct bytes variable = cut < 0 ? name : bytes_slice(name, 0, (size_t)cut);
    if (variable.len == 0 || variable.len >= sizeof(text))
        return err_set(e, "env: needs the name of a variable, such as env:DATABASE_URL");
    memcpy(text, variable.ptr, variable.len);
    text[variable.len] = 0;
    const char *value = getenv(text);
    if (cut >= 0 && (!value || !*value)) {
        *ret_value = bytes_slice(name, (size_t)cut + 2, name.len);
        return true;
    }
    if (!value)
        return err_set(e,
                       "the environment has no variable %s; set it, or give a default: "
                       "${env:%s:-default}",
                       text, text);
    *ret_value = bytes_of(value);
    if (secret_is_variable(variable))
        redactor_keep(s->redactor, *ret_value);
    secrets_add_within(s, *ret_value);
    return true;
}

static bool look_up(struct secrets *s, struct bytes name, int depth,
                    struct bytes *ret_value, struct err *e);

static bool from_name(struct secrets *s, struct bytes name, int depth,
                      struct bytes *ret_value, struct err *e)
{
    const char *reference = map_get(s->names, name);
    if (!reference)
        return err_set(e, "secrets: has no '%.*s'", (int)name.len, name.ptr);
    if (depth == REFERENCES_MAX_DEPTH)
        return err_set(e, "secrets: '%.*s' refers to itself", (int)name.len, name.ptr);
    if (!look_up(s, bytes_of(reference), depth + 1, ret_value, e))
        return e->text[0]
                   ? false
                   : err_set(e, "'%s' is neither env:NAME nor file:/path", reference);
    redactor_keep(s->redactor, *ret_value);
    return true;
}

static bool look_up(struct secrets *s, struct bytes name, int depth,
                    struct bytes *ret_value, struct err *e)
{
    struct bytes rest = name, kind = {0};
    bool ok;
    if (!bytes_split(&rest, ':', &kind))
        return false;
    if (bytes_is(kind, "env"))
        ok = from_environment(s, rest, ret_value, e);
    else if (bytes_is(kind, "file"))
        ok = from_file(s, rest, ret_value, e);
    else if (bytes_is(kind, "secret"))
        ok = from_name(s, rest, depth, ret_value, e);
    else
        return false;
    if (ok)
        secrets_add_within(s, *ret_value);
    return ok;
}

static bool scope_lookup(void *ctx, struct bytes name, struct arena *arena,
                         struct bytes *ret_value, struct err *e)
{
    struct secrets *s = meant(ctx);
    struct bytes value = {0};
    if (!look_up(s, name, 0, &value, e)) {
        if (!s->missing || !e->text[0])
            return false;
        s->missing(s->missing_ctx, name, e);
        e->text[0] = 0;
        value = secret_stand_in(arena, name);
    }
    *ret_value = (struct bytes){
        arena_strndup(arena, value.ptr ? value.ptr : "", value.len), value.len};
    return true;
}

struct secrets *secrets_create(void)
{
    struct secrets *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->scope = (struct scope){.lookup = scope_lookup, .ctx = s};
    s->redactor = redactor_create();
    s->files = map_create();
    s->names = map_create();
    return s;
}

static void files_forget(struct secrets *s)
{
    const struct map_entry *x;
    while ((x = map_next(s->files, NULL))) {
        struct secret_file *f = x->value;
        map_remove(s->files, (struct bytes){x->key, x->key_len});
        secret_file_wipe(f);
        free(f);
    }
}

void secrets_destroy(struct secrets *s)
{
    if (!s)
        return;
    files_forget(s);
    map_destroy(s->files);
    names_free(s->names);
    names_free(s->names_before);
    redactor_destroy(s->redactor);
    free(s);
}

const struct scope *secrets_scope(struct secrets *s)
{
    return &s->scope;
}

void secrets_stand_in(struct secrets *s,
                      void (*missing)(void *ctx, struct bytes name,
                                      const struct err *why),
                      void *ctx)
{
    s->missing = missing;
    s->missing_ctx = ctx;
}

/* ---- names ---- */

bool secrets_define(struct secrets *s, const char *name, const char *reference,
                    struct err *e)
{
    struct bytes text = bytes_trim(bytes_of(reference));
    if (bytes_starts(text, "${") && bytes_ends(text, "}"))
        text = bytes_slice(text, 2, text.len - 1);
    if (!bytes_starts(text, "env:") && !bytes_starts(text, "file:"))
        return err_set(e, "secret '%s' must be a reference, env:NAME or file:/path",
                       name);
    char *copy = strndup(text.ptr, text.len);
    if (!copy)
        abort();
    free(map_put(s->names, bytes_of(name), copy));
    return true;
}

void secrets_names_begin(struct secrets *s)
{
    names_free(s->names_before);
    s->names_before = s->names;
    s->names = map_create();
    s->is_loading = true;
}

void secrets_names_keep(struct secrets *s)
{
    names_free(s->names_before);
    s->names_before = NULL;
    s->is_loading = false;
}

void secrets_names_restore(struct secrets *s)
{
    s->is_loading = false;
    if (!s->names_before)
        return;
    names_free(s->names);
    s->names = s->names_before;
    s->names_before = NULL;
}

/* ---- drafts ---- */

/* The files that from has and s has not. */
static void files_copy(struct secrets *s, const struct secrets *from)
{
    const struct map_entry *x = NULL;
    while ((x = map_next(from->files, x))) {
        const struct secret_file *f = x->value;
        if (map_get(s->files, bytes_of(x->key)))
            continue;
        struct secret_file *copy = memory_take(sizeof(*copy));
        *copy = *f;
        copy->value = memcpy(memory_take(f->len + 1), f->value, f->len);
        map_put(s->files, bytes_of(x->key), copy);
    }
}

struct secrets *secrets_draft(const struct secrets *s)
{
    struct secrets *draft = secrets_create();
    files_copy(draft, s);
    return draft;
}

void secrets_learn(struct secrets *s, const struct secrets *draft)
{
    files_copy(s, draft);
    redactor_learn(s->redactor, draft->redactor);
}

void secrets_adopt(struct secrets *s, struct secrets *draft)
{
    struct map *names = s->names;
    s->names = draft->names;
    draft->names = names;
    draft->stands_for = s;
    files_forget(draft);
    redactor_destroy(draft->redactor);
    draft->redactor = redactor_create();
}

/* ---- renewal ---- */

/* True when there is a new value. */
static bool refresh_file(struct secrets *s, const char *path, struct secret_file *f,
                         struct wall now)
{
    struct secret_file fresh = {0};
    struct err e;
    if (!f->failed && secret_file_is_same(f, path))
        return false;
    f->failed = !secret_file_read(path, &fresh, &e);
    if (f->failed)
        return false;
    const struct bytes was = {f->value, f->len}, is = {fresh.value, fresh.len};
    const bool changed = !bytes_equal(was, is);
    if (changed) {
        redactor_retire(s->redactor, was, now);
        redactor_keep(s->redactor, is);
    }
    secret_file_wipe(f);
    *f = fresh;
    return changed;
}

size_t secrets_refresh(struct secrets *s, struct wall now)
{
    size_t changed = 0;
    const struct map_entry *x = NULL;
    while ((x = map_next(s->files, x)))
        changed += refresh_file(s, x->key, x->value, now);
    redactor_forget(s->redactor, now);
    return changed;
}

size_t secrets_failed(const struct secrets *s)
{
    size_t failed = 0;
    const struct map_entry *x = NULL;
    while ((x = map_next(s->files, x)))
        failed += ((const struct secret_file *)x->value)->failed;
    return failed;
}

/* ---- redaction ---- */

void secrets_add(struct secrets *s, struct bytes value)
{
    s = meant(s);
    if (s->is_loading)
        redactor_keep(s->redactor, value);
    else
        redactor_add(s->redactor, value);
}

static void on_password(void *ctx, struct bytes password)
{
    secrets_add(ctx, password);
}

void secrets_add_within(struct secrets *s, struct bytes text)
{
    secret_text_each(text, on_password, s);
}

void secrets_redact(const struct secrets *s, struct buf *text)
{
    redactor_apply(redactor_of(s), text);
}

const char *secrets_redacted(const struct secrets *s, struct arena *arena,
                             const char *text)
{
    return redactor_applied(redactor_of(s), arena, text);
}
