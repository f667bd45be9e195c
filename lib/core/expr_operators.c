/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What relations mean (==, <, in): which types they take, and whether they hold. The same rules refuse an expression when it
 * is compiled and a value when it is run; nothing is converted silently, and different types are never merely unequal. Called
 * by expr_types.c and expr_eval.c; arithmetic is expr_arithmetic.c's.
 */
#include <string.h>

#include "lib/core/expr_tree.h"

const char *operator_text(enum operator_kind op)
{
    static const char *const texts[] = {
        "", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"};
    return texts[op];
}

/* Sizes count bytes, so they are numbers; all others keep to themselves. */
static enum value_type relation_class(enum value_type type)
{
    return type == VALUE_SIZE ? VALUE_NUMBER : type == VALUE_JSON ? VALUE_LIST : type;
}

static bool is_ordered(enum value_type type)
{
    return TYPES(type) &
           (TYPES(VALUE_NUMBER) | TYPES(VALUE_SIZE) | TYPES(VALUE_DURATION) |
            TYPES(VALUE_PERCENT) | TYPES(VALUE_TIME));
}

const char *operator_advice(enum value_type a, enum value_type b)
{
    static const struct {
        enum value_type a, b;
        const char *advice;
    } advices[] = {
        {VALUE_NUMBER, VALUE_TEXT, "write number(…) to read text as a number"},
        {VALUE_NUMBER, VALUE_DURATION,
         "write duration(…), which reads a number as seconds"},
        {VALUE_NUMBER, VALUE_TIME, "write time(…), which reads a number as Unix seconds"},
        {VALUE_NUMBER, VALUE_PERCENT, "write the number as a percentage (95%)"},
        {VALUE_DURATION, VALUE_TEXT, "write duration(…) to read text such as 1h30m"},
        {VALUE_DURATION, VALUE_TIME, "write age(…) for how long ago a time is"},
        {VALUE_TIME, VALUE_TEXT,
         "write time(…) to read text such as 2026-11-21T03:04:05Z"},
        {VALUE_BOOL, VALUE_TEXT, "write true and false without quotes, or text(…)"},
        {VALUE_BOOL, VALUE_NUMBER, "write true and false, not 1 and 0"},
    };
    for (size_t i = 0; i < ARRAY_LEN(advices); i++) {
        if ((advices[i].a == a && advices[i].b == b) ||
            (advices[i].a == b && advices[i].b == a))
            return advices[i].advice;
    }
    if (a == VALUE_MAP || b == VALUE_MAP)
        return "take one entry: headers[\"name\"]";
    return "";
}

bool type_is_open(enum value_type type)
{
    return type == VALUE_JSON || type == VALUE_NONE;
}

static const char *in_refusal(enum value_type a, enum value_type b)
{
    if (b == VALUE_TEXT)
        return "write text.contains(part)";
    if (b == VALUE_MAP && a != VALUE_TEXT && !type_is_open(a))
        return "names are text";
    return b == VALUE_LIST || b == VALUE_MAP || type_is_open(b) ? NULL
                                                                : "in looks into a list";
}

const char *relation_refusal(enum operator_kind op, enum value_type a, enum value_type b)
{
    if (op == OP_IN)
        return in_refusal(a, b);
    const bool equality = op == OP_EQ || op == OP_NE;
    if (equality && (a == VALUE_NULL || b == VALUE_NULL))
        return NULL;
    if (!equality && (a == VALUE_TEXT || b == VALUE_TEXT) &&
        (a == b || type_is_open(a) || type_is_open(b)))
        return "text has no order here; number(…), duration(…) and time(…) have";
    if (!equality &&
        ((!is_ordered(a) && !type_is_open(a)) || (!is_ordered(b) && !type_is_open(b)))) {
        const char *advice = operator_advice(relation_class(a), relation_class(b));
        return *advice ? advice : "only amounts and times have an order";
    }
    if (a != VALUE_MAP && b != VALUE_MAP &&
        (type_is_open(a) || type_is_open(b) || relation_class(a) == relation_class(b)))
        return NULL;
    return operator_advice(relation_class(a), relation_class(b));
}

static bool json_equal_counted(struct eval *ev, const json_t *a, const json_t *b);

static bool objects_equal(struct eval *ev, const json_t *a, const json_t *b)
{
    if (json_object_size(a) != json_object_size(b))
        return false;
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)a, key, item) {
        const json_t *other = json_object_get(b, key);
        if (!other || !json_equal_counted(ev, item, other))
            return false;
    }
    return true;
}

static bool json_equal_counted(struct eval *ev, const json_t *a, const json_t *b)
{
    if (json_is_object(a) && json_is_object(b))
        return objects_equal(ev, a, b);
    const struct value left = value_take(value_json(a)),
                       right = value_take(value_json(b));
    return values_equal(ev, &left, &right);
}

static bool lists_equal(struct eval *ev, const struct value *a, const struct value *b)
{
    const size_t count = value_count(a);
    if (count != value_count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct value left = value_take(list_at(a, i)),
                           right = value_take(list_at(b, i));
        if (!values_equal(ev, &left, &right))
            return false;
    }
    return true;
}

