/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees back to text: a canonical form that is equal for equal meaning (kept by probes to see whether
 * a reload changed them), and YAML for people. Never reads, never hides secrets: callers redact.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/core/node.h"

/* What an unquoted scalar would be taken for when it is not text. */
static bool is_special(const char *text)
{
    static const char *const words[] = {"",    "~",  "null", "true", "false",
                                        "yes", "no", "on",   "off",  "y",
                                        "n",   "<<", ".inf", ".nan"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (bytes_is_nocase(bytes_of(text), words[i]))
            return true;
    }
    double number;
    return bytes_to_double(bytes_of(text), &number);
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct node *const *)a)->key,
                  (*(const struct node *const *)b)->key);
}

static void canonical_map(const struct node *map, struct buf *out)
{
    const struct node **members = calloc(map->count + 1, sizeof(*members));
    if (!members)
        abort();
    size_t count = 0;
    for (const struct node *n = map->first; n; n = n->next)
        members[count++] = n;
    qsort(members, count, sizeof(*members), by_key);
    buf_add_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(members[i]->key));
        buf_add_byte(out, ':');
        node_canonical(members[i], out);
    }
    buf_add_byte(out, '}');
    free(members);
}

void node_canonical(const struct node *n, struct buf *out)
{
    if (out->overflow)
        return;
    switch (n ? n->kind : NODE_NULL) {
    case NODE_NULL:
        buf_add_text(out, "null");
        break;
    case NODE_SCALAR:
        if (!n->quoted && is_special(n->text))
            buf_add_text(out, n->text);
        else
            buf_add_json(out, bytes_of(n->text));
        break;
    case NODE_LIST:
        buf_add_byte(out, '[');
        for (const struct node *item = n->first; item; item = item->next) {
            if (item != n->first)
                buf_add_byte(out, ',');
            node_canonical(item, out);
        }
        buf_add_byte(out, ']');
        break;
    case NODE_MAP:
        canonical_map(n, out);
        break;
    }
}

/* Safe without quotes: nothing in it means something to YAML, also within [] and {}. */
static bool is_plain(const char *text)
{
    if (is_special(text) || strchr("-?:%@`|>&*!'\"#", *text) ||
        text[strlen(text) - 1] == ':')
        return false;
    if (*text == ' ' || text[strlen(text) - 1] == ' ')
        return false;
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f || strchr(",[]{}", *c))
            return false;
        if ((*c == ':' && c[1] == ' ') || (*c == ' ' && c[1] == '#'))
            return false;
    }
    return true;
}

void node_print_text(const char *text, struct buf *out)
{
    if (is_plain(text))
        buf_add_text(out, text);
    else
        buf_add_json(out, bytes_of(text));
}

static void print_scalar(const struct node *n, struct buf *out)
{
    if (n->kind == NODE_NULL)
        buf_add_text(out, "null");
    else if (!n->quoted && is_special(n->text))
        buf_add_text(out, n->text);
    else
        node_print_text(n->text, out);
}

static bool is_block(const struct node *n)
{
    return (n->kind == NODE_LIST || n->kind == NODE_MAP) && n->count > 0;
}

static void print_leaf(const struct node *n, struct buf *out)
{
    if (n->kind == NODE_LIST)
        buf_add_text(out, "[]");
    else if (n->kind == NODE_MAP)
        buf_add_text(out, "{}");
    else
        print_scalar(n, out);
    buf_add_byte(out, '\n');
}

void node_print(const struct node *n, int indent, struct buf *out)
{
    if (out->overflow)
        return;
    if (!is_block(n)) {
        buf_printf(out, "%*s", indent, "");
        print_leaf(n, out);
        return;
    }
    for (const struct node *item = n->first; item; item = item->next) {
        buf_printf(out, "%*s", indent, "");
        if (n->kind == NODE_LIST) {
            buf_add_byte(out, '-');
        } else {
            node_print_text(item->key, out);
            buf_add_byte(out, ':');
        }
        if (is_block(item)) {
            buf_add_byte(out, '\n');
            node_print(item, indent + 2, out);
        } else {
            buf_add_byte(out, ' ');
            print_leaf(item, out);
        }
    }
}
