/* SPDX-License-Identifier: Apache-2.0 */
/* The parser's state and steps, shared by promql_parse.c (operators) and promql_operand.c (operands). */
#ifndef HEALTHD_QUERY_PROMQL_PARSER_H
#define HEALTHD_QUERY_PROMQL_PARSER_H

#include "lib/query/promql_functions.h"

struct parser {
    struct promql_reader r;
    struct word word; /* the one to be looked at next */
    size_t node_count;
};

/* Goes on to the next word; false after a fault. */
bool parser_step(struct parser *p);
/* Whether the word is this mark, or this name in any case. */
bool parser_at(const struct parser *p, const char *mark);
bool parser_at_name(const struct parser *p, const char *name);
/* Reports that `what` was expected in place of the word. Always false. */
bool parser_expected(struct parser *p, const char *what);
/* Steps over this mark; false, after a fault, when it is not there. */
bool parser_take(struct parser *p, const char *mark);
/* Reads a list of label names in parentheses: (a, b). False after a fault. */
bool parser_labels(struct parser *p, struct names *ret);
/* A new node that begins at a byte of the text, with room for arg_count arguments. */
struct promql_node *parser_node(struct parser *p, enum promql_kind kind, size_t at,
                                size_t arg_count);
/* Types a node whose arguments are set; NULL after a fault. */
struct promql_node *parser_finish(struct parser *p, struct promql_node *n);
/* Reads an expression as far as its operators bind tighter than power (0: all of it). depth: how deep the caller is. NULL
 * after a fault. */
struct promql_node *parser_expression(struct parser *p, int power, int depth);
/* promql_operand.c: a number, text, selector, call, aggregation or (…), with [range], offset and @ behind it. */
struct promql_node *parser_operand(struct parser *p, int depth);

#endif
