/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an expression, shared by expr_*.c and value.c only: text → tokens (expr_lex) →
 * tree (expr_parse) → names and types (expr_names, expr_types) → value (expr_eval, expr_path,
 * expr_operators, expr_arithmetic, expr_functions, expr_convert, jsonpath) → sentence (expr.c).
 */
#ifndef HEALTHD_CORE_EXPR_TREE_H
#define HEALTHD_CORE_EXPR_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/attr.h"
#include "lib/core/expr.h"

enum {
    EXPR_TEXT_MAX = 4096,
    EXPR_DEPTH_MAX = 64,
    EXPR_LIST_MAX = 1000,
    EXPR_LOCALS_MAX = 4,
    EXPR_STEPS = 50000, /* one evaluation; a step is some 80 ns */
    EXPR_ARGS_MAX = 16
};

/* ---- tokens ---- */

enum token_kind { TOKEN_END, TOKEN_LITERAL, TOKEN_NAME, TOKEN_MARK };
struct token {
    enum token_kind kind;
    size_t from, to;    /* bytes of the text */
    char mark[3];       /* MARK: "&&", "." */
    struct value value; /* LITERAL */
};
struct lexer {
    const char *text;
    size_t at;
    struct arena *arena;
    struct err *e;
};
bool lexer_next(struct lexer *in, struct token *ret_token);
/* Sets the error with its column. Always false. */
bool expr_fault(const char *text, size_t at, struct err *e, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* ---- tree ---- */

enum operator_kind {
    OP_NONE,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD
};
enum node_kind {
    NODE_LITERAL,
    NODE_NAME, /* until checked */
    NODE_VAR,
    NODE_LOCAL, /* of exists and all */
    NODE_MEMBER,
    NODE_INDEX,
    NODE_LIST,
    NODE_NOT,
    NODE_NEGATE,
    NODE_AND,
    NODE_OR,
    NODE_RELATION,
    NODE_ARITHMETIC,
    NODE_CHOOSE,
    NODE_CALL,
    NODE_HAS,
    NODE_EXISTS,
    NODE_ALL
};

struct function;
struct node {
    enum node_kind kind;
    enum operator_kind op;
    size_t from, to; /* its source */
    size_t depth;    /* of the tree below, 1 for a leaf */
    struct node **args;
    size_t count;
    const char *name; /* NAME, MEMBER, CALL; the local's name of EXISTS, ALL */
    bool method;      /* CALL as args[0].name(…) */
    struct value value;
    enum value_type type; /* VALUE_JSON: known only when run */
    size_t slot;          /* VAR: in uses; LOCAL, EXISTS, ALL: in locals */
    const struct function *function;
    const void *compiled; /* the regex or jsonpath of a literal argument */
};

struct expr {
    const char *text;
    struct node *root;
    const struct var **uses;
    size_t use_count;
};

bool expr_parse(struct arena *arena, const char *text, struct node **ret_root,
                struct err *e);
/* Gives names and types their meaning; x->text and x->root are set. */
bool expr_check(struct expr *x, struct arena *arena, const struct var *const *vars,
                struct err *e);

/* ---- evaluation ---- */

struct cached_var {
    enum { CACHE_EMPTY, CACHE_VALUE, CACHE_MISSING } state;
    struct value value;
    const char *why;
};
struct eval {
    const struct expr *x;
    struct run *run;
    struct wall now;
    struct arena *arena;
    struct cached_var *vars;
    struct value locals[EXPR_LOCALS_MAX];
    const struct node *path; /* the whole of the path that is being followed */
    size_t steps;
    const struct node *failed; /* where, NULL for none */
    const char *why;           /* and why */
    bool missing;              /* because something is not there */
};
void eval_init(struct eval *ev, const struct expr *x, struct run *run, struct wall now,
               struct arena *arena);
/* ret_value is never a JSON scalar: those take their own types. */
bool eval_node(struct eval *ev, const struct node *n, struct value *ret_value);
/* expr_path.c: VAR, MEMBER and INDEX. */
bool eval_var(struct eval *ev, const struct node *n, struct value *ret_value);
bool eval_path(struct eval *ev, const struct node *n, struct value *ret_value);
/* As a condition; anything but a bool is a failure. */
bool eval_truth(struct eval *ev, const struct node *n, bool *ret_truth);
/* Gives up: always false. */
bool eval_fail(struct eval *ev, const struct node *n, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Counts work; false (failed at n) when there was too much of it. */
bool eval_work(struct eval *ev, const struct node *n, size_t steps);
/* The elements of a list, a JSON array, or the keys of a JSON object. */
size_t value_count(const struct value *list);
struct value list_at(const struct value *list, size_t i);
bool is_list(const struct value *v);
struct elements {
    struct value list;
    size_t next;
    void *iter; /* of an object */
};
struct elements elements_of(const struct value *list);
bool elements_next(struct elements *in, struct value *ret_element);
/* What the local of exists or all stands for just now: json.items[1]. */
const char *element_text(struct eval *ev, const struct node *n,
                         const struct elements *in);
/* Forgets a failure. */
void eval_forgive(struct eval *ev);

/* ---- operators: on types when compiled, on values when run ---- */

const char *operator_text(enum operator_kind op);
/* "a number", "text". */
const char *type_phrase(enum value_type type);
/* Known only when it is run: JSON's, or none yet. */
bool type_is_open(enum value_type type);
/* How two types that do not go together may be made to; "" when there is no advice. */
const char *operator_advice(enum value_type a, enum value_type b);
/* Fails at n with both sides and the advice. Always false. */
bool eval_refuse_pair(struct eval *ev, const struct node *n, const struct value *a,
                      const struct value *b, const char *advice);
/* NULL when the operator takes these types (VALUE_JSON and VALUE_NONE may become any), else what
 * to do instead ("" when there is no advice). */
const char *relation_refusal(enum operator_kind op, enum value_type a, enum value_type b);
bool arithmetic_type(enum operator_kind op, enum value_type a, enum value_type b,
                     enum value_type *ret_type);
bool eval_relation(struct eval *ev, const struct node *n, const struct value *a,
                   const struct value *b, bool *ret_holds);
bool eval_arithmetic(struct eval *ev, const struct node *n, const struct value *a,
                     const struct value *b, struct value *ret_value);
/* Deep equality; different types are different. */
bool values_equal(struct eval *ev, const struct value *a, const struct value *b);

/* ---- functions ---- */

#define TYPES(type) (1u << (type))
struct function {
    const char *name;
    const char *usage; /* "text.contains(part)" */
    size_t min, max;   /* arguments, with the receiver */
    unsigned takes[2]; /* TYPES of the first, and of all others */
    enum value_type result;
    bool (*call)(struct eval *ev, const struct node *n, const struct value *args,
                 struct value *ret_value);
    /* Prepares a literal second argument, or NULL. */
    const void *(*compile)(struct arena *arena, struct bytes literal, struct err *e);
};
extern const struct function expr_functions[]; /* ends with {0} */
const struct function *function_find(const char *name);
bool function_arg_fits(const struct function *f, size_t i, enum value_type type);
/* expr_convert.c */
bool call_number(struct eval *ev, const struct node *n, const struct value *args,
                 struct value *ret_value);
bool call_int(struct eval *ev, const struct node *n, const struct value *args,
              struct value *ret_value);
bool call_text(struct eval *ev, const struct node *n, const struct value *args,
               struct value *ret_value);
bool call_duration(struct eval *ev, const struct node *n, const struct value *args,
                   struct value *ret_value);
bool call_time(struct eval *ev, const struct node *n, const struct value *args,
               struct value *ret_value);
bool call_age(struct eval *ev, const struct node *n, const struct value *args,
              struct value *ret_value);
bool call_now(struct eval *ev, const struct node *n, const struct value *args,
              struct value *ret_value);
/* Reads text or a Unix number as a time. */
bool value_to_time(const struct value *v, struct value *ret_time);

/* ---- for people ---- */

/* The source of a node on one line, cut when long. */
const char *node_text(const struct expr *x, const struct node *n, struct arena *arena);
/* A JSON scalar becomes what it is. */
struct value value_take(struct value v);
void number_print(const struct value *v, struct buf *out);

#endif
