/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the flags of `healthctl probe TYPE` that were given to the node that a configuration file would hold. Called by
 * cmd_probe.c. Refuses secrets that `ps` would show; knows no row's meaning.
 */
#include <string.h>

#include "healthctl/type_flags.h"
#include "lib/core/talk.h"

static struct place place_of(const struct flag *f, struct arena *arena)
{
    return (struct place){.file = arena_printf(arena, "--%s", f->name)};
}

static void list_append(struct node *list, struct node *item)
{
    struct node **last = &list->first;
    while (*last)
        last = &(*last)->next;
    *last = item;
    list->count++;
}

static struct node *list_create(struct arena *arena, struct place at)
{
    struct node *list = arena_alloc(arena, sizeof(*list));
    *list = (struct node){.kind = NODE_LIST, .at = at};
    return list;
}

/* Lists, mappings and sections are YAML; so is nothing else: a regular expression keeps its
 * backslashes and quotes. */
static bool is_yaml(const struct opt *row, const char *text)
{
    switch (row->type) {
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
    case OPT_SECTION:
    case OPT_SECTIONS:
    case OPT_NODE:
        return true;
    case OPT_INTS:
        return *text == '[';
    case OPT_TEXTS:
    case OPT_REGEXES:
        return *text == '[' && text[strlen(text) - 1] == ']';
    default:
        return false;
    }
}

static struct node *value_node(const struct invocation *in, const struct given *g,
                               struct diag *d)
{
    const struct flag *f = g->flag;
    const struct place at = place_of(f, in->arena);
    if (f->row->type == OPT_BOOL)
        return node_scalar(in->arena, at,
                           f->is_off  ? "false"
                           : g->value ? g->value
                                      : "true");
    if (f->prefix)
        return node_scalar(in->arena, at,
                           arena_printf(in->arena, "${%s:%s}", f->prefix, g->value));
    if (!is_yaml(f->row, g->value))
        return node_scalar(in->arena, at, g->value);
    diag_source(d, at.file, bytes_of(g->value));
    const struct node *parsed = node_parse(in->arena, at.file, bytes_of(g->value), d);
    return parsed ? arena_memdup(in->arena, parsed, sizeof(*parsed)) : NULL;
}

static struct node *find_member(struct node *map, const char *key)
{
    for (struct node *n = map->first; n; n = n->next) {
        if (!strcmp(n->key, key))
            return n;
    }
    return NULL;
}

/* A flag given again adds to what it said before. */
static void merge(struct arena *arena, struct node *into, struct node *more)
{
    struct node *next;
    if (into->kind == NODE_MAP && more->kind == NODE_MAP) {
        for (struct node *n = more->first; n; n = next) {
            next = n->next;
            n->next = NULL;
            node_put(arena, into, n->key, n);
        }
        return;
    }
    if (into->kind != NODE_LIST) {
        struct node *first = arena_memdup(arena, into, sizeof(*into));
        first->next = NULL;
        into->kind = NODE_LIST;
        into->first = NULL;
        into->count = 0;
        list_append(into, first);
    }
    if (more->kind != NODE_LIST) {
        list_append(into, more);
        return;
    }
    for (struct node *n = more->first; n; n = next) {
        next = n->next;
        n->next = NULL;
        list_append(into, n);
    }
}

/* The mapping that holds the last part of a path; ret_key is that part. */
static struct node *descend(struct arena *arena, struct node *map, struct place at,
                            const char *path, const char **ret_key)
{
    const char *dot;
    while ((dot = strchr(path, '.'))) {
        const char *key = arena_strndup(arena, path, (size_t)(dot - path));
        struct node *member = find_member(map, key);
        if (!member || member->kind != NODE_MAP) {
            member = node_map(arena, at);
            node_put(arena, map, key, member);
        }
        map = member;
        path = dot + 1;
    }
    *ret_key = path;
    return map;
}

/* ---- secrets ---- */

static void refuse_literal(struct diag *d, const struct node *n, const char *name)
{
    diag_error(d, n->at, "a secret on the command line can be read by everybody with ps");
    diag_hint(d, "put it in a variable or a file: %s: '${env:NAME}' or '${file:/path}'",
              name);
}

