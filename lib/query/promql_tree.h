/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parsed expression from the inside: words, tree, operators and the table of functions. For promql_*.c and nobody
 * else. A tree is immutable once promql_parse has returned it.
 */
#ifndef HEALTHD_QUERY_PROMQL_TREE_H
#define HEALTHD_QUERY_PROMQL_TREE_H

#include "lib/query/promql.h"

#define PROMQL_MAX_TEXT (64 * 1024)
#define PROMQL_MAX_NODES 20000
#define PROMQL_MAX_DEPTH 250 /* of the tree; evaluation and printing descend it */
#define PROMQL_MAX_ARGS 64

/* ---- words ---- */

enum word_kind {
    WORD_END,
    WORD_NAME,     /* letters, digits, _ and : */
    WORD_NUMBER,   /* number */
    WORD_DURATION, /* ms */
    WORD_TEXT,     /* a quoted text: text */
    WORD_MARK,     /* punctuation: as written */
};

struct word {
    enum word_kind kind;
    size_t from, to; /* where in the expression */
    double number;
    int64_t ms;
    const char *text; /* name, text or mark */
};

struct promql_reader { /* of words, and of faults */
    struct arena *arena;
    const char *text;
    size_t at;
    struct promql_fault *fault;
    bool has_fault;
};

/* Always false; the first fault counts. hint may be "". */
bool promql_fault_at(struct promql_reader *r, size_t at, const char *hint,
                     const char *fmt, ...) PRINTF_LIKE(4, 5);
bool promql_next_word(struct promql_reader *r, struct word *ret);
/* promql_literal.c: at r->at stands a quote, or a digit (or a point before one). */
bool promql_read_text(struct promql_reader *r, struct word *ret);
bool promql_read_number(struct promql_reader *r, struct word *ret);

/* ---- tree ---- */

enum promql_kind {
    PROMQL_NUMBER,
    PROMQL_TEXT,
    PROMQL_SELECTOR, /* instant, or over a range */
    PROMQL_SUBQUERY, /* args[0] over a range */
    PROMQL_CALL,
    PROMQL_AGGREGATE, /* args[0], and its parameter in args[1] when it has one */
    PROMQL_BINARY,    /* args[0], args[1] */
    PROMQL_NEGATE,    /* args[0] */
    PROMQL_PLUS,      /* +args[0] */
};

enum promql_op {
    OP_OR,
    OP_AND,
    OP_UNLESS,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_ATAN2,
    OP_POWER,
};

enum promql_aggregation {
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_COUNT,
    AGGREGATE_GROUP,
    AGGREGATE_STDDEV,
    AGGREGATE_STDVAR,
    AGGREGATE_TOPK,
    AGGREGATE_BOTTOMK,
    AGGREGATE_QUANTILE,
    AGGREGATE_COUNT_VALUES,
};

struct names { /* of labels */
    const char **items;
    size_t count;
};

enum promql_side { SIDE_NONE, SIDE_LEFT, SIDE_RIGHT };

struct promql_matching { /* of two vectors */
    bool is_given;       /* on or ignoring was written */
    bool is_on;
    struct names labels;
    enum promql_side many; /* group_left: the left side is the many */
    struct names include;
};

enum promql_at { AT_NONE, AT_TIME, AT_START, AT_END };

struct promql_node {
    enum promql_kind kind;
    enum promql_type type;
    uint32_t id, depth;
    size_t at;      /* where it begins in the expression */
    bool is_parens; /* written in parentheses */
    double number;
    const char *text;
    struct selector *selector;
    int64_t range_ms, step_ms, offset_ms; /* step 0: the default */
    bool has_offset;
    enum promql_at pinned;
    int64_t pinned_ms;
    const struct promql_function *function;
    const struct regex *regex; /* label_replace's */
    struct promql_node **args;
    size_t arg_count;
    enum promql_aggregation aggregation;
    struct names grouping;
    bool is_without;
    enum promql_op op;
    bool is_bool;
    struct promql_matching matching;
};

struct promql {
    const struct promql_node *root;
    size_t node_count;
    const struct selector **selectors;
    size_t selector_count;
    nsec reach;
};

/* promql_operators.c */
const char *promql_op_text(enum promql_op op);
bool promql_op_is_comparison(enum promql_op op);
bool promql_op_is_set(enum promql_op op);
/* For comparisons: what is kept, and whether it is. */
double promql_op_apply(enum promql_op op, double left, double right, bool *ret_keeps);
const char *promql_aggregation_text(enum promql_aggregation a);
bool promql_aggregation_find(const char *name, enum promql_aggregation *ret);
/* The parameter that an aggregation takes before its vector: PROMQL_SCALAR, PROMQL_STRING, or false for none. */
bool promql_aggregation_takes(enum promql_aggregation a, enum promql_type *ret_type);
/* Words that cannot begin an operand; by, offset, sum and the like may name a metric. */
bool promql_is_reserved(const char *name);
/* The value of an expression made of numbers alone. */
bool promql_constant(const struct promql_node *n, double *ret_value);

/* promql_type.c: checks types from the leaves up, as each node is made. */
bool promql_type_node(struct promql_reader *r, struct promql_node *n);
/* What is known only of the whole: the selectors and how far they reach. */
void promql_finish(struct arena *arena, struct promql *q);

/* promql_selector.c: name (or NULL), then, with has_list, what follows a `{` that was just read, to its `}`. */
bool promql_read_matchers(struct promql_reader *r, const struct word *name, bool has_list,
                          struct matchers *ret);
/* [a-zA-Z_][a-zA-Z0-9_]* */
bool promql_is_label_name(const char *text);
/* A name as it may stand in an expression: bare, or in quotes. */
void promql_print_name(const char *name, struct buf *out);
void promql_print_number(double number, struct buf *out);
void promql_print_text(const char *text, struct buf *out);

#endif
