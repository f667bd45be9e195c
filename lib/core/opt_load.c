/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From nodes to fields, row by row: shapes, unknown and missing keys, ${names}. Called by template.c,
 * when a configuration loads (all faults to a diag, with their places) and for each run that has
 * something to fill in (the first fault to an err). Fields are written by opt_set alone.
 */
#include "lib/core/opt_load.h"

#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/secret.h"

enum { NAMES_MAX = 128 };

static void fail(struct opt_reader *r, struct place at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
static void fail(struct opt_reader *r, struct place at, const char *fmt, ...)
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

static void hint(struct opt_reader *r, const char *text)
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
        fail(r, seen->at, "option '%s': ${%.*s}: %s", seen->row->name, (int)name.len,
             name.ptr, e.text);
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
static bool text_of(struct opt_reader *r, const struct opt *row, const struct node *n,
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
        fail(r, n->at, "option '%s': %s", row->name, e.text);
    const bool ok = !r->failed && !seen.is_for_run;
    r->failed |= failed;
    if (!ok)
        return false;
    if (tmpl_expand(n->text, &scope, r->arena, ret_text, &e))
        return true;
    fail(r, n->at, "option '%s': %s", row->name, e.text);
    return false;
}

/* ---- values ---- */

static void remember(struct opt_reader *r, const struct opt *row, const char *text)
{
    if (!r->secrets)
        return;
    if (row->type == OPT_SECRET || row->type == OPT_SECRET_PAIRS)
        secrets_add(r->secrets, bytes_of(text));
    secrets_add_within(r->secrets, bytes_of(text));
}

/* "$DATABASE_URL", as a shell would have it. */
static bool is_shells(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    return text[0] == '$' && text[1] && strspn(text + 1, letters) == strlen(text + 1);
}

static void read_scalar(struct opt_reader *r, const struct opt *row, void *conf,
                        const struct node *n)
{
    const char *text;
    struct err e = {0};
    if (n->kind != NODE_SCALAR) {
        fail(r, n->at, "option '%s' takes a %s, not %s", row->name,
             opt_type_name(row->type), node_kind_name(n->kind));
        return;
    }
    if (!text_of(r, row, n, &text))
        return;
    const bool is_text = n->quoted && !tmpl_has(n->text);
    if (row->type == OPT_BOOL && is_text && strcmp(text, "true") &&
        strcmp(text, "false")) {
        fail(r, n->at, "option '%s': \"%.40s\" in quotes is text; write true or false",
             row->name, text);
        return;
    }
    remember(r, row, text);
    if (r->diag && is_shells(n->text)) {
        diag_warning(r->diag, n->at,
                     "option '%s': a text that starts with $ is taken as it is",
                     row->name);
        hint(r, "a variable of the environment is written ${env:NAME}");
    }
    if (!opt_set(row, conf, text, r->arena, &e))
        fail(r, n->at, "option '%s': %s", row->name, e.text);
}

/* One scalar is a list of one. */
static void read_list(struct opt_reader *r, const struct opt *row, void *conf,
                      const struct node *n)
{
    if (n->kind == NODE_MAP) {
        fail(r, n->at, "option '%s' takes a %s, not a mapping", row->name,
             opt_type_name(row->type));
        return;
    }
    const struct node *item = n->kind == NODE_LIST ? n->first : n;
    const size_t count = n->kind == NODE_LIST ? n->count : 1;
    const char **texts = arena_alloc(r->arena, (count + 1) * sizeof(*texts));
    bool complete = true;
    struct err e = {0};
    for (size_t i = 0; i < count; i++, item = n->kind == NODE_LIST ? item->next : NULL) {
        if (item->kind != NODE_SCALAR) {
            fail(r, item->at, "option '%s': each element is a value, not %s", row->name,
                 node_kind_name(item->kind));
            complete = false;
            continue;
        }
        if (!text_of(r, row, item, &texts[i])) {
            complete = false;
            continue;
        }
        remember(r, row, texts[i]);
        /* One by one first, so that the fault is shown where it is. */
        char scratch[sizeof(struct texts)] = {0};
        struct opt one = *row;
        one.offset = 0;
        if (opt_set_list(&one, scratch, &texts[i], 1, r->arena, &e))
            continue;
        fail(r, item->at, "option '%s': %s", row->name, e.text);
        complete = false;
    }
    if (complete && !opt_set_list(row, conf, texts, count, r->arena, &e))
        fail(r, n->at, "option '%s': %s", row->name, e.text);
}

static bool read_pair(struct opt_reader *r, const struct opt *row, const char *key,
                      const struct node *n, struct pair *ret_pair)
{
    const char *text = "";
    if (n->kind != NODE_SCALAR && n->kind != NODE_NULL) {
        fail(r, n->at, "option '%s': '%s' takes a value, not %s", row->name, key,
             node_kind_name(n->kind));
        return false;
    }
    if (n->kind == NODE_SCALAR && !text_of(r, row, n, &text))
        return false;
    remember(r, row, text);
    if (r->secrets && secret_is_header(key))
        secrets_add_credential(r->secrets, text);
    *ret_pair = (struct pair){arena_strdup(r->arena, key), arena_strdup(r->arena, text)};
    return true;
}

static void read_pairs(struct opt_reader *r, const struct opt *row, void *conf,
                       const struct node *n)
{
    if (n->kind != NODE_MAP) {
        fail(r, n->at, "option '%s' takes a mapping (name: value), not %s", row->name,
             node_kind_name(n->kind));
        return;
    }
    size_t count = 0;
    for (const struct node *m = n->first; m; m = m->next)
        count += m->kind == NODE_LIST ? m->count : 1;
    struct pair *items = arena_alloc(r->arena, (count + 1) * sizeof(*items));
    bool complete = true;
    size_t i = 0;
    for (const struct node *m = n->first; m; m = m->next) {
        if (m->kind != NODE_LIST) {
            complete &= read_pair(r, row, m->key, m, &items[i++]);
            continue;
        }
        for (const struct node *item = m->first; item; item = item->next)
            complete &= read_pair(r, row, m->key, item, &items[i++]);
    }
    if (complete)
        *(struct pairs *)opt_field(row, conf) = (struct pairs){items, count};
}

static void read_section(struct opt_reader *r, const struct opt *row, void *conf,
                         const struct node *n)
{
    memset(conf, 0, row->row_size);
    opt_defaults(row->rows, conf, r->arena);
    const bool operand_comes_later = r->operand_comes_later;
    r->operand_comes_later = false;
    const struct opt_part part = {row->rows, row->row_size};
    opt_read_mapping(r, &(struct opt_target){.parts = &part, .confs = &conf, .count = 1},
                     n);
    r->operand_comes_later = operand_comes_later;
}

/* One mapping is a list of one. */
static void read_sections(struct opt_reader *r, const struct opt *row, void *conf,
                          const struct node *n)
{
    const struct node *item = n->kind == NODE_LIST ? n->first : n;
    const size_t count = n->kind == NODE_LIST ? n->count : 1;
    char *items = arena_alloc(r->arena, (count + 1) * row->row_size);
    for (size_t i = 0; i < count; i++) {
        read_section(r, row, items + i * row->row_size, item);
        if (n->kind == NODE_LIST)
            item = item->next;
    }
    *(struct sections *)opt_field(row, conf) = (struct sections){items, count};
}

/* The tree with every ${name} in its values filled in; a value that only a run can know stays as it is. */
static const struct node *filled_node(struct opt_reader *r, const struct opt *row,
                                      const struct node *n)
{
    struct node *copy = arena_memdup(r->arena, n, sizeof(*copy));
    if (n->kind == NODE_SCALAR) {
        if (text_of(r, row, n, &copy->text))
            remember(r, row, copy->text);
        return copy;
    }
    const struct node *item = n->first;
    for (struct node **link = &copy->first; item; item = item->next) {
        struct node *filled = (struct node *)(uintptr_t)filled_node(r, row, item);
        *link = filled;
        link = &filled->next;
    }
    return copy;
}

static void remember_node(struct opt_reader *r, const struct opt *row,
                          const struct node *n)
{
    if (n->kind == NODE_SCALAR && !tmpl_has(n->text))
        remember(r, row, n->text);
    for (const struct node *item = n->first; item; item = item->next)
        remember_node(r, row, item);
}

static void read_node(struct opt_reader *r, const struct opt *row, void *conf,
                      const struct node *n)
{
    remember_node(r, row, n);
    const bool is_raw = row->flags & OPT_LATE || !node_has_names(n);
    *(const struct node **)opt_field(row, conf) = is_raw ? n : filled_node(r, row, n);
}

void opt_read_row(struct opt_reader *r, const struct opt *row, void *conf,
                  const struct node *n)
{
    if (n->kind == NODE_NULL)
        return;
    switch (row->type) {
    case OPT_TEXTS:
    case OPT_INTS:
    case OPT_REGEXES:
        read_list(r, row, conf, n);
        break;
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
        read_pairs(r, row, conf, n);
        break;
    case OPT_SECTION:
        read_section(r, row, opt_field(row, conf), n);
        break;
    case OPT_SECTIONS:
        read_sections(r, row, conf, n);
        break;
    case OPT_NODE:
        read_node(r, row, conf, n);
        break;
    case OPT_END:
        break;
    case OPT_BOOL:
    case OPT_INT:
    case OPT_NUMBER:
    case OPT_DURATION:
    case OPT_SIZE:
    case OPT_PERCENT:
    case OPT_TEXT:
    case OPT_CHOICE:
    case OPT_SECRET:
    case OPT_REGEX:
        read_scalar(r, row, conf, n);
        break;
    }
}

/* ---- mappings ---- */

static bool is_skipped(const char *const *keys, const char *key)
{
    for (; keys && *keys; keys++) {
        if (!strcmp(*keys, key))
            return true;
    }
    return false;
}

static size_t known_keys(const struct opt_target *t, const char **ret_names)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        for (const struct opt *row = t->parts[i].rows; row && row->name; row++) {
            if (count < NAMES_MAX && !(row->flags & OPT_HIDDEN))
                ret_names[count++] = row->name;
        }
    }
    for (const char *const *key = t->skip_keys; key && *key && count < NAMES_MAX; key++)
        ret_names[count++] = *key;
    ret_names[count] = NULL;
    return count;
}