/* scheme://user:password@host */
static bool url_has_password(const char *text)
{
    const char *host = strstr(text, "://");
    if (!host)
        return false;
    host += 3;
    const size_t len = strcspn(host, "/?#");
    const char *at = memchr(host, '@', len);
    const char *colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
    return colon && colon + 1 < at && strncmp(colon + 1, "${", 2) != 0;
}

static bool is_reference(const char *text)
{
    return !*text || (!strncmp(text, "${", 2) && strchr(text, ':'));
}

static void refuse_secrets(const struct opt *rows, const struct node *map,
                           struct diag *d);

static void refuse_in(const struct opt *row, const struct node *n, struct diag *d)
{
    if (n->kind == NODE_SCALAR &&
        (row->type == OPT_SECRET ? !is_reference(n->text) : url_has_password(n->text))) {
        refuse_literal(d, n, row->name);
    } else if (row->type == OPT_SECRET_PAIRS) {
        for (const struct node *pair = n->first; pair; pair = pair->next) {
            if (pair->kind == NODE_SCALAR && !is_reference(pair->text))
                refuse_literal(d, pair, pair->key);
        }
    } else if (row->type == OPT_SECTION) {
        refuse_secrets(row->rows, n, d);
    } else if (row->type == OPT_SECTIONS) {
        for (const struct node *item = n->first; item; item = item->next)
            refuse_secrets(row->rows, item, d);
    }
}

static void refuse_secrets(const struct opt *rows, const struct node *map, struct diag *d)
{
    for (const struct node *n = map->kind == NODE_MAP ? map->first : NULL; n;
         n = n->next) {
        const struct opt *row = rows;
        while (row->name && strcmp(row->name, n->key))
            row++;
        if (row->name)
            refuse_in(row, n, d);
    }
}

/* ---- the whole ---- */

static void put_given(const struct invocation *in, struct node *map,
                      const struct given *g, struct diag *d)
{
    const char *key;
    struct node *value = value_node(in, g, d);
    if (!value)
        return;
    struct node *holder = descend(in->arena, map, value->at, g->flag->path, &key);
    struct node *former = find_member(holder, key);
    if (former)
        merge(in->arena, former, value);
    else
        node_put(in->arena, holder, key, value);
}

static void put_operand(const struct invocation *in, const struct probe_type *type,
                        struct node *map, const char *operand, struct diag *d)
{
    const struct place at = {.file = "command line"};
    const struct opt *row = opt_find_shorthand(type->opts);
    struct node *value = node_scalar(in->arena, at, operand);
    if (!row) {
        diag_error(d, at, "probe type %s takes no operand, and '%s' was given",
                   type->name, operand);
        diag_hint(d, "see: healthctl help probe %s", type->name);
    } else if (find_member(map, row->name)) {
        diag_error(d, at, "both '%s' and --%s say the same option", operand,
                   type_flag_name(in->arena, row->name));
    } else {
        node_put(in->arena, map, row->name, value);
    }
}

struct node *type_flags_node(const struct invocation *in, const struct probe_type *type,
                             const char *operand, struct diag *d)
{
    struct node *map = node_map(in->arena, (struct place){.file = "command line"});
    for (size_t i = 0; i < in->given_count; i++) {
        if (in->given[i].flag->row)
            put_given(in, map, &in->given[i], d);
    }
    if (operand)
        put_operand(in, type, map, operand, d);
    refuse_secrets(type->opts, map, d);
    if (type->talk)
        refuse_secrets(dial_opts, map, d);
    return diag_error_count(d) ? NULL : map;
}

struct node *flag_texts_node(const struct invocation *in, const char *name)
{
    struct node *list = NULL;
    for (size_t i = 0; i < in->given_count; i++) {
        const struct given *g = &in->given[i];
        if (g->flag->row || !flag_is(g->flag, name))
            continue;
        const struct place at = place_of(g->flag, in->arena);
        list = list ? list : list_create(in->arena, at);
        list_append(list, node_scalar(in->arena, at, g->value));
    }
    return list;
}

struct node *flag_text_node(const struct invocation *in, const char *name)
{
    const char *value = invocation_flag(in, name);
    const struct place at = {.file = arena_printf(in->arena, "--%s", name)};
    return value ? node_scalar(in->arena, at, value) : NULL;
}
