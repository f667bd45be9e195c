/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSONPath queries (RFC 9535), the part that people write in health checks. Called by the
 * jsonpath() function of expressions. Selects only; never changes or copies a document.
 */
#include "lib/core/jsonpath.h"

#include <string.h>

enum { SEGMENTS_MAX = 32, SELECTORS_MAX = 16 };

enum selector_kind { SELECT_NAME, SELECT_INDEX, SELECT_SLICE, SELECT_ALL, SELECT_FILTER };
enum comparison {
    COMPARE_EXISTS,
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LE,
    COMPARE_GE,
    COMPARE_LT,
    COMPARE_GT
};

struct selector {
    enum selector_kind kind;
    struct bytes name;
    int64_t from, to, step; /* INDEX: from */
    bool has_from, has_to;
    const struct jsonpath *filter; /* FILTER: from @, of one node at most */
    enum comparison comparison;
    const json_t *literal;
};

struct segment {
    bool descends; /* .. */
    struct selector selectors[SELECTORS_MAX];
    size_t count;
};

struct jsonpath {
    struct segment *segments;
    size_t count;
};

/* ---- reading ---- */

struct reader {
    const char *text; /* NUL-terminated copy */
    size_t at;
    struct arena *arena;
    struct err *e;
};

static bool fault(struct reader *in, const char *why)
{
    return err_set(in->e, "in the JSONPath %s, at offset %zu: %s", in->text, in->at, why);
}

static void skip_space(struct reader *in)
{
    while (strchr(" \t\r\n", in->text[in->at]) && in->text[in->at])
        in->at++;
}

static bool take(struct reader *in, const char *mark)
{
    const size_t len = strlen(mark);
    if (strncmp(in->text + in->at, mark, len) != 0)
        return false;
    in->at += len;
    return true;
}

static bool is_name_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           (unsigned char)c >= 0x80;
}

static bool read_integer(struct reader *in, int64_t *ret_value)
{
    const size_t len = strspn(in->text + in->at, "-0123456789");
    const struct bytes digits = {in->text + in->at, len};
    if (len == 0)
        return false;
    if (!bytes_to_i64(digits, ret_value) || *ret_value > INT32_MAX ||
        *ret_value < INT32_MIN)
        return false;
    in->at += len;
    return true;
}

/* 'a\'b' or "a": backslash quotes the next character. */
static bool read_quoted(struct reader *in, struct bytes *ret_name)
{
    const char quote = in->text[in->at++];
    char *name = arena_alloc(in->arena, strlen(in->text + in->at) + 1);
    size_t len = 0;
    while (in->text[in->at] && in->text[in->at] != quote) {
        if (in->text[in->at] == '\\' && in->text[in->at + 1])
            in->at++;
        name[len++] = in->text[in->at++];
    }
    *ret_name = (struct bytes){name, len};
    return take(in, quote == '"' ? "\"" : "'") || fault(in, "this name is not closed");
}

static struct jsonpath *read_path(struct reader *in, unsigned depth);

static bool read_literal(struct reader *in, struct selector *s)
{
    const char c = in->text[in->at];
    struct err why = {{0}};
    struct bytes text = {in->text + in->at, strcspn(in->text + in->at, " )],&|")};
    if (c == '\'' || c == '"') {
        if (!read_quoted(in, &text))
            return false;
        json_t *string = json_stringn(text.ptr, text.len);
        if (!string)
            return fault(in, "this text is not UTF-8");
        arena_cleanup(in->arena, (void (*)(void *))(void (*)(void))json_decref, string);
        s->literal = string;
        return true;
    }
    /* Within a list, so that one call reads every kind of scalar. */
    const char *list = arena_printf(in->arena, "[%.*s]", (int)text.len, text.ptr);
    const json_t *read = json_read(in->arena, bytes_of(list), JSONPATH_MAX_TEXT, &why);
    s->literal = json_array_get(read, 0);
    if (json_array_size(read) != 1 || json_is_object(s->literal) ||
        json_is_array(s->literal))
        return fault(in, "expected a number, 'text', true, false or null");
    in->at += text.len;
    return true;
}

/* ?@.a.b == 1, also in parentheses as older dialects have it. */
static bool read_filter(struct reader *in, struct selector *s, unsigned depth)
{
    static const char *const marks[] = {NULL, "==", "!=", "<=", ">=", "<", ">"};
    skip_space(in);
    const bool parens = take(in, "(");
    skip_space(in);
    if (depth > 0 || !take(in, "@"))
        return fault(in,
                     "a filter compares a member of the element: [?@.state == 'open']");
    s->kind = SELECT_FILTER;
    s->filter = read_path(in, depth + 1);
    if (!s->filter)
        return false;
    skip_space(in);
    for (enum comparison c = COMPARE_EQ;
         c <= COMPARE_GT && s->comparison == COMPARE_EXISTS; c++) {
        if (take(in, marks[c]))
            s->comparison = c;
    }
    skip_space(in);
    if (s->comparison != COMPARE_EXISTS && !read_literal(in, s))
        return false;
    skip_space(in);
    return !parens || take(in, ")") || fault(in, "expected ')'");
}