static void report_unknown(struct opt_reader *r, const struct opt_target *t,
                           const struct node *n)
{
    const char *names[NAMES_MAX + 1];
    const size_t count = known_keys(t, names);
    fail(r, n->key_at, "unknown key '%.80s'", n->key);
    const char *near = nearest_word(n->key, names);
    if (near) {
        hint(r, arena_printf(r->arena, "did you mean '%s'?", near));
        return;
    }
    struct buf list = BUF_MAX(600);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    hint(r,
         arena_printf(r->arena, count ? "known here: %s%s" : "nothing is known here%s%s",
                      buf_text(&list), list.overflow ? ", …" : ""));
    buf_finish(&list);
}

static void read_member(struct opt_reader *r, const struct opt_target *t,
                        const struct node *n)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct opt *row = opt_find(t->parts[i].rows, n->key);
        if (!row)
            continue;
        const bool had_names = r->has_names;
        r->has_names = false;
        opt_read_row(r, row, t->confs[i], n);
        if (r->has_names && t->on_names)
            t->on_names(t->ctx, i, row, n);
        r->has_names |= had_names;
        return;
    }
    if (!is_skipped(t->skip_keys, n->key))
        report_unknown(r, t, n);
}

static bool is_written(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n && n->kind != NODE_NULL;
}

