/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the rows of a probe type to the flags of `healthctl probe TYPE`: names, operands, completion. Called for parsing,
 * help and completion. What was given comes back as a node in type_node.c.
 */
#include "healthctl/type_flags.h"

#include <string.h>

#include "lib/core/talk.h"
#include "probes/registry.h"

enum { FLAGS_MAX = 400 };

struct maker {
    struct arena *arena;
    const char *type_name;
    struct flag *flags;
    size_t count;
};

const char *type_flag_name(struct arena *arena, const char *path)
{
    char *name = arena_strdup(arena, path);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return name;
}

static bool is_taken(const char *name)
{
    const struct command *probe = command_find("probe");
    const struct flag *const tables[] = {probe->flags, common_flags, daemon_flags};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        for (const struct flag *f = tables[i]; f && f->name; f++) {
            if (flag_is(f, name))
                return true;
        }
    }
    return false;
}

static const char *operand_of(const struct opt *row)
{
    switch (row->type) {
    case OPT_END:
    case OPT_BOOL:
        return NULL;
    case OPT_INT:
    case OPT_INTS:
    case OPT_NUMBER:
        return "NUMBER";
    case OPT_DURATION:
        return "DURATION";
    case OPT_SIZE:
        return "SIZE";
    case OPT_PERCENT:
        return "PERCENT";
    case OPT_CHOICE:
        return "WORD";
    case OPT_REGEX:
    case OPT_REGEXES:
        return "REGEX";
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
        return "'NAME: VALUE'";
    case OPT_SECTION:
    case OPT_SECTIONS:
    case OPT_NODE:
        return "YAML";
    case OPT_TEXT:
    case OPT_TEXTS:
    case OPT_SECRET:
        return "TEXT";
    }
    return "TEXT";
}

static bool takes_many(const struct opt *row)
{
    return row->type == OPT_TEXTS || row->type == OPT_INTS || row->type == OPT_REGEXES ||
           row->type == OPT_PAIRS || row->type == OPT_SECRET_PAIRS ||
           row->type == OPT_SECTIONS;
}

static const char *const *words_of(struct arena *arena, const struct opt *row)
{
    if (row->type != OPT_CHOICE)
        return NULL;
    size_t count = 0;
    while (row->choices[count].name)
        count++;
    const char **words = arena_alloc(arena, (count + 1) * sizeof(*words));
    for (size_t i = 0; i < count; i++)
        words[i] = row->choices[i].name;
    return words;
}

static struct flag *add_flag(struct maker *m, const struct opt *row, const char *path,
                             const char *suffix)
{
    if (m->count == FLAGS_MAX)
        return &m->flags[m->count];
    struct flag *f = &m->flags[m->count++];
    const char *name =
        arena_printf(m->arena, "%s%s", type_flag_name(m->arena, path), suffix);
    if (is_taken(name))
        name = arena_printf(m->arena, "%s-%s", m->type_name, name);
    *f = (struct flag){
        .name = name,
        .operand = operand_of(row),
        .doc = row->doc,
        .words = words_of(m->arena, row),
        .may_repeat = takes_many(row),
        .row = row,
        .path = path,
    };
    const size_t len = strlen(row->name);
    const bool is_file = len > 5 && !strcmp(row->name + len - 5, "_file");
    f->completes = f->words  ? COMPLETES_WORDS
                   : is_file ? COMPLETES_FILES
                             : COMPLETES_NOTHING;
    if (is_file && row->type == OPT_TEXT)
        f->operand = "FILE";
    return f;
}

static bool has_row(const struct opt *rows, const char *name, const char *suffix)
{
    for (const struct opt *row = rows; row->name; row++) {
        const size_t len = strlen(name);
        if (!strncmp(row->name, name, len) && !strcmp(row->name + len, suffix))
            return true;
    }
    return false;
}

/* Nobody should type a secret where `ps` shows it. */
static void add_secret(struct maker *m, const struct opt *rows, const struct opt *row,
                       const char *path)
{
    struct flag *f = add_flag(m, row, path, "");
    f->operand = "'${env:NAME}'";
    f = add_flag(m, row, path, "-env");
    f->operand = "NAME";
    f->prefix = "env";
    f->doc = arena_printf(m->arena, "The same, from this environment variable.");
    if (has_row(rows, row->name, "_file"))
        return;
    f = add_flag(m, row, path, "-file");
    f->operand = "FILE";
    f->prefix = "file";
    f->completes = COMPLETES_FILES;
    f->doc = arena_printf(m->arena, "The same, from this file.");
}

static void add_rows(struct maker *m, const struct opt *rows, const char *prefix)
{
    for (const struct opt *row = rows; row && row->name; row++) {
        if (row->flags & OPT_HIDDEN)
            continue;
        const char *path = arena_printf(m->arena, "%s%s", prefix, row->name);
        if (row->type == OPT_SECRET) {
            add_secret(m, rows, row, path);
            continue;
        }
        struct flag *on = add_flag(m, row, path, "");
        if (row->type == OPT_BOOL && row->def && !strcmp(row->def, "true")) {
            struct flag *off = add_flag(m, row, path, "");
            off->name = arena_printf(m->arena, "no-%s", off->name);
            off->doc = "The opposite.";
            off->is_off = true;
            on->has_off = true;
        }
        if (row->type == OPT_SECTION)
            add_rows(m, row->rows, arena_printf(m->arena, "%s.", path));
    }
}

const struct flag *type_flags(struct arena *arena, const char *type_name)
{
    const struct probe_type *type = type_name ? probe_type_find(type_name) : NULL;
    if (!type)
        return NULL;
    struct maker m = {.arena = arena, .type_name = type_name};
    m.flags = arena_alloc(arena, (FLAGS_MAX + 1) * sizeof(*m.flags));
    add_rows(&m, type->opts, "");
    if (type->talk)
        add_rows(&m, dial_opts, "");
    m.flags[m.count] = (struct flag){0};
    return m.flags;
}
