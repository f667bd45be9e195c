/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From nodes to fields, row by row: shapes, unknown and missing keys. Called by template.c, when a configuration loads and
 * for each run that has something to fill in. Texts and faults go through opt_reader.c; fields are written by opt_set alone.
 */
#include "lib/core/opt_load.h"

#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/secret.h"

enum { NAMES_MAX = 128 };

/* ---- values ---- */

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
        opt_reader_fail(r, n->at, "option '%s' takes a %s, not %s", row->name,
                        opt_type_name(row->type), node_kind_name(n->kind));
        return;
    }
    if (!opt_reader_text(r, row, n, &text))
        return;
    const bool is_text = n->quoted && !tmpl_has(n->text);
    if (row->type == OPT_BOOL && is_text && strcmp(text, "true") &&
        strcmp(text, "false")) {
        opt_reader_fail(r, n->at,
                        "option '%s': \"%.40s\" in quotes is text; write true or false",
                        row->name, text);
        return;
    }
    opt_reader_remember(r, row, text);
    if (r->diag && is_shells(n->text)) {
        diag_warning(r->diag, n->at,
                     "option '%s': a text that starts with $ is taken as it is",
                     row->name);
        opt_reader_hint(r, "a variable of the environment is written ${env:NAME}");
    }
    if (!opt_set(row, conf, text, r->arena, &e))
        opt_reader_fail(r, n->at, "option '%s': %s", row->name, e.text);
}

/* Each is set alone first, so that a fault is shown where it is. */
static bool read_list_item(struct opt_reader *r, const struct opt *row,
                           const struct node *item, const char **ret_text)
{
    char scratch[sizeof(struct texts)] = {0};
    struct opt one = *row;
    struct err e = {0};
    one.offset = 0;
    if (item->kind != NODE_SCALAR) {
        opt_reader_fail(r, item->at, "option '%s': each element is a value, not %s",
                        row->name, node_kind_name(item->kind));
        return false;
    }
    if (!opt_reader_text(r, row, item, ret_text))
        return false;
    opt_reader_remember(r, row, *ret_text);
    if (opt_set_list(&one, scratch, ret_text, 1, r->arena, &e))
        return true;
    opt_reader_fail(r, item->at, "option '%s': %s", row->name, e.text);
    return false;
}

/* One scalar is a list of one. */
static void read_list(struct opt_reader *r, const struct opt *row, void *conf,
                      const struct node *n)
{
    if (n->kind == NODE_MAP) {
        opt_reader_fail(r, n->at, "option '%s' takes a %s, not a mapping", row->name,
                        opt_type_name(row->type));
        return;
    }
    const struct node *item = n->kind == NODE_LIST ? n->first : n;
    const size_t count = n->kind == NODE_LIST ? n->count : 1;
    const char **texts = arena_alloc(r->arena, (count + 1) * sizeof(*texts));
    bool complete = true;
    struct err e = {0};
    for (size_t i = 0; i < count; i++, item = n->kind == NODE_LIST ? item->next : NULL)
        complete &= read_list_item(r, row, item, &texts[i]);
    if (complete && !opt_set_list(row, conf, texts, count, r->arena, &e))
        opt_reader_fail(r, n->at, "option '%s': %s", row->name, e.text);
}

static bool read_pair(struct opt_reader *r, const struct opt *row, const char *key,
                      const struct node *n, struct pair *ret_pair)
{
    const char *text = "";
    if (n->kind != NODE_SCALAR && n->kind != NODE_NULL) {
        opt_reader_fail(r, n->at, "option '%s': '%s' takes a value, not %s", row->name,
                        key, node_kind_name(n->kind));
        return false;
    }
    if (n->kind == NODE_SCALAR && !opt_reader_text(r, row, n, &text))
        return false;
    opt_reader_remember(r, row, text);
    if (r->secrets && secret_is_header(key))
        secrets_add_credential(r->secrets, text);
    *ret_pair = (struct pair){arena_strdup(r->arena, key), arena_strdup(r->arena, text)};
    return true;
}

