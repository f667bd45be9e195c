/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one reading of a configuration carries along: where faults go, what ${names} mean, which values are secrets. Called
 * by opt_load.c for each text and each fault. Knows no shapes and writes no field.
 */
#include "lib/core/opt_reader.h"

#include "lib/core/diag.h"
#include "lib/core/secret.h"

/* ---- faults ---- */

void opt_reader_fail(struct opt_reader *r, struct place at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = arena_vprintf(r->arena, fmt, args);
    va_end(args);
    if (r->diag)
        diag_error(r->diag, at, "%s", text);
    else if (!r->err->text[0])
        err_set(r->err, "%s", text);
    r->failed = true;
}

void opt_reader_hint(struct opt_reader *r, const char *text)
{
    if (r->diag && text)
        diag_hint(r->diag, "%s", text);
}

/* ---- ${names} ---- */

struct lookup {
    const struct opt_names *names;
    bool leaves_plain; /* OPT_LATE: names without a colon stay as they are */
};

static bool look_along(const struct scope *scope, struct bytes name, struct arena *arena,
                       struct bytes *ret_value, struct err *e)
{
    for (; scope; scope = scope->outer) {
        if (scope->lookup(scope->ctx, name, arena, ret_value, e))
            return true;
        if (e->text[0])
            return false;
    }
    return false;
}

static bool look_up(void *ctx, struct bytes name, struct arena *arena,
                    struct bytes *ret_value, struct err *e)
{
    const struct lookup *l = ctx;
    if (look_along(l->names->first, name, arena, ret_value, e))
        return true;
    if (e->text[0])
        return false;
    if (look_along(l->names->then, name, arena, ret_value, e))
        return true;
    if (e->text[0] || !l->leaves_plain || bytes_find_byte(name, ':') >= 0)
        return false;
    *ret_value = bytes_of(arena_printf(arena, "${%.*s}", (int)name.len, name.ptr));
    return true;
}

struct names_seen {
    struct opt_reader *r;
    const struct lookup *lookup;
    const struct opt *row;
    struct place at;
    bool is_for_run; /* some name is known only to a run */
};

static void see_name(void *ctx, struct bytes name)
{
    struct names_seen *seen = ctx;
    struct opt_reader *r = seen->r;
    struct err e = {0};
    struct bytes value;
    r->has_names = true;
    if (look_up((void *)(uintptr_t)seen->lookup, name, r->arena, &value, &e))
        return;
    if (e.text[0]) {
        opt_reader_fail(r, seen->at, "option '%s': ${%.*s}: %s", seen->row->name,
                        (int)name.len, name.ptr, e.text);
        return;
    }
    seen->is_for_run = true;
    if (r->variable)
        return;
    r->variable = arena_strndup(r->arena, name.ptr, name.len);
    r->variable_at = seen->at;
}

/* A scalar's text with its names filled in. False: a fault was reported, or (when loading) only a
 * run can know; the field then keeps its default. */
bool opt_reader_text(struct opt_reader *r, const struct opt *row, const struct node *n,
                     const char **ret_text)
{
    if (!tmpl_has(n->text)) {
        *ret_text = n->text;
        return true;
    }
    struct err e = {0};
    const struct lookup lookup = {&r->names, (row->flags & OPT_LATE) != 0};
    const struct scope scope = {.lookup = look_up, .ctx = (void *)(uintptr_t)&lookup};
    struct names_seen seen = {r, &lookup, row, n->at, false};
    const bool failed = r->failed;
    r->failed = false;
    if (r->diag && !tmpl_names(n->text, see_name, &seen, &e))
        opt_reader_fail(r, n->at, "option '%s': %s", row->name, e.text);
    const bool ok = !r->failed && !seen.is_for_run;
    r->failed |= failed;
    if (!ok)
        return false;
    if (tmpl_expand(n->text, &scope, r->arena, ret_text, &e))
        return true;
    opt_reader_fail(r, n->at, "option '%s': %s", row->name, e.text);
    return false;
}

/* ---- secrets ---- */

void opt_reader_remember(struct opt_reader *r, const struct opt *row, const char *text)
{
    if (!r->secrets)
        return;
    if (row->type == OPT_SECRET || row->type == OPT_SECRET_PAIRS)
        secrets_add(r->secrets, bytes_of(text));
    secrets_add_within(r->secrets, bytes_of(text));
}
