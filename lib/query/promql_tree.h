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

/* Reports a fault at a byte of the text, unless there was one before. hint: what to do; "" for nothing. Always false. */
bool promql_fault_at(struct promql_reader *r, size_t at, const char *hint,
                     const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Reads one word and moves r->at behind it. False after a fault. At the end of the text it is WORD_END. */
bool promql_next_word(struct promql_reader *r, struct word *ret);
/* promql_literal.c: the same, where r->at is at a quote. */
bool promql_read_text(struct promql_reader *r, struct word *ret);
/* The same, where r->at is at a digit, or at a point before one: a number or a duration. */
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

struct promql_matching { /* how the elements of two vectors find each other */
    bool is_given;       /* on or ignoring is written */
    bool is_on;          /* by labels; else by all but labels */
    struct names labels;
    enum promql_side many; /* group_left: of the left side, several may match one */
    struct names include;  /* labels that the many take from the one */
};

enum promql_at { AT_NONE, AT_TIME, AT_START, AT_END };

struct promql_node {
    enum promql_kind kind;
    enum promql_type type;
    uint32_t id, depth; /* id: from 0; depth: of the tree below it, 1 for a leaf */
    uint32_t at;        /* the byte of the expression at which it begins */
    uint32_t arg_count;
    bool is_parens; /* it is written in parentheses */
    struct promql_node **args;
    union {               /* by kind; the others have args alone */
        double number;    /* NUMBER */
        const char *text; /* TEXT */
        struct {          /* SELECTOR, SUBQUERY */
            struct selector *selector;
            int64_t range_ms, step_ms, offset_ms; /* step_ms 0: struct promql_opts' */
            int64_t pinned_ms;                    /* AT_TIME's */
            enum promql_at pinned;                /* what is written behind `@` */
            bool has_offset;
        };
        struct { /* CALL */
            const struct promql_function *function;
            const struct regex *regex; /* label_replace's */
        };
        struct { /* AGGREGATE */
            struct names grouping;
            enum promql_aggregation aggregation;
            bool is_without;
        };
        struct { /* BINARY */
            struct promql_matching matching;
            enum promql_op op;
            bool is_bool;
        };
    };
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
/* The result of left op right. Of a comparison that is left, and *ret_keeps whether it holds; of others *ret_keeps is true. */
double promql_op_apply(enum promql_op op, double left, double right, bool *ret_keeps);
const char *promql_aggregation_text(enum promql_aggregation a);
bool promql_aggregation_find(const char *name, enum promql_aggregation *ret);
/* The parameter that an aggregation takes before its vector: PROMQL_SCALAR, PROMQL_STRING, or false for none. */
bool promql_aggregation_takes(enum promql_aggregation a, enum promql_type *ret_type);
/* Whether a word cannot begin an operand; `by`, `offset`, `sum` and the like can, as the name of a metric. */
bool promql_is_reserved(const char *name);
/* The value of an expression that is made of numbers alone; false for any other. */
bool promql_constant(const struct promql_node *n, double *ret_value);

/* promql_type.c: gives a node its type, once its arguments have theirs. False after a fault. */
bool promql_type_node(struct promql_reader *r, struct promql_node *n);
/* Works out what is known only of the whole: the selectors, and how far back they reach. */
void promql_finish(struct arena *arena, struct promql *q);

/* promql_selector.c: the matchers of a selector. name: the metric's, or NULL; has_list: a `{` was just read, and what follows
 * is read up to its `}`. False after a fault. */
bool promql_read_matchers(struct promql_reader *r, const struct word *name, bool has_list,
                          struct matchers *ret);
/* Whether it is a label's name that needs no quotes: [a-zA-Z_][a-zA-Z0-9_]* */
bool promql_is_label_name(const char *text);
/* A name as it may stand in an expression: bare, or in quotes. */
void promql_print_name(const char *name, struct buf *out);
void promql_print_number(double number, struct buf *out);
void promql_print_text(const char *text, struct buf *out);

#endif
