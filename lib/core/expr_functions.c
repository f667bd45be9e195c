/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of expressions, one table row each. Called by the checker (names, types, literal
 * patterns) and the evaluator. exists, all and has are not here: they do not take values.
 */
#include <math.h>
#include <string.h>

#include "lib/core/expr_tree.h"
#include "lib/core/jsonpath.h"
#include "lib/core/regex.h"

enum { JSON_TEXT_MAX = 1024 * 1024 };

/* What a step does to a text, by what was measured. */
enum {
    BYTES_SEARCHED = 128,
    BYTES_COUNTED = 64,
    BYTES_CHANGED = 64,
    BYTES_MATCHED = 64,
    BYTES_PARSED = 16
};

/* ---- text and lists ---- */

static size_t count_runes(struct bytes text)
{
    size_t count = 0;
    if (bytes_is_utf8(text)) {
        for (size_t at = 0; at < text.len; at++)
            count += ((unsigned char)text.ptr[at] & 0xc0) != 0x80;
        return count;
    }
    for (size_t at = 0; at < text.len; count++) {
        const size_t len = bytes_utf8(bytes_slice(text, at, text.len));
        at += len ? len : 1;
    }
    return count;
}

static bool call_size(struct eval *ev, const struct node *n, const struct value *args,
                      struct value *ret_value)
{
    const bool text = args[0].type == VALUE_TEXT;
    if (text && !eval_work(ev, n, args[0].text.len / BYTES_COUNTED))
        return false;
    *ret_value =
        value_number((double)(text ? count_runes(args[0].text) : value_count(&args[0])));
    return true;
}

static bool call_contains(struct eval *ev, const struct node *n, const struct value *args,
                          struct value *ret_value)
{
    if (args[0].type == VALUE_TEXT && args[1].type == VALUE_TEXT) {
        *ret_value = value_bool(bytes_find(args[0].text, args[1].text) >= 0);
        return eval_work(ev, n, args[0].text.len / BYTES_SEARCHED);
    }
    if (!is_list(&args[0]))
        return eval_fail(ev, n,
                         "contains looks for text in text, or for an element in a list");
    *ret_value = value_bool(false);
    for (size_t i = 0; i < value_count(&args[0]) && !ret_value->truth; i++) {
        const struct value item = value_take(list_at(&args[0], i));
        ret_value->truth = values_equal(ev, &item, &args[1]);
    }
    return eval_work(ev, n, 0);
}

static bool call_starts_with(struct eval *ev, const struct node *n,
                             const struct value *args, struct value *ret_value)
{
    const struct bytes start = bytes_slice(args[0].text, 0, args[1].text.len);
    *ret_value = value_bool(bytes_equal(start, args[1].text));
    return true;
}

static bool call_ends_with(struct eval *ev, const struct node *n,
                           const struct value *args, struct value *ret_value)
{
    const struct bytes text = args[0].text, part = args[1].text;
    const bool fits = part.len <= text.len;
    const struct bytes end = bytes_slice(text, fits ? text.len - part.len : 0, text.len);
    *ret_value = value_bool(fits && bytes_equal(end, part));
    return true;
}

static const void *compile_pattern(struct arena *arena, struct bytes literal,
                                   struct err *e)
{
    const char *text = arena_strndup(arena, literal.ptr, literal.len);
    if (memchr(text, 0, literal.len)) {
        err_set(e, "a pattern has no NUL; write \\\\x00");
        return NULL;
    }
    const struct regex *re = regex_compile(arena, text, e);
    if (!re)
        err_wrap(e, "in the pattern %s", text);
    return re;
}

static bool call_matches(struct eval *ev, const struct node *n, const struct value *args,
                         struct value *ret_value)
{
    struct err why = {{0}};
    const struct regex *re = n->compiled;
    if (!eval_work(ev, n, args[0].text.len / BYTES_MATCHED + (re ? 30 : 500)))
        return false;
    if (!re)
        re = compile_pattern(ev->arena, args[1].text, &why);
    if (!re)
        return eval_fail(ev, n, "%s", why.text);
    const enum regex_result result = regex_match(re, args[0].text);
    if (result == REGEX_LIMIT)
        return eval_fail(
            ev, n,
            "the pattern is too hard to match with this text (%zu bytes); make it "
            "more specific",
            args[0].text.len);
    *ret_value = value_bool(result == REGEX_MATCH);
    return true;
}