static void read_pairs(struct opt_reader *r, const struct opt *row, void *conf,
                       const struct node *n)
{
    if (n->kind != NODE_MAP) {
        opt_reader_fail(r, n->at, "option '%s' takes a mapping (name: value), not %s",
                        row->name, node_kind_name(n->kind));
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
    const struct node **nodes = arena_alloc(r->arena, (count + 1) * sizeof(*nodes));
    bool any_failed = r->failed;
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        r->failed = false;
        read_section(r, row, items + good * row->row_size, item);
        any_failed |= r->failed;
        nodes[good] = item;
        good += !r->failed;
        if (n->kind == NODE_LIST)
            item = item->next;
    }
    r->failed = any_failed;
    *(struct sections *)opt_field(row, conf) = (struct sections){items, good, nodes};
}

/* The tree with every ${name} in its values filled in; a value that only a run can know stays as it is. */
static const struct node *filled_node(struct opt_reader *r, const struct opt *row,
                                      const struct node *n)
{
    struct node *copy = arena_memdup(r->arena, n, sizeof(*copy));
    if (n->kind == NODE_SCALAR) {
        if (opt_reader_text(r, row, n, &copy->text))
            opt_reader_remember(r, row, copy->text);
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
        opt_reader_remember(r, row, n->text);
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
    opt_reader_fail(r, n->key_at, "unknown key '%.80s'", n->key);
    const char *near = nearest_word(n->key, names);
    if (near) {
        opt_reader_hint(r, arena_printf(r->arena, "did you mean '%s'?", near));
        return;
    }
    struct buf list = BUF_MAX(600);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    opt_reader_hint(r,
                    arena_printf(r->arena,
                                 count ? "known here: %s%s" : "nothing is known here%s%s",
                                 buf_text(&list), list.overflow ? ", …" : ""));
    buf_finish(&list);
}

/* row is one of t's part. */
static void read_row_of(struct opt_reader *r, const struct opt_target *t, size_t part,
                        const struct opt *row, const struct node *n)
{
    const bool had_names = r->has_names;
    r->has_names = false;
    opt_read_row(r, row, t->confs[part], n);
    if (r->has_names && t->on_names)
        t->on_names(t->ctx, part, row, n);
    r->has_names |= had_names;
}

static void read_member(struct opt_reader *r, const struct opt_target *t,
                        const struct node *n)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct opt *row = opt_find(t->parts[i].rows, n->key);
        if (!row)
            continue;
        read_row_of(r, t, i, row, n);
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

/* A key that nothing explains is a misspelling of name: then that is not missing. */
static bool is_misspelt(const struct opt_target *t, const struct node *map,
                        const char *name)
{
    const char *names[NAMES_MAX + 1];
    (void)known_keys(t, names);
    for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
        bool is_known = !n->key || is_skipped(t->skip_keys, n->key);
        for (size_t i = 0; i < t->count && !is_known; i++)
            is_known = opt_find(t->parts[i].rows, n->key) != NULL;
        const char *near = is_known ? NULL : nearest_word(n->key, names);
        if (near && !strcmp(near, name))
            return true;
    }
    return false;
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
            if (is_misspelt(t, map, row->name))
                continue;
            opt_reader_fail(r, at, "'%s' is missing", row->name);
            opt_reader_hint(r, row->doc);
        }
    }
}

static void read_shorthand(struct opt_reader *r, const struct opt_target *t,
                           const struct node *n)
{
    size_t part = 0;
    const struct opt *row = opt_shorthand(t->parts, t->count, &part);
    if (!row || (n->kind == NODE_LIST && row->type < OPT_TEXTS)) {
        opt_reader_fail(r, n->at, "expected a mapping (name: value), not %s",
                        node_kind_name(n->kind));
        return;
    }
    read_row_of(r, t, part, row, n);
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
