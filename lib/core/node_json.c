/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree written as JSON: what people write as YAML and a peer wants as JSON or as its like. Called by probes. Plain
 * scalars that JSON knows keep their type; all else is text.
 */
#include <string.h>

#include "lib/core/node.h"

/* YAML's core schema: what a plain scalar is. */
static bool is_json_plain(const char *text)
{
    double number;
    if (!strcmp(text, "true") || !strcmp(text, "false") || !strcmp(text, "null"))
        return true;
    const size_t digits = strspn(text, "-0123456789.eE+");
    if (!text[0] || text[digits] || text[0] == '+' || text[0] == '.')
        return false;
    const char *first = text[0] == '-' ? text + 1 : text;
    const bool has_leading_zero = first[0] == '0' && first[1] >= '0' && first[1] <= '9';
    return !has_leading_zero && first[0] >= '0' && first[0] <= '9' &&
           text[strlen(text) - 1] != '.' && bytes_to_double(bytes_of(text), &number);
}

void node_json(const struct node *n, struct buf *out)
{
    const char *separator = "";
    switch (n->kind) {
    case NODE_NULL:
        buf_add_text(out, "null");
        break;
    case NODE_SCALAR:
        if (!n->quoted && is_json_plain(n->text))
            buf_add_text(out, n->text);
        else
            buf_add_json(out, bytes_of(n->text));
        break;
    case NODE_LIST:
    case NODE_MAP:
        buf_add_byte(out, n->kind == NODE_MAP ? '{' : '[');
        for (const struct node *it = n->first; it; it = it->next) {
            buf_add_text(out, separator);
            separator = ",";
            if (n->kind == NODE_MAP) {
                buf_add_json(out, bytes_of(it->key));
                buf_add_byte(out, ':');
            }
            node_json(it, out);
        }
        buf_add_byte(out, n->kind == NODE_MAP ? '}' : ']');
        break;
    }
}
