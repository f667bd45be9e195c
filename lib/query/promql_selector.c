/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matchers of a selector, as PromQL writes them: {job="a", path=~"/api/.*"}, also with the metric's name or a
 * label's in quotes. Called by promql_parse.c.
 */
#include <string.h>

#include "lib/query/promql_tree.h"

#define MATCHERS_MAX 100

bool promql_is_label_name(const char *text)
{
    for (size_t i = 0; text[i]; i++) {
        const char c = text[i];
        const bool is_letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return text[0] != '\0';
}

void promql_print_name(const char *name, struct buf *out)
{
    if (promql_is_label_name(name))
        buf_add_text(out, name);
    else
        promql_print_text(name, out);
}

static bool op_of(const struct word *w, enum match_op *ret)
{
    static const char *const signs[] = {"=", "!=", "=~", "!~"};
    for (size_t i = 0; w->kind == WORD_MARK && i < ARRAY_LEN(signs); i++) {
        if (!strcmp(w->text, signs[i])) {
            *ret = (enum match_op)i;
            return true;
        }
    }
    return false;
}

struct reading { /* one selector's matchers */
    struct promql_reader *r;
    struct matcher items[MATCHERS_MAX];
    size_t count;
    bool has_name; /* the metric's, outside or alone in quotes */
};

static bool add(struct reading *x, size_t at, const char *name, enum match_op op,
                const char *value)
{
    struct err e = {0};
    if (x->count == MATCHERS_MAX)
        return promql_fault_at(x->r, at, "", "there are more than %d matchers",
                               MATCHERS_MAX);
    if (x->has_name && !strcmp(name, "__name__"))
        return promql_fault_at(x->r, at, "name the metric once",
                               "the metric's name is given twice");
    if (!matcher_make(x->r->arena, name, op, value, &x->items[x->count], &e))
        return promql_fault_at(x->r, at, "", "%s", e.text);
    x->count++;
    return true;
}

/* label="value", or "metric.name" alone; *w is its first word, and then the word after it. */
static bool read_matcher(struct reading *x, struct word *w)
{
    const struct word name = *w;
    enum match_op op;
    const bool is_colon = name.kind == WORD_NAME && strchr(name.text, ':');
    if ((name.kind != WORD_NAME && name.kind != WORD_TEXT) || is_colon)
        return promql_fault_at(x->r, name.from, "write {label=\"value\"}",
                               "a label's name is expected here");
    if (!promql_next_word(x->r, w))
        return false;
    if (!op_of(w, &op)) {
        if (name.kind != WORD_TEXT)
            return promql_fault_at(x->r, w->from, "",
                                   "after a label's name comes one of "
                                   "= != =~ !~");
        if (!add(x, name.from, "__name__", MATCH_EQUAL, name.text))
            return false;
        x->has_name = true;
        return true;
    }
    struct word value;
    if (!promql_next_word(x->r, &value))
        return false;
    if (value.kind != WORD_TEXT)
        return promql_fault_at(x->r, value.from, "put the value in quotes",
                               "a label's value is expected here, in quotes");
    return add(x, value.from, name.text, op, value.text) && promql_next_word(x->r, w);
}

static bool read_list(struct reading *x)
{
    struct word w;
    if (!promql_next_word(x->r, &w))
        return false;
    while (w.kind != WORD_MARK || strcmp(w.text, "}") != 0) {
        if (!read_matcher(x, &w))
            return false;
        if (w.kind == WORD_MARK && !strcmp(w.text, "}"))
            break;
        if (w.kind != WORD_MARK || strcmp(w.text, ",") != 0)
            return promql_fault_at(x->r, w.from, "",
                                   "between matchers comes a comma, and } at the end");
        if (!promql_next_word(x->r, &w))
            return false;
    }
    return true;
}

static bool selects_everything(const struct reading *x)
{
    for (size_t i = 0; i < x->count; i++) {
        if (!matcher_matches(&x->items[i], ""))
            return false;
    }
    return true;
}

bool promql_read_matchers(struct promql_reader *r, const struct word *name, bool has_list,
                          struct matchers *ret)
{
    struct reading x = {.r = r};
    const size_t at = name ? name->from : r->at - 1;
    if (name && !add(&x, at, "__name__", MATCH_EQUAL, name->text))
        return false;
    x.has_name = name != NULL;
    if (has_list && !read_list(&x))
        return false;
    if (selects_everything(&x))
        return promql_fault_at(r, at, "name a metric, or give one label that must be set",
                               "this would select every series");
    ret->items = arena_memdup(r->arena, x.items, x.count * sizeof(x.items[0]));
    ret->count = x.count;
    return true;
}