static void check_required(struct opt_reader *r, const struct opt_target *t,
                           const struct node *map, const struct opt *given)
{
    const struct place at = map ? map->at : (struct place){0};
    for (size_t i = 0; i < t->count; i++) {
        for (const struct opt *row = t->parts[i].rows; row && row->name; row++) {
            if (row->def || row == given || is_written(map, row->name))
                continue;
            if (r->operand_comes_later && (row->flags & OPT_SHORTHAND))
                continue;
            fail(r, at, "'%s' is missing", row->name);
            hint(r, row->doc);
        }
    }
}

static void read_shorthand(struct opt_reader *r, const struct opt_target *t,
                           const struct node *n)
{
    size_t part = 0;
    const struct opt *row = opt_shorthand(t->parts, t->count, &part);
    if (!row || (n->kind == NODE_LIST && row->type < OPT_TEXTS)) {
        fail(r, n->at, "expected a mapping (name: value), not %s",
             node_kind_name(n->kind));
        return;
    }
    const bool had_names = r->has_names;
    r->has_names = false;
    opt_read_row(r, row, t->confs[part], n);
    if (r->has_names && t->on_names)
        t->on_names(t->ctx, part, row, n);
    r->has_names |= had_names;
    check_required(r, t, n, row);
}

void opt_read_mapping(struct opt_reader *r, const struct opt_target *t,
                      const struct node *n)
{
    if (n && (n->kind == NODE_SCALAR || n->kind == NODE_LIST)) {
        read_shorthand(r, t, n);
        return;
    }
    for (const struct node *m = n ? n->first : NULL; m; m = m->next)
        read_member(r, t, m);
    check_required(r, t, n, NULL);
}
