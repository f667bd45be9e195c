/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An expression as text again: one line, one way of writing, read back as the same. Also the threshold that an
 * alert's text shows. Called for the list of rules and for messages.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/query/promql_functions.h"

void promql_print_number(double number, struct buf *out)
{
    if (isinf(number))
        buf_add_text(out, number > 0 ? "Inf" : "-Inf");
    else
        buf_add_double(out, number);
}

static void print_ms(int64_t ms, struct buf *out)
{
    duration_format(out, ms * NSEC_PER_MSEC);
}

static void print_labels(const struct names *names, struct buf *out)
{
    buf_add_byte(out, '(');
    for (size_t i = 0; i < names->count; i++) {
        buf_add_text(out, i ? ", " : "");
        promql_print_name(names->items[i], out);
    }
    buf_add_byte(out, ')');
}

/* ---- behind an operand ---- */

static void print_behind(const struct promql_node *n, struct buf *out)
{
    if (n->pinned == AT_START)
        buf_add_text(out, " @ start()");
    else if (n->pinned == AT_END)
        buf_add_text(out, " @ end()");
    else if (n->pinned == AT_TIME)
        buf_printf(out, " @ %s%" PRId64 ".%03d", n->pinned_ms < 0 ? "-" : "",
                   (n->pinned_ms < 0 ? -n->pinned_ms : n->pinned_ms) / 1000,
                   (int)((n->pinned_ms < 0 ? -n->pinned_ms : n->pinned_ms) % 1000));
    if (!n->has_offset)
        return;
    buf_add_text(out, n->offset_ms < 0 ? " offset -" : " offset ");
    print_ms(n->offset_ms < 0 ? -n->offset_ms : n->offset_ms, out);
}

static bool is_bare_name(const char *name)
{
    const size_t plain = strcspn(name, ":");
    if (!name[plain])
        return promql_is_label_name(name) && !promql_is_reserved(name);
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_:") == strlen(name) &&
           !(name[0] >= '0' && name[0] <= '9');
}

static const char *name_of(const struct matchers *m)
{
    const bool is_named = m->count > 0 && m->items[0].op == MATCH_EQUAL &&
                          !strcmp(m->items[0].name, "__name__");
    return is_named && is_bare_name(m->items[0].value) ? m->items[0].value : NULL;
}

static void print_selector(const struct promql_node *n, struct buf *out)
{
    static const char *const signs[] = {"=", "!=", "=~", "!~"};
    const struct matchers *m = &n->selector->matchers;
    const char *name = name_of(m);
    size_t i = name ? 1 : 0;
    if (name)
        buf_add_text(out, name);
    if (i < m->count)
        buf_add_byte(out, '{');
    for (const char *comma = ""; i < m->count; i++, comma = ",") {
        buf_add_text(out, comma);
        promql_print_name(m->items[i].name, out);
        buf_add_text(out, signs[m->items[i].op]);
        promql_print_text(m->items[i].value, out);
        if (i + 1 == m->count)
            buf_add_byte(out, '}');
    }
    if (n->range_ms) {
        buf_add_byte(out, '[');
        print_ms(n->range_ms, out);
        buf_add_byte(out, ']');
    }
    print_behind(n, out);
}