static bool read_slice(struct reader *in, struct selector *s)
{
    s->step = 1;
    s->has_from = read_integer(in, &s->from);
    skip_space(in);
    if (!take(in, ":")) {
        s->kind = SELECT_INDEX;
        return s->has_from ||
               fault(in, "expected a name in quotes, a number, *, or a filter");
    }
    s->kind = SELECT_SLICE;
    skip_space(in);
    s->has_to = read_integer(in, &s->to);
    skip_space(in);
    if (take(in, ":")) {
        skip_space(in);
        read_integer(in, &s->step);
    }
    return true;
}

static bool read_selector(struct reader *in, struct selector *s, unsigned depth)
{
    skip_space(in);
    if (in->text[in->at] == '\'' || in->text[in->at] == '"') {
        s->kind = SELECT_NAME;
        return read_quoted(in, &s->name);
    }
    if (take(in, "*")) {
        s->kind = SELECT_ALL;
        return true;
    }
    if (take(in, "?"))
        return read_filter(in, s, depth);
    return read_slice(in, s);
}

static bool read_brackets(struct reader *in, struct segment *segment, unsigned depth)
{
    do {
        if (segment->count == SELECTORS_MAX)
            return fault(in, "at most 16 selectors in brackets");
        if (!read_selector(in, &segment->selectors[segment->count++], depth))
            return false;
        skip_space(in);
    } while (take(in, ","));
    return take(in, "]") || fault(in, "expected ']'");
}

static bool read_segment(struct reader *in, struct segment *segment, unsigned depth)
{
    segment->descends = take(in, "..");
    if (!segment->descends && !take(in, ".") && in->text[in->at] != '[')
        return fault(in, "expected .name, [index] or ..");
    if (in->text[in->at] == '[' && (segment->descends || in->text[in->at - 1] != '.')) {
        in->at++;
        return read_brackets(in, segment, depth);
    }
    struct selector *s = &segment->selectors[segment->count++];
    if (take(in, "*")) {
        s->kind = SELECT_ALL;
        return true;
    }
    const size_t start = in->at;
    while (is_name_byte(in->text[in->at]))
        in->at++;
    if (in->at == start)
        return fault(in,
                     "expected a name; write ['a-b'] for names with other characters");
    s->kind = SELECT_NAME;
    s->name = (struct bytes){in->text + start, in->at - start};
    return true;
}

static struct jsonpath *read_path(struct reader *in, unsigned depth)
{
    struct jsonpath *path = arena_alloc(in->arena, sizeof(*path));
    struct segment *segments = arena_alloc(in->arena, SEGMENTS_MAX * sizeof(*segments));
    path->segments = segments;
    for (;;) {
        if (depth == 0)
            skip_space(in);
        const char next = in->text[in->at];
        if (depth > 0 ? next != '.' && next != '[' : next == 0)
            return path;
        if (path->count == SEGMENTS_MAX) {
            fault(in, "at most 32 steps");
            return NULL;
        }
        if (!read_segment(in, &segments[path->count++], depth))
            return NULL;
    }
}

struct jsonpath *jsonpath_compile(struct arena *arena, struct bytes text, struct err *e)
{
    if (text.len > JSONPATH_MAX_TEXT) {
        err_set(e, "the JSONPath has %zu bytes; at most %d are allowed", text.len,
                JSONPATH_MAX_TEXT);
        return NULL;
    }
    struct reader in = {arena_strndup(arena, text.ptr, text.len), 0, arena, e};
    if (!take(&in, "$")) {
        fault(&in, "a JSONPath starts with $");
        return NULL;
    }
    return read_path(&in, 0);
}

/* ---- selecting ---- */

struct selection {
    struct arena *arena;
    size_t *steps;
    size_t max;
};

static bool add(struct selection *sel, struct json_nodes *nodes, const json_t *node)
{
    if (!node)
        return true;
    if (*sel->steps == 0 || nodes->count == sel->max)
        return false;
    (*sel->steps)--;
    if (nodes->count == nodes->size) {
        nodes->size = nodes->size ? nodes->size * 2 : 4;
        const json_t **items = arena_alloc(sel->arena, nodes->size * sizeof(*items));
        if (nodes->count)
            memcpy(items, nodes->items, nodes->count * sizeof(*items));
        nodes->items = items;
    }
    nodes->items[nodes->count++] = node;
    return true;
}

static bool add_descendants(struct selection *sel, struct json_nodes *nodes,
                            const json_t *node)
{
    const char *key;
    json_t *item;
    if (!add(sel, nodes, node))
        return false;
    if (json_is_object(node)) {
        json_object_foreach ((json_t *)(uintptr_t)node, key, item) {
            if (!add_descendants(sel, nodes, item))
                return false;
        }
    }
    for (size_t i = 0; i < json_array_size(node); i++) {
        if (!add_descendants(sel, nodes, json_array_get(node, i)))
            return false;
    }
    return true;
}

static int order(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        const double x = json_number_value(a), y = json_number_value(b);
        return (x > y) - (x < y);
    }
    return strcmp(json_string_value(a), json_string_value(b));
}