/* ASCII, as header names, states and host names are. */
static bool change_case(struct eval *ev, const struct node *n, struct bytes text,
                        char first, struct value *ret_value)
{
    if (!eval_work(ev, n, text.len / BYTES_CHANGED))
        return false;
    char *changed = arena_try_alloc(ev->arena, text.len + 1);
    if (!changed)
        return eval_fail(ev, n, "this text is too long");
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        changed[i] = c >= first && c < first + 26 ? (char)(c ^ 32) : c;
    }
    *ret_value = value_text((struct bytes){changed, text.len});
    return true;
}

static bool call_lower(struct eval *ev, const struct node *n, const struct value *args,
                       struct value *ret_value)
{
    return change_case(ev, n, args[0].text, 'A', ret_value);
}

static bool call_upper(struct eval *ev, const struct node *n, const struct value *args,
                       struct value *ret_value)
{
    return change_case(ev, n, args[0].text, 'a', ret_value);
}

static bool call_trim(struct eval *ev, const struct node *n, const struct value *args,
                      struct value *ret_value)
{
    *ret_value = value_text(bytes_trim(args[0].text));
    return true;
}

/* ---- numbers ---- */

/* min and max, over arguments or one list. */
static bool pick(struct eval *ev, const struct node *n, const struct value *args,
                 enum operator_kind op, struct value *ret_value)
{
    const bool list = n->count == 1 && is_list(&args[0]);
    const size_t count = list ? value_count(&args[0]) : n->count;
    if (count == 0)
        return eval_fail(ev, n, "the list is empty");
    struct value best = value_take(list ? list_at(&args[0], 0) : args[0]);
    for (size_t i = 0; i < count; i++) {
        const struct value v = value_take(list ? list_at(&args[0], i) : args[i]);
        if (relation_refusal(op, v.type, best.type) || v.type == VALUE_JSON)
            return eval_fail(ev, n, "%s has no order with %s", value_brief(&v, ev->arena),
                             value_brief(&best, ev->arena));
        const bool by_ns = v.type == VALUE_DURATION || v.type == VALUE_TIME;
        const bool less = by_ns ? v.ns < best.ns : v.number < best.number;
        const bool more = by_ns ? v.ns > best.ns : v.number > best.number;
        if (op == OP_LT ? less : more)
            best = v;
    }
    *ret_value = best;
    return eval_work(ev, n, count);
}

static bool call_min(struct eval *ev, const struct node *n, const struct value *args,
                     struct value *ret_value)
{
    return pick(ev, n, args, OP_LT, ret_value);
}

static bool call_max(struct eval *ev, const struct node *n, const struct value *args,
                     struct value *ret_value)
{
    return pick(ev, n, args, OP_GT, ret_value);
}

static bool call_abs(struct eval *ev, const struct node *n, const struct value *args,
                     struct value *ret_value)
{
    *ret_value = args[0];
    ret_value->number = fabs(args[0].number);
    ret_value->ns = args[0].ns < -INT64_MAX ? INT64_MAX
                    : args[0].ns < 0        ? -args[0].ns
                                            : args[0].ns;
    ret_value->json = NULL;
    return true;
}

/* ---- JSONPath ---- */

static const void *compile_jsonpath(struct arena *arena, struct bytes literal,
                                    struct err *e)
{
    return jsonpath_compile(arena, literal, e);
}

static bool call_jsonpath(struct eval *ev, const struct node *n, const struct value *args,
                          struct value *ret_value)
{
    struct err why = {{0}};
    const json_t *root = args[0].json;
    if (args[0].type == VALUE_TEXT &&
        !eval_work(ev, n, 20 + args[0].text.len / BYTES_PARSED))
        return false;
    if (args[0].type == VALUE_TEXT)
        root = json_read(ev->arena, args[0].text, JSON_TEXT_MAX, &why);
    if (!root)
        return eval_fail(ev, n, "%s is no JSON: %s",
                         node_text(ev->x, n->args[0], ev->arena), why.text);
    const struct jsonpath *path = n->compiled;
    if (!path)
        path = jsonpath_compile(ev->arena, args[1].text, &why);
    if (!path)
        return eval_fail(ev, n, "%s", why.text);
    struct json_nodes found = {0};
    if (!jsonpath_select(path, root, ev->arena, &ev->steps, &found))
        return eval_work(ev, n, 0) &&
               eval_fail(ev, n, "the path selects more than %d values",
                         JSONPATH_MAX_NODES);
    struct value *items = arena_alloc(ev->arena, (found.count + 1) * sizeof(*items));
    for (size_t i = 0; i < found.count; i++)
        items[i] = value_json(found.items[i]);
    *ret_value = (struct value){.type = VALUE_LIST, .items = items, .count = found.count};
    return true;
}

/* ---- table ---- */