/* In quotes: bytes that are no text are written as such, so that it reads back as the same. */
void promql_print_text(const char *text, struct buf *out)
{
    struct bytes rest = bytes_of(text);
    buf_add_byte(out, '"');
    while (rest.len > 0) {
        const size_t len = bytes_utf8(rest);
        const unsigned char c = (unsigned char)*rest.ptr;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n')
            buf_add_text(out, "\\n");
        else if (len == 0 || c < ' ' || c == 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_add(out, rest.ptr, len);
        rest = bytes_slice(rest, len ? len : 1, rest.len);
    }
    buf_add_byte(out, '"');
}

/* ---- operators ---- */

static void print_node(const struct promql_node *n, struct buf *out);

static void print_matching(const struct promql_matching *m, struct buf *out)
{
    if (!m->is_given)
        return;
    buf_add_text(out, m->is_on ? " on " : " ignoring ");
    print_labels(&m->labels, out);
    if (m->many == SIDE_NONE)
        return;
    buf_add_text(out, m->many == SIDE_LEFT ? " group_left " : " group_right ");
    print_labels(&m->include, out);
}

static void print_binary(const struct promql_node *n, struct buf *out)
{
    print_node(n->args[0], out);
    buf_printf(out, " %s", promql_op_text(n->op));
    if (n->is_bool)
        buf_add_text(out, " bool");
    print_matching(&n->matching, out);
    buf_add_byte(out, ' ');
    print_node(n->args[1], out);
}

static void print_aggregate(const struct promql_node *n, struct buf *out)
{
    buf_add_text(out, promql_aggregation_text(n->aggregation));
    if (n->grouping.count > 0 || n->is_without) {
        buf_add_text(out, n->is_without ? " without " : " by ");
        print_labels(&n->grouping, out);
        buf_add_byte(out, ' ');
    }
    buf_add_byte(out, '(');
    if (n->arg_count > 1) {
        print_node(n->args[1], out);
        buf_add_text(out, ", ");
    }
    print_node(n->args[0], out);
    buf_add_byte(out, ')');
}

static void print_call(const struct promql_node *n, struct buf *out)
{
    buf_printf(out, "%s(", n->function->name);
    for (size_t i = 0; i < n->arg_count; i++) {
        buf_add_text(out, i ? ", " : "");
        print_node(n->args[i], out);
    }
    buf_add_byte(out, ')');
}

static void print_subquery(const struct promql_node *n, struct buf *out)
{
    print_node(n->args[0], out);
    buf_add_byte(out, '[');
    print_ms(n->range_ms, out);
    buf_add_byte(out, ':');
    if (n->step_ms)
        print_ms(n->step_ms, out);
    buf_add_byte(out, ']');
    print_behind(n, out);
}

static void print_inner(const struct promql_node *n, struct buf *out)
{
    switch (n->kind) {
    case PROMQL_NUMBER:
        promql_print_number(n->number, out);
        break;
    case PROMQL_TEXT:
        promql_print_text(n->text, out);
        break;
    case PROMQL_SELECTOR:
        print_selector(n, out);
        break;
    case PROMQL_SUBQUERY:
        print_subquery(n, out);
        break;
    case PROMQL_CALL:
        print_call(n, out);
        break;
    case PROMQL_AGGREGATE:
        print_aggregate(n, out);
        break;
    case PROMQL_BINARY:
        print_binary(n, out);
        break;
    case PROMQL_NEGATE:
    case PROMQL_PLUS:
        buf_add_byte(out, n->kind == PROMQL_NEGATE ? '-' : '+');
        print_node(n->args[0], out);
        break;
    }
}

static void print_node(const struct promql_node *n, struct buf *out)
{
    if (n->is_parens)
        buf_add_byte(out, '(');
    print_inner(n, out);
    if (n->is_parens)
        buf_add_byte(out, ')');
}

void promql_print(const struct promql *q, struct buf *out)
{
    print_node(q->root, out);
}

/* ---- the threshold ---- */

static enum promql_op mirrored(enum promql_op op)
{
    static const enum promql_op pairs[][2] = {{OP_LESS, OP_GREATER},
                                              {OP_LESS_EQUAL, OP_GREATER_EQUAL}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (op == pairs[i][0] || op == pairs[i][1])
            return op == pairs[i][0] ? pairs[i][1] : pairs[i][0];
    }
    return op;
}

const char *promql_threshold(const struct promql *q, struct arena *arena)
{
    const struct promql_node *n = q->root;
    double limit;
    if (n->kind != PROMQL_BINARY || !promql_op_is_comparison(n->op) || n->is_bool)
        return "";
    enum promql_op op = n->op;
    if (!promql_constant(n->args[1], &limit)) {
        if (!promql_constant(n->args[0], &limit))
            return "";
        op = mirrored(op);
    }
    struct buf out = BUF_MAX(64);
    buf_printf(&out, "%s ", promql_op_text(op));
    promql_print_number(limit, &out);
    return arena_keep(arena, &out);
}