static bool equal(const json_t *a, const json_t *b)
{
    return json_is_number(a) && json_is_number(b) ? order(a, b) == 0 : json_equal(a, b);
}

static bool compares(const struct selector *s, const json_t *found)
{
    const json_t *literal = s->literal;
    const bool ordered = found && ((json_is_number(found) && json_is_number(literal)) ||
                                   (json_is_string(found) && json_is_string(literal)));
    switch (s->comparison) {
    case COMPARE_EXISTS:
        return found != NULL;
    case COMPARE_EQ:
        return found && equal(found, literal);
    case COMPARE_NE:
        return !found || !equal(found, literal);
    case COMPARE_LT:
        return ordered && order(found, literal) < 0;
    case COMPARE_LE:
        return ordered && order(found, literal) <= 0;
    case COMPARE_GT:
        return ordered && order(found, literal) > 0;
    case COMPARE_GE:
        return ordered && order(found, literal) >= 0;
    }
    return false;
}

static bool filter_takes(const struct selector *s, struct selection *sel,
                         const json_t *item)
{
    struct json_nodes found = {0};
    *sel->steps -= *sel->steps > 0;
    if (!jsonpath_select(s->filter, item, sel->arena, sel->steps, &found))
        return false;
    return compares(s, found.count > 0 ? found.items[0] : NULL);
}

/* All children, or those that a filter takes. */
static bool add_children(const struct selector *s, struct selection *sel,
                         const json_t *node, struct json_nodes *nodes)
{
    const char *key;
    json_t *item;
    const bool all = s->kind == SELECT_ALL;
    if (json_is_object(node)) {
        json_object_foreach ((json_t *)(uintptr_t)node, key, item) {
            if ((all || filter_takes(s, sel, item)) && !add(sel, nodes, item))
                return false;
        }
    }
    for (size_t i = 0; i < json_array_size(node); i++) {
        item = json_array_get(node, i);
        if ((all || filter_takes(s, sel, item)) && !add(sel, nodes, item))
            return false;
    }
    return true;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* RFC 9535 §2.3.4.2 */
static bool add_slice(const struct selector *s, struct selection *sel, const json_t *node,
                      struct json_nodes *nodes)
{
    const int64_t count = (int64_t)json_array_size(node);
    const bool up = s->step > 0;
    int64_t from = s->has_from ? s->from : up ? 0 : count - 1;
    int64_t to = s->has_to ? s->to : up ? count : -count - 1;
    from = from < 0 ? from + count : from;
    to = to < 0 ? to + count : to;
    from = clamp(from, up ? 0 : -1, up ? count : count - 1);
    to = clamp(to, up ? 0 : -1, up ? count : count - 1);
    for (int64_t i = from; s->step != 0 && (up ? i < to : i > to); i += s->step) {
        if (!add(sel, nodes, json_array_get(node, (size_t)i)))
            return false;
    }
    return true;
}

static bool select_from(const struct selector *s, struct selection *sel,
                        const json_t *node, struct json_nodes *nodes)
{
    int64_t index = s->from;
    switch (s->kind) {
    case SELECT_NAME:
        return add(sel, nodes, json_object_getn(node, s->name.ptr, s->name.len));
    case SELECT_INDEX:
        if (index < 0)
            index += (int64_t)json_array_size(node);
        return index < 0 || add(sel, nodes, json_array_get(node, (size_t)index));
    case SELECT_SLICE:
        return add_slice(s, sel, node, nodes);
    case SELECT_ALL:
    case SELECT_FILTER:
        return add_children(s, sel, node, nodes);
    }
    return true;
}

static bool apply(const struct segment *segment, struct selection *sel,
                  const json_t *node, struct json_nodes *nodes)
{
    struct json_nodes starts = {0};
    const size_t max = sel->max;
    sel->max = SIZE_MAX; /* only what is selected counts, not what is walked over */
    const bool walked =
        segment->descends ? add_descendants(sel, &starts, node) : add(sel, &starts, node);
    sel->max = max;
    for (size_t i = 0; walked && i < starts.count; i++) {
        for (size_t k = 0; k < segment->count; k++) {
            if (!select_from(&segment->selectors[k], sel, starts.items[i], nodes))
                return false;
        }
    }
    return walked;
}

bool jsonpath_select(const struct jsonpath *path, const json_t *root, struct arena *arena,
                     size_t *steps, struct json_nodes *ret_nodes)
{
    struct selection sel = {arena, steps, SIZE_MAX};
    struct json_nodes nodes = {0};
    if (!add(&sel, &nodes, root))
        return false;
    for (size_t i = 0; i < path->count; i++) {
        struct json_nodes next = {0};
        for (size_t k = 0; k < nodes.count; k++) {
            if (!apply(&path->segments[i], &sel, nodes.items[k], &next))
                return false;
        }
        nodes = next;
    }
    if (*steps == 0 || nodes.count > JSONPATH_MAX_NODES)
        return false;
    *ret_nodes = nodes;
    return true;
}
