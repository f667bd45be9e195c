/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed fields back to text that parses to the same value: for --print-config, explain, manuals.
 * Secrets never come out: what is written instead is [redacted], or the reference they come from.
 */
#include <math.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/core/opt.h"
#include "lib/core/opt_load.h"
#include "lib/core/regex.h"

static const char redacted[] = "\"[redacted]\"";

/* A ${ that is meant as text is written $${, so that it is read back as text. */
static void print_text(const char *text, struct buf *out)
{
    if (!text || !tmpl_has(text)) {
        node_print_text(text ? text : "", out);
        return;
    }
    struct buf escaped = BUF_MAX(2 * strlen(text));
    for (const char *c = text; *c; c++) {
        if (!strncmp(c, "${", 2))
            buf_add_byte(&escaped, '$');
        buf_add_byte(&escaped, *c);
    }
    node_print_text(buf_text(&escaped), out);
    buf_finish(&escaped);
}

static void print_regex(const struct regex *re, struct buf *out)
{
    print_text(re ? regex_pattern(re) : "", out);
}

static const char *choice_name(const struct opt *row, int value)
{
    for (const struct opt_choice *c = row->choices; c->name; c++) {
        if (c->value == value)
            return c->name;
    }
    return "";
}

static void print_percent(double value, struct buf *out)
{
    buf_add_double(out, value);
    buf_add_byte(out, '%');
}

static void print_texts(const struct texts *t, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < t->count; i++) {
        buf_add_text(out, i ? ", " : "");
        print_text(t->items[i], out);
    }
    buf_add_byte(out, ']');
}

static void print_ints(const struct ints *t, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < t->count; i++)
        buf_printf(out, "%s%lld", i ? ", " : "", (long long)t->items[i]);
    buf_add_byte(out, ']');
}

static void print_regexes(const struct regexes *t, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < t->count; i++) {
        buf_add_text(out, i ? ", " : "");
        print_text(regex_pattern(t->items[i]), out);
    }
    buf_add_byte(out, ']');
}

static bool same_key(const struct pairs *t, size_t i, size_t j)
{
    return j < t->count && !strcmp(t->items[i].key, t->items[j].key);
}

/* Pairs of one name in a row are one list, as they were written. */
static void print_pairs(const struct pairs *t, bool is_secret, struct buf *out)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < t->count; i++) {
        const bool continues = i > 0 && same_key(t, i, i - 1);
        buf_add_text(out, i ? ", " : "");
        if (!continues) {
            node_print_text(t->items[i].key, out);
            buf_add_text(out, same_key(t, i, i + 1) ? ": [" : ": ");
        }
        if (is_secret)
            buf_add_text(out, redacted);
        else
            print_text(t->items[i].value, out);
        if (continues && !same_key(t, i, i + 1))
            buf_add_byte(out, ']');
    }
    buf_add_byte(out, '}');
}

/* What was written for a row of a section: a single value in place of the mapping is the shorthand's. */
static const struct node *written_for(const struct opt *row, const struct node *section)
{
    if (section && section->kind == NODE_SCALAR)
        return row->flags & OPT_SHORTHAND ? section : NULL;
    return node_get(section, row->name);
}

static void print_section(const struct opt *rows, const void *conf,
                          const struct node *node, struct buf *out)
{
    bool first = true;
    buf_add_byte(out, '{');
    for (const struct opt *row = rows; row && row->name; row++) {
        const struct node *n = written_for(row, node);
        if (!opt_is_set(row, conf, n))
            continue;
        buf_printf(out, "%s%s: ", first ? "" : ", ", row->name);
        opt_print_row(row, conf, n, -1, out);
        first = false;
    }
    buf_add_byte(out, '}');
}

static void print_sections(const struct opt *row, const void *conf,
                           const struct node *node, struct buf *out)
{
    const struct sections *t = opt_field(row, conf);
    const struct node *item = node && node->kind == NODE_LIST ? node->first : node;
    buf_add_byte(out, '[');
    for (size_t i = 0; i < t->count; i++) {
        buf_add_text(out, i ? ", " : "");
        print_section(row->rows, (const char *)t->items + i * row->row_size, item, out);
        item = item ? item->next : NULL;
    }
    buf_add_byte(out, ']');
}