static bool numbers_equal(const struct value *a, const struct value *b)
{
    if (json_is_integer(a->json) && json_is_integer(b->json))
        return json_integer_value(a->json) == json_integer_value(b->json);
    return a->number == b->number;
}

bool values_equal(struct eval *ev, const struct value *a, const struct value *b)
{
    if (ev->steps > 0)
        ev->steps--;
    if (ev->steps == 0 || relation_class(a->type) != relation_class(b->type))
        return false;
    switch (relation_class(a->type)) {
    case VALUE_NONE:
    case VALUE_MAP:
    case VALUE_JSON:
    case VALUE_SIZE:
        return false;
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->truth == b->truth;
    case VALUE_NUMBER:
        return numbers_equal(a, b);
    case VALUE_PERCENT:
        return a->number == b->number;
    case VALUE_DURATION:
    case VALUE_TIME:
        return a->ns == b->ns;
    case VALUE_TEXT:
        return bytes_equal(a->text, b->text);
    case VALUE_LIST:
        if (a->type == VALUE_JSON && b->type == VALUE_JSON && json_is_object(a->json) &&
            json_is_object(b->json))
            return objects_equal(ev, a->json, b->json);
        return is_list(a) && is_list(b) && lists_equal(ev, a, b);
    }
    return false;
}

/* "status is a number (200)"; a literal shows itself. */
static const char *side(struct eval *ev, const struct node *n, const struct value *v)
{
    const char *text = node_text(ev->x, n, ev->arena);
    if (n->kind == NODE_LITERAL || v->type == VALUE_NULL)
        return arena_printf(ev->arena, "%s is %s", text, type_phrase(v->type));
    return arena_printf(ev->arena, "%s is %s (%s)", text, type_phrase(v->type),
                        value_brief(v, ev->arena));
}

bool eval_refuse_pair(struct eval *ev, const struct node *n, const struct value *a,
                      const struct value *b, const char *advice)
{
    return eval_fail(ev, n, "%s and %s%s%s", side(ev, n->args[0], a),
                     side(ev, n->args[1], b), *advice ? "; " : "", advice);
}

static bool look_in(struct eval *ev, const struct node *n, const struct value *a,
                    const struct value *b, bool *ret_holds)
{
    bool comparable = false;
    for (size_t i = 0; i < b->count || (b->json && i < json_array_size(b->json)); i++) {
        const struct value item = value_take(list_at(b, i));
        comparable = comparable || !relation_refusal(OP_EQ, a->type, item.type);
        *ret_holds = values_equal(ev, a, &item);
        if (*ret_holds)
            return true;
    }
    *ret_holds = false;
    if (!comparable && value_count(b) > 0) {
        const struct value first = value_take(list_at(b, 0));
        return eval_fail(ev, n, "%s, but the first in the list is %s (%s)",
                         side(ev, n->args[0], a), type_phrase(first.type),
                         value_brief(&first, ev->arena));
    }
    return eval_work(ev, n, 0);
}

static bool eval_in(struct eval *ev, const struct node *n, const struct value *a,
                    const struct value *b, bool *ret_holds)
{
    if (b->type == VALUE_LIST || (b->type == VALUE_JSON && json_is_array(b->json)))
        return look_in(ev, n, a, b, ret_holds);
    if (a->type != VALUE_TEXT || (b->type != VALUE_MAP && b->type != VALUE_JSON))
        return eval_refuse_pair(ev, n, a, b,
                                "in looks into a list, or for a name in a map or object");
    struct value entry;
    *ret_holds = b->type == VALUE_MAP
                     ? b->lookup(b->map, a->text, ev->arena, &entry)
                     : json_object_getn(b->json, a->text.ptr, a->text.len) != NULL;
    return true;
}

bool eval_relation(struct eval *ev, const struct node *n, const struct value *a,
                   const struct value *b, bool *ret_holds)
{
    if (n->op == OP_IN)
        return eval_in(ev, n, a, b, ret_holds);
    const bool equality = n->op == OP_EQ || n->op == OP_NE;
    const bool null = equality && (a->type == VALUE_NULL || b->type == VALUE_NULL);
    const bool fits = equality ? relation_class(a->type) == relation_class(b->type)
                               : a->type != VALUE_JSON && b->type != VALUE_JSON;
    const char *advice = relation_refusal(n->op, a->type, b->type);
    if (!null && (advice || !fits))
        return eval_refuse_pair(ev, n, a, b, advice ? advice : "");
    if (equality) {
        *ret_holds = values_equal(ev, a, b) == (n->op == OP_EQ);
        return eval_work(ev, n, 0);
    }
    const bool by_ns = a->type == VALUE_DURATION || a->type == VALUE_TIME;
    const int order = by_ns ? (a->ns > b->ns) - (a->ns < b->ns)
                            : (a->number > b->number) - (a->number < b->number);
    *ret_holds = n->op == OP_LT   ? order < 0
                 : n->op == OP_LE ? order <= 0
                 : n->op == OP_GT ? order > 0
                                  : order >= 0;
    return true;
}
