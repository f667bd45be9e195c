/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Option tables themselves: finding rows, naming types, defaults, copying lists. Called by loaders, printers, probes and
 * the reference generator. Never sees a configuration file.
 */
#include "lib/core/opt.h"

#include <assert.h>
#include <string.h>

#include "lib/core/opt_load.h"

const char opt_none[] = "";

const struct opt *opt_find(const struct opt *rows, const char *name)
{
    for (const struct opt *row = rows; row && row->name; row++) {
        if (!strcmp(row->name, name))
            return row;
    }
    return NULL;
}

const struct opt *opt_find_shorthand(const struct opt *rows)
{
    for (const struct opt *row = rows; row && row->name; row++) {
        if (row->flags & OPT_SHORTHAND)
            return row;
    }
    return NULL;
}

const struct opt *opt_shorthand(const struct opt_part *parts, size_t count,
                                size_t *ret_part)
{
    for (size_t i = 0; i < count; i++) {
        const struct opt *row = opt_find_shorthand(parts[i].rows);
        if (!row)
            continue;
        *ret_part = i;
        return row;
    }
    return NULL;
}

const char *opt_type_name(enum opt_type type)
{
    static const char *const names[] = {
        [OPT_END] = "nothing",
        [OPT_BOOL] = "true or false",
        [OPT_INT] = "whole number",
        [OPT_NUMBER] = "number",
        [OPT_DURATION] = "duration",
        [OPT_SIZE] = "size",
        [OPT_PERCENT] = "percentage",
        [OPT_TEXT] = "text",
        [OPT_CHOICE] = "choice",
        [OPT_SECRET] = "secret",
        [OPT_REGEX] = "regular expression",
        [OPT_TEXTS] = "list of texts",
        [OPT_INTS] = "list of whole numbers",
        [OPT_REGEXES] = "list of regular expressions",
        [OPT_PAIRS] = "mapping of texts",
        [OPT_SECRET_PAIRS] = "mapping of secrets",
        [OPT_SECTION] = "mapping",
        [OPT_SECTIONS] = "list of mappings",
        [OPT_NODE] = "anything",
    };
    return names[type];
}

void *opt_field(const struct opt *row, const void *conf)
{
    return (char *)(uintptr_t)conf + row->offset;
}

/* A default with several values is written as YAML: "[200, 204]". */
static void set_default_list(const struct opt *row, void *conf, struct arena *arena)
{
    struct diag *d = diag_create(arena);
    struct err e = {0};
    const struct node *node = node_parse(arena, "default", bytes_of(row->def), d);
    assert(node && "a default is YAML");
    struct opt_reader r = {.arena = arena, .err = &e};
    opt_read_row(&r, row, conf, node);
    assert(!r.failed && "a default passes the user's parser");
}

static void set_default(const struct opt *row, void *conf, struct arena *arena)
{
    struct err e = {0};
    if (row->type == OPT_SECRET)
        ((struct secret *)opt_field(row, conf))->value = "";
    if (row->type == OPT_SECTION)
        opt_defaults(row->rows, opt_field(row, conf), arena);
    if (!row->def || row->def == OPT_NONE)
        return;
    const bool is_yaml = *row->def == '[' || *row->def == '{';
    if (is_yaml && row->type >= OPT_TEXTS && row->type <= OPT_SECRET_PAIRS) {
        set_default_list(row, conf, arena);
        return;
    }
    const bool ok = opt_set(row, conf, row->def, arena, &e);
    assert(ok && "a default passes the user's parser");
    (void)ok;
}

void opt_defaults(const struct opt *rows, void *conf, struct arena *arena)
{
    for (const struct opt *row = rows; row && row->name; row++)
        set_default(row, conf, arena);
}

struct texts texts_copy(struct arena *arena, struct texts from)
{
    const char **items = arena_alloc(arena, (from.count + 1) * sizeof(*items));
    for (size_t i = 0; i < from.count; i++)
        items[i] = arena_strdup(arena, from.items[i]);
    return (struct texts){items, from.count};
}

struct pairs pairs_copy(struct arena *arena, struct pairs from)
{
    struct pair *items = arena_alloc(arena, (from.count + 1) * sizeof(*items));
    for (size_t i = 0; i < from.count; i++)
        items[i] = (struct pair){arena_strdup(arena, from.items[i].key),
                                 arena_strdup(arena, from.items[i].value)};
    return (struct pairs){items, from.count};
}
