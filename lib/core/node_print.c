/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees back to text: a canonical form that is equal for equal meaning (kept by probes to see whether
 * a reload changed them), and YAML for people. Never reads, never hides secrets: callers redact.
 */
#include <stdint.h>
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

/* Characters that YAML does not take as they are, or takes for the end of a line. */
static bool is_special_character(uint32_t c)
{
    return (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

/* The code point of a sequence of two or three bytes; 0 for any other. */
static uint32_t code_point(struct bytes text, size_t *ret_len)
{
    const unsigned char *c = (const unsigned char *)text.ptr;
    *ret_len = 1;
    if (text.len >= 2 && (c[0] & 0xe0) == 0xc0) {
        *ret_len = 2;
        return (uint32_t)(c[0] & 0x1f) << 6 | (c[1] & 0x3f);
    }
    if (text.len >= 3 && (c[0] & 0xf0) == 0xe0) {
        *ret_len = 3;
        return (uint32_t)(c[0] & 0x0f) << 12 | (uint32_t)(c[1] & 0x3f) << 6 |
               (c[2] & 0x3f);
    }
    return c[0] == 0x7f ? 0x7f : 0;
}

static void print_quoted(const char *text, struct buf *out)
{
    struct buf json = BUF_MAX(out->max);
    buf_add_json(&json, bytes_of(text));
    out->overflow |= json.overflow;
    struct bytes rest = buf_bytes(&json);
    while (rest.len > 0) {
        struct bytes taken;
        size_t len;
        const uint32_t c = code_point(rest, &len);
        bytes_take(&rest, len, &taken);
        if (is_special_character(c))
            buf_printf(out, "\\u%04x", c);
        else
            buf_add_bytes(out, taken);
    }
    buf_finish(&json);
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
        print_quoted(members[i]->key, out);
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
            print_quoted(n->text, out);
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
        print_quoted(text, out);
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