static void print_several(const struct opt *row, const void *conf, struct buf *out)
{
    const void *field = opt_field(row, conf);
    if (row->type == OPT_TEXTS)
        print_texts(field, out);
    else if (row->type == OPT_INTS)
        print_ints(field, out);
    else if (row->type == OPT_REGEXES)
        print_regexes(field, out);
    else if (row->type == OPT_SECTION)
        print_section(row->rows, field, NULL, out);
    else if (row->type == OPT_SECTIONS)
        print_sections(row, conf, NULL, out);
    else if (row->type == OPT_NODE)
        node_canonical(*(const struct node *const *)field, out);
    else
        print_pairs(field, row->type == OPT_SECRET_PAIRS, out);
}

static void print_value(const struct opt *row, const void *conf, struct buf *out)
{
    const void *field = opt_field(row, conf);
    switch (row->type) {
    case OPT_BOOL:
        buf_add_text(out, *(const bool *)field ? "true" : "false");
        break;
    case OPT_INT:
        buf_printf(out, "%lld", (long long)*(const int64_t *)field);
        break;
    case OPT_NUMBER:
        buf_add_double(out, *(const double *)field);
        break;
    case OPT_DURATION:
        duration_format(out, *(const nsec *)field);
        break;
    case OPT_SIZE:
        size_format(out, *(const uint64_t *)field);
        break;
    case OPT_PERCENT:
        print_percent(*(const double *)field, out);
        break;
    case OPT_TEXT:
        print_text(*(const char *const *)field, out);
        break;
    case OPT_CHOICE:
        node_print_text(choice_name(row, *(const int *)field), out);
        break;
    case OPT_SECRET:
        buf_add_text(out, *((const struct secret *)field)->value ? redacted : "\"\"");
        break;
    case OPT_REGEX:
        print_regex(*(const struct regex *const *)field, out);
        break;
    case OPT_TEXTS:
    case OPT_INTS:
    case OPT_REGEXES:
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
    case OPT_SECTION:
    case OPT_SECTIONS:
    case OPT_NODE:
        print_several(row, conf, out);
        break;
    case OPT_END:
        break;
    }
}

void opt_print(const struct opt *row, const void *conf, struct buf *out)
{
    print_value(row, conf, out);
}

/* ---- with what a run fills in ---- */

/* A text that is one reference and nothing else says where a secret is, not what it is. */
static bool is_reference(const char *text)
{
    const char *end = strchr(text, '}');
    return !strncmp(text, "${", 2) && end && !end[1];
}

static void print_secret_node(const struct node *n, struct buf *out)
{
    if (n->kind == NODE_SCALAR && is_reference(n->text))
        node_print_text(n->text, out);
    else
        buf_add_text(out, redacted);
}

static void print_node(const struct opt *row, const struct node *n, struct buf *out)
{
    if (row->type == OPT_SECRET) {
        print_secret_node(n, out);
        return;
    }
    if (row->type != OPT_SECRET_PAIRS || n->kind != NODE_MAP) {
        node_canonical(n, out);
        return;
    }
    buf_add_byte(out, '{');
    for (const struct node *m = n->first; m; m = m->next) {
        buf_add_text(out, m == n->first ? "" : ", ");
        node_print_text(m->key, out);
        buf_add_text(out, ": ");
        print_secret_node(m, out);
    }
    buf_add_byte(out, '}');
}

/* indent < 0: on one line. */
static void print_block(const struct opt *rows, const void *conf, const struct node *node,
                        int indent, struct buf *out)
{
    for (const struct opt *row = rows; row && row->name; row++) {
        const struct node *n = written_for(row, node);
        if (!opt_is_set(row, conf, n))
            continue;
        buf_printf(out, "\n%*s%s:", indent, "", row->name);
        opt_print_row(row, conf, n, indent, out);
    }
}