#define IS_TEXT TYPES(VALUE_TEXT)
#define IS_NUMBER TYPES(VALUE_NUMBER)
#define IS_LIST (TYPES(VALUE_LIST) | TYPES(VALUE_JSON))
#define IS_AMOUNT \
    (IS_NUMBER | TYPES(VALUE_DURATION) | TYPES(VALUE_SIZE) | TYPES(VALUE_PERCENT))
#define IS_TIME (TYPES(VALUE_TIME) | IS_TEXT | IS_NUMBER)
#define IS_ANY (~(TYPES(VALUE_MAP) | TYPES(VALUE_NONE)))

const struct function expr_functions[] = {
    {"abs", "abs(number)", 1, 1, {IS_AMOUNT, 0}, VALUE_JSON, call_abs, NULL},
    {"age",
     "age(time), time being text, Unix seconds or a time",
     1,
     1,
     {IS_TIME, 0},
     VALUE_DURATION,
     call_age,
     NULL},
    {"contains",
     "text.contains(part) or list.contains(element)",
     2,
     2,
     {IS_TEXT | IS_LIST, IS_ANY},
     VALUE_BOOL,
     call_contains,
     NULL},
    {"duration",
     "duration(\"1h30m\") or duration(seconds)",
     1,
     1,
     {IS_TEXT | IS_NUMBER | TYPES(VALUE_DURATION), 0},
     VALUE_DURATION,
     call_duration,
     NULL},
    {"endsWith",
     "text.endsWith(part)",
     2,
     2,
     {IS_TEXT, IS_TEXT},
     VALUE_BOOL,
     call_ends_with,
     NULL},
    {"int",
     "int(number)",
     1,
     1,
     {IS_TEXT | IS_AMOUNT | TYPES(VALUE_TIME), 0},
     VALUE_NUMBER,
     call_int,
     NULL},
    {"jsonpath",
     "jsonpath(json, \"$.a[*].b\")",
     2,
     2,
     {IS_TEXT | TYPES(VALUE_JSON), IS_TEXT},
     VALUE_LIST,
     call_jsonpath,
     compile_jsonpath},
    {"lower", "lower(text)", 1, 1, {IS_TEXT, 0}, VALUE_TEXT, call_lower, NULL},
    {"matches",
     "text.matches(\"pattern\")",
     2,
     2,
     {IS_TEXT, IS_TEXT},
     VALUE_BOOL,
     call_matches,
     compile_pattern},
    {"max",
     "max(a, b, …) or max(list)",
     1,
     EXPR_ARGS_MAX,
     {IS_AMOUNT | TYPES(VALUE_TIME) | IS_LIST, IS_AMOUNT | TYPES(VALUE_TIME)},
     VALUE_JSON,
     call_max,
     NULL},
    {"min",
     "min(a, b, …) or min(list)",
     1,
     EXPR_ARGS_MAX,
     {IS_AMOUNT | TYPES(VALUE_TIME) | IS_LIST, IS_AMOUNT | TYPES(VALUE_TIME)},
     VALUE_JSON,
     call_min,
     NULL},
    {"now", "now", 0, 0, {0, 0}, VALUE_TIME, call_now, NULL},
    {"number",
     "number(text)",
     1,
     1,
     {IS_TEXT | IS_AMOUNT | TYPES(VALUE_TIME), 0},
     VALUE_NUMBER,
     call_number,
     NULL},
    {"size",
     "size(text or list)",
     1,
     1,
     {IS_TEXT | IS_LIST, 0},
     VALUE_NUMBER,
     call_size,
     NULL},
    {"startsWith",
     "text.startsWith(part)",
     2,
     2,
     {IS_TEXT, IS_TEXT},
     VALUE_BOOL,
     call_starts_with,
     NULL},
    {"text", "text(value)", 1, 1, {IS_ANY, 0}, VALUE_TEXT, call_text, NULL},
    {"time",
     "time(\"2026-11-21T03:04:05Z\") or time(unix seconds)",
     1,
     1,
     {IS_TIME, 0},
     VALUE_TIME,
     call_time,
     NULL},
    {"trim", "trim(text)", 1, 1, {IS_TEXT, 0}, VALUE_TEXT, call_trim, NULL},
    {"upper", "upper(text)", 1, 1, {IS_TEXT, 0}, VALUE_TEXT, call_upper, NULL},
    {0},
};

const struct function *function_find(const char *name)
{
    for (const struct function *f = expr_functions; f->name; f++) {
        if (strcmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

bool function_arg_fits(const struct function *f, size_t i, enum value_type type)
{
    return f->takes[i > 0] & TYPES(type);
}
