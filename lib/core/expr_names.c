/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the names of a tree their meaning and refuses, with column and advice, what could never
 * be evaluated. Called once, by expr_compile. What only a run can know (JSON, maps) is left to it.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/expr_tree.h"

enum { NAMES_MAX = 256, NAME_SIZE = 256, NAMES_SHOWN = 12 };

struct checker {
    struct expr *x;
    struct arena *arena;
    const struct var *const *vars;
    struct err *e;
    const char *locals[EXPR_LOCALS_MAX];
    size_t local_count;
    const struct node
        *whole; /* the longest chain of names around what is being checked */
};

static bool check(struct checker *c, struct node *n);

static const char *text_of(struct checker *c, const struct node *n)
{
    return node_text(c->x, n, c->arena);
}

static bool is_open(enum value_type type)
{
    return type == VALUE_JSON || type == VALUE_NONE;
}

/* ---- names ---- */

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

static bool list_names(struct checker *c, const struct node *n, const char *name,
                       const char *const *names)
{
    struct buf list = BUF_MAX(512);
    for (size_t i = 0; names[i] && i < NAMES_SHOWN; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    expr_fault(
        c->x->text, n->from, c->e, "there is no %.80s; there is %s%s", name,
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
    if (collect_names(c, prefix, names) == 0)
        collect_names(c, "", names);
    return list_names(c, n, name, names);
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
    n->type = is_open(var->type) ? VALUE_JSON : var->type;
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

static bool check_name(struct checker *c, struct node *n)
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

static bool check_member(struct checker *c, struct node *n)
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
    const bool fine = check(c, n->args[0]);
    c->whole = whole;
    if (!fine)
        return false;
    n->type = VALUE_JSON;
    const enum value_type type = n->args[0]->type;
    if (is_open(type) || type == VALUE_MAP)
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

static bool check_index(struct checker *c, struct node *n)
{
    const struct node *whole = c->whole;
    c->whole = NULL;
    const bool fine = check(c, n->args[0]) && check(c, n->args[1]);
    c->whole = whole;
    if (!fine)
        return false;
    n->type = VALUE_JSON;
    const enum value_type type = n->args[0]->type, index = n->args[1]->type;
    const bool by_number = index == VALUE_NUMBER && (type == VALUE_LIST || is_open(type));
    const bool by_name = index == VALUE_TEXT && (type == VALUE_MAP || is_open(type));
    const bool open =
        is_open(index) && (type == VALUE_LIST || type == VALUE_MAP || is_open(type));
    return by_number || by_name || open ||
           expr_fault(c->x->text, n->args[1]->from, c->e,
                      "%s is %s, it cannot be indexed by %s", text_of(c, n->args[0]),
                      type_phrase(type), type_phrase(index));
}

/* ---- calls ---- */

static bool unknown_function(struct checker *c, const struct node *n)
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

static bool check_condition(struct checker *c, const struct node *n)
{
    return n->type == VALUE_BOOL || is_open(n->type) ||
           expr_fault(c->x->text, n->from, c->e,
                      "%s is %s, not true or false; compare it with something",
                      text_of(c, n), type_phrase(n->type));
}

static bool check_has(struct checker *c, struct node *n)
{
    n->kind = NODE_HAS;
    n->type = VALUE_BOOL;
    if (n->count != 1)
        return expr_fault(c->x->text, n->from, c->e, "write has(json.name)");
    if (!check(c, n->args[0]))
        return false;
    const enum node_kind kind = n->args[0]->kind;
    return kind == NODE_VAR || kind == NODE_MEMBER || kind == NODE_INDEX ||
           expr_fault(c->x->text, n->args[0]->from, c->e,
                      "has() asks for something by its path: has(json.name)");
}

static bool check_elements(struct checker *c, struct node *n)
{
    const bool all = strcmp(n->name, "all") == 0;
    n->kind = all ? NODE_ALL : NODE_EXISTS;
    n->type = VALUE_BOOL;
    if (n->count != 3 || n->args[1]->kind != NODE_NAME)
        return expr_fault(c->x->text, n->from, c->e,
                          "write list.%s(x, x.state == \"up\")", n->name);
    if (c->local_count == EXPR_LOCALS_MAX)
        return expr_fault(c->x->text, n->from, c->e,
                          "exists and all nest at most %d deep", EXPR_LOCALS_MAX);
    if (!check(c, n->args[0]))
        return false;
    if (!is_open(n->args[0]->type) && n->args[0]->type != VALUE_LIST)
        return expr_fault(c->x->text, n->args[0]->from, c->e, "%s is %s, not a list",
                          text_of(c, n->args[0]), type_phrase(n->args[0]->type));
    n->slot = c->local_count;
    c->locals[c->local_count++] = n->args[1]->name;
    const bool fine = check(c, n->args[2]) && check_condition(c, n->args[2]);
    c->local_count--;
    return fine;
}

/* Patterns, and literals that a function would never take: duration("5 minutes"). */
static bool check_literals(struct checker *c, struct node *n)
{
    const struct function *f = n->function;
    if (f->compile && n->args[1]->kind == NODE_LITERAL) {
        n->compiled = f->compile(c->arena, n->args[1]->value.text, c->e);
        if (n->compiled)
            return true;
        const struct err why = *c->e;
        return expr_fault(c->x->text, n->args[1]->from, c->e, "%s", why.text);
    }
    if (n->count != 1 || n->args[0]->kind != NODE_LITERAL)
        return true;
    struct eval ev;
    struct value value;
    eval_init(&ev, c->x, NULL, (struct wall){0}, c->arena);
    return f->call(&ev, n, &n->args[0]->value, &value) ||
           expr_fault(c->x->text, n->args[0]->from, c->e, "%s", ev.why);
}

static bool check_call(struct checker *c, struct node *n)
{
    if (strcmp(n->name, "has") == 0)
        return check_has(c, n);
    if (strcmp(n->name, "exists") == 0 || strcmp(n->name, "all") == 0)
        return check_elements(c, n);
    const struct function *f = n->function = function_find(n->name);
    for (size_t i = 0; i < n->count; i++) {
        if (!check(c, n->args[i]))
            return false;
    }
    if (!f)
        return unknown_function(c, n);
    if (n->count < f->min || n->count > f->max)
        return expr_fault(c->x->text, n->from, c->e, "write %s", f->usage);
    for (size_t i = 0; i < n->count; i++) {
        const enum value_type type = n->args[i]->type;
        if (!is_open(type) && !function_arg_fits(f, i, type))
            return expr_fault(c->x->text, n->args[i]->from, c->e, "%s is %s; write %s",
                              text_of(c, n->args[i]), type_phrase(type), f->usage);
    }
    n->type = f->result;
    if (f->result == VALUE_JSON && n->args[0]->type != VALUE_LIST)
        n->type = n->args[0]->type; /* abs, min, max: as what they are given */
    return check_literals(c, n);
}

/* ---- operators ---- */

static const char *phrase(enum value_type type)
{
    return is_open(type) ? "JSON" : type_phrase(type);
}

/* What to do about a literal is simpler than what to do about a value. */
static const char *literal_advice(const struct node *literal, enum value_type other)
{
    double number;
    if (literal->kind != NODE_LITERAL)
        return NULL;
    if (other == VALUE_NUMBER && literal->type == VALUE_TEXT &&
        bytes_to_double(literal->value.text, &number))
        return "write the number without quotes";
    if (other == VALUE_DURATION && literal->type == VALUE_NUMBER)
        return "give it a unit, as in 800ms or 5m";
    return NULL;
}

static bool refuse_pair(struct checker *c, const struct node *n, const char *advice)
{
    const struct node *a = n->args[0], *b = n->args[1];
    const char *simpler = literal_advice(a, b->type);
    if (!simpler)
        simpler = literal_advice(b, a->type);
    if (simpler)
        advice = simpler;
    return expr_fault(c->x->text, n->from, c->e, "%s is %s and %s is %s%s%s",
                      text_of(c, a), phrase(a->type), text_of(c, b), phrase(b->type),
                      *advice ? "; " : "", advice);
}

/* status in ["200"]: no element can be equal. */
static bool check_in_list(struct checker *c, const struct node *n)
{
    const struct node *left = n->args[0], *list = n->args[1];
    const struct node *wrong = NULL;
    if (list->kind != NODE_LIST || is_open(left->type))
        return true;
    for (size_t i = 0; i < list->count; i++) {
        if (!relation_refusal(OP_EQ, left->type, list->args[i]->type))
            return true;
        wrong = wrong ? wrong : list->args[i];
    }
    return !wrong || expr_fault(c->x->text, wrong->from, c->e, "%s is %s and %s is %s",
                                text_of(c, left), type_phrase(left->type),
                                text_of(c, wrong), type_phrase(wrong->type));
}

static bool check_pair(struct checker *c, struct node *n)
{
    if (!check(c, n->args[0]) || !check(c, n->args[1]))
        return false;
    const enum value_type a = n->args[0]->type, b = n->args[1]->type;
    if (n->kind == NODE_RELATION) {
        const char *advice = relation_refusal(n->op, a, b);
        n->type = VALUE_BOOL;
        return advice ? refuse_pair(c, n, advice) : n->op != OP_IN || check_in_list(c, n);
    }
    const char *both = "+ - take two of a kind, a time and a duration; * / also a number";
    return arithmetic_type(n->op, a, b, &n->type) || refuse_pair(c, n, both);
}

static bool check_negate(struct checker *c, struct node *n)
{
    if (!check(c, n->args[0]))
        return false;
    n->type = n->args[0]->type;
    const unsigned signs =
        TYPES(VALUE_NUMBER) | TYPES(VALUE_DURATION) | TYPES(VALUE_PERCENT);
    return is_open(n->type) || (signs & TYPES(n->type)) ||
           expr_fault(c->x->text, n->from, c->e,
                      "%s is %s; - takes a number, duration or percentage",
                      text_of(c, n->args[0]), type_phrase(n->type));
}

static bool check_choose(struct checker *c, struct node *n)
{
    for (size_t i = 0; i < 3; i++) {
        if (!check(c, n->args[i]))
            return false;
    }
    n->type = n->args[1]->type == n->args[2]->type ? n->args[1]->type : VALUE_JSON;
    return check_condition(c, n->args[0]);
}

static bool check_conditions(struct checker *c, struct node *n)
{
    n->type = VALUE_BOOL;
    for (size_t i = 0; i < n->count; i++) {
        if (!check(c, n->args[i]) || !check_condition(c, n->args[i]))
            return false;
    }
    return true;
}

static bool check_list(struct checker *c, struct node *n)
{
    n->type = VALUE_LIST;
    for (size_t i = 0; i < n->count; i++) {
        if (!check(c, n->args[i]))
            return false;
    }
    return true;
}

static bool check(struct checker *c, struct node *n)
{
    switch (n->kind) {
    case NODE_LITERAL:
        n->type = n->value.type;
        return true;
    case NODE_NAME:
        return check_name(c, n);
    case NODE_MEMBER:
        return check_member(c, n);
    case NODE_INDEX:
        return check_index(c, n);
    case NODE_LIST:
        return check_list(c, n);
    case NODE_NOT:
    case NODE_AND:
    case NODE_OR:
        return check_conditions(c, n);
    case NODE_NEGATE:
        return check_negate(c, n);
    case NODE_RELATION:
    case NODE_ARITHMETIC:
        return check_pair(c, n);
    case NODE_CHOOSE:
        return check_choose(c, n);
    case NODE_CALL:
        return check_call(c, n);
    case NODE_VAR:
    case NODE_LOCAL:
    case NODE_HAS:
    case NODE_EXISTS:
    case NODE_ALL:
        break; /* made here, from the others */
    }
    return true;
}

bool expr_check(struct expr *x, struct arena *arena, const struct var *const *vars,
                struct err *e)
{
    struct checker c = {.x = x, .arena = arena, .vars = vars, .e = e};
    return check(&c, x->root);
}