void opt_print_row(const struct opt *row, const void *conf, const struct node *node,
                   int indent, struct buf *out)
{
    if (row->type == OPT_SECTION && indent >= 0) {
        print_block(row->rows, opt_field(row, conf), node, indent + 2, out);
        return;
    }
    if (indent >= 0)
        buf_add_byte(out, ' ');
    if (row->type == OPT_SECTION)
        print_section(row->rows, opt_field(row, conf), node, out);
    else if (row->type == OPT_SECTIONS)
        print_sections(row, conf, node, out);
    else if (node && node_has_names(node))
        print_node(row, node, out);
    else
        print_value(row, conf, out);
}

static bool is_zero(const void *ptr, size_t len)
{
    const char *c = ptr;
    while (len > 0 && !*c) {
        c++;
        len--;
    }
    return len == 0;
}

static size_t field_size(const struct opt *row)
{
    switch (row->type) {
    case OPT_BOOL:
        return sizeof(bool);
    case OPT_CHOICE:
        return sizeof(int);
    case OPT_TEXTS:
    case OPT_INTS:
    case OPT_REGEXES:
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
    case OPT_SECTIONS:
        return sizeof(struct texts);
    case OPT_INT:
    case OPT_NUMBER:
    case OPT_DURATION:
    case OPT_SIZE:
    case OPT_PERCENT:
    case OPT_TEXT:
    case OPT_SECRET:
    case OPT_REGEX:
    case OPT_NODE:
        return sizeof(void *) > sizeof(int64_t) ? sizeof(void *) : sizeof(int64_t);
    case OPT_SECTION:
    case OPT_END:
        return 0;
    }
    return 0;
}

/* A section that lacks what it requires was not written. */
static bool section_is_set(const struct opt *row, const void *conf,
                           const struct node *node)
{
    bool is_set = false;
    for (const struct opt *r = row->rows; r && r->name; r++) {
        const struct node *n = written_for(r, node);
        const bool here = opt_is_set(r, opt_field(row, conf), n);
        if (!r->def && !here)
            return false;
        is_set |= here;
    }
    return is_set;
}

/* A synonym of other tools is shown only where somebody used it. */
static bool is_default(const struct opt *row, const void *conf)
{
    struct buf out = BUF_MAX(4096);
    print_value(row, conf, &out);
    const bool same = row->def && bytes_is(buf_bytes(&out), row->def);
    buf_finish(&out);
    return same;
}

bool opt_is_set(const struct opt *row, const void *conf, const struct node *node)
{
    if (row->flags & OPT_HIDDEN && !(node && node_has_names(node)) &&
        is_default(row, conf))
        return false;
    if (row->type == OPT_SECTION)
        return section_is_set(row, conf, node);
    if ((node && node_has_names(node)) || (row->def && row->def != OPT_NONE))
        return true;
    if (row->type == OPT_SECRET)
        return *((const struct secret *)opt_field(row, conf))->value;
    return !is_zero(opt_field(row, conf), field_size(row));
}

/* ---- limits ---- */

static void print_limit(const struct opt *row, double value, struct buf *out)
{
    if (row->type == OPT_DURATION)
        duration_format(out, nsec_from_sec(value));
    else if (row->type == OPT_SIZE)
        size_format(out, (uint64_t)value);
    else if (row->type == OPT_PERCENT)
        print_percent(value, out);
    else
        buf_printf(out, "%.15g", value);
}

void opt_limits_print(const struct opt *row, struct buf *out)
{
    const double endless = row->type == OPT_DURATION ? 3e9 : 9e15;
    if (row->min == 0 && row->max == 0)
        return;
    if (row->max >= endless || isinf(row->max)) {
        buf_add_text(out, "at least ");
        print_limit(row, row->min, out);
    } else {
        print_limit(row, row->min, out);
        buf_add_text(out, " to ");
        print_limit(row, row->max, out);
    }
    if (row->unit)
        buf_printf(out, " %s", row->unit);
    else if (row->type == OPT_TEXT || row->type == OPT_TEXTS)
        buf_add_text(out, " characters");
}
