/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the names in an expression their meaning: variables of the probe type, locals, functions.
 * Called by expr_types.c; what has no meaning is refused with the nearest word that has one.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/expr_names.h"

enum { NAMES_MAX = 256, NAME_SIZE = 256, NAMES_SHOWN = 12 };

static const struct var *find_var(const struct checker *c, const char *name)
{
    for (const struct var *const *table = c->vars; *table; table++) {
        for (const struct var *var = *table; var->name; var++) {
            if (strcmp(var->name, name) == 0)
                return var;
        }
    }
    return NULL;
}

/* a.b.c as text; false when something else than names is in it. */
static bool chain_text(const struct node *n, char ret_text[NAME_SIZE])
{
    char before[NAME_SIZE];
    if (n->kind == NODE_NAME)
        return snprintf(ret_text, NAME_SIZE, "%s", n->name) < NAME_SIZE;
    if (n->kind != NODE_MEMBER || !chain_text(n->args[0], before))
        return false;
    return snprintf(ret_text, NAME_SIZE, "%s.%s", before, n->name) < NAME_SIZE;
}

static const struct node *chain_root(const struct node *n)
{
    while (n->kind == NODE_MEMBER)
        n = n->args[0];
    return n;
}

/* The names that may be used: all, or those that begin with prefix. */
static size_t collect_names(const struct checker *c, const char *prefix,
                            const char *ret_names[NAMES_MAX + 1])
{
    size_t count = 0;
    for (const struct var *const *table = c->vars; *table; table++) {
        for (const struct var *var = *table; var->name && count < NAMES_MAX; var++) {
            if (strncmp(var->name, prefix, strlen(prefix)) == 0)
                ret_names[count++] = var->name;
        }
    }
    ret_names[count] = NULL;
    return count;
}

/* in_quotes: what may have been meant as text; "" for nothing. */
static bool list_names(struct checker *c, const struct node *n, const char *name,
                       const char *const *names, const char *in_quotes)
{
    struct buf list = BUF_MAX(512);
    for (size_t i = 0; names[i] && i < NAMES_SHOWN; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    const char *hint =
        *in_quotes ? arena_printf(c->arena, " (text is written \"%.80s\")", in_quotes)
                   : "";
    expr_fault(
        c->x->text, n->from, c->e, "there is no %.80s%s; there is %s%s", name, hint,
        names[0] ? buf_text(&list) : "nothing to name here",
        list.overflow ||
                (names[0] &&
                 collect_names(c, "", (const char * [NAMES_MAX + 1]){NULL}) > NAMES_SHOWN)
            ? ", …"
            : "");
    buf_finish(&list);
    return false;
}

static bool unknown_name(struct checker *c, const struct node *n)
{
    char name[NAME_SIZE];
    const char *names[NAMES_MAX + 1];
    if (!chain_text(c->whole ? c->whole : n, name))
        snprintf(name, sizeof(name), "%s", n->name);
    if (function_find(n->name))
        return expr_fault(c->x->text, n->from, c->e, "%s is a function: write %s",
                          n->name, function_find(n->name)->usage);
    collect_names(c, "", names);
    const char *nearest = nearest_word(name, names);
    if (!nearest)
        nearest = nearest_word(n->name, names);
    if (nearest)
        return expr_fault(c->x->text, n->from, c->e,
                          "there is no %.80s; did you mean %s?", name, nearest);

    char prefix[NAME_SIZE];
    snprintf(prefix, sizeof(prefix), "%.200s.", n->name);
    const bool has_members = collect_names(c, prefix, names) > 0;
    if (!has_members)
        collect_names(c, "", names);
    return list_names(c, n, name, names, has_members || strchr(name, '.') ? "" : name);
}

static void become_var(struct checker *c, struct node *n, const struct var *var)
{
    size_t slot = 0;
    while (slot < c->x->use_count && c->x->uses[slot] != var)
        slot++;
    if (slot == c->x->use_count) {
        const struct var **uses = arena_alloc(c->arena, (slot + 1) * sizeof(*uses));
        if (slot > 0)
            memcpy(uses, c->x->uses, slot * sizeof(*uses));
        uses[slot] = var;
        c->x->uses = uses;
        c->x->use_count = slot + 1;
    }
    n->kind = NODE_VAR;
    n->slot = slot;
    n->type = type_is_open(var->type) ? VALUE_JSON : var->type;
}

static bool find_local(const struct checker *c, const char *name, size_t *ret_slot)
{
    for (size_t i = c->local_count; i > 0; i--) {
        if (strcmp(c->locals[i - 1], name) == 0) {
            *ret_slot = i - 1;
            return true;
        }
    }
    return false;
}

bool check_name(struct checker *c, struct node *n)
{
    const struct var *var;
    if (find_local(c, n->name, &n->slot)) {
        n->kind = NODE_LOCAL;
        n->type = VALUE_JSON;
        return true;
    }
    var = find_var(c, n->name);
    if (var) {
        become_var(c, n, var);
        return true;
    }
    if (strcmp(n->name, "now") == 0) {
        n->kind = NODE_CALL;
        n->function = function_find("now");
        n->type = VALUE_TIME;
        return true;
    }
    return unknown_name(c, n);
}

bool check_member(struct checker *c, struct node *n)
{
    char name[NAME_SIZE];
    size_t slot;
    const bool chain = chain_text(n, name);
    if (chain && !find_local(c, chain_root(n)->name, &slot) && find_var(c, name)) {
        become_var(c, n, find_var(c, name));
        return true;
    }
    const struct node *whole = c->whole;
    c->whole = chain && !whole ? n : whole;
    const bool fine = check_node(c, n->args[0]);
    c->whole = whole;
    if (!fine)
        return false;
    n->type = VALUE_JSON;
    const enum value_type type = n->args[0]->type;
    if (type_is_open(type) || type == VALUE_MAP)
        return true;
    const char *object = text_of(c, n->args[0]);
    if (function_find(n->name))
        return expr_fault(c->x->text, n->from, c->e, "%s is a function: write %s.%s(…)",
                          n->name, object, n->name);
    return expr_fault(
        c->x->text, n->from, c->e, "%s is %s, it has no %s%s", object, type_phrase(type),
        n->name,
        type == VALUE_TEXT && find_var(c, "json") ? "; a JSON body is read as json" : "");
}

bool unknown_function(struct checker *c, const struct node *n)
{
    static const char *const aliases[][2] = {
        {"len", "size"},       {"length", "size"},       {"count", "size"},
        {"any", "exists"},     {"some", "exists"},       {"every", "all"},
        {"float", "number"},   {"double", "number"},     {"string", "text"},
        {"timestamp", "time"}, {"includes", "contains"}, {"toLowerCase", "lower"},
        {"regex", "matches"},  {"match", "matches"},     {"lowerAscii", "lower"}};
    const char *names[64] = {"has", "exists", "all"};
    size_t count = 3;
    const char *meant = NULL;
    for (const struct function *f = expr_functions; f->name; f++)
        names[count++] = f->name;
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (strcmp(aliases[i][0], n->name) == 0)
            meant = aliases[i][1];
    }
    if (!meant)
        meant = nearest_word(n->name, names);
    const size_t at = n->method ? n->args[0]->to : n->from;
    return expr_fault(c->x->text, at, c->e, "there is no function %.80s%s%s%s", n->name,
                      meant ? "; did you mean " : "", meant ? meant : "",
                      meant ? "?" : "");
}
