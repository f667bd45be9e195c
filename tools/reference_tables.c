/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the reference: option rows, variables and limits, each straight from what the code declares.
 * Called by reference_text.c. Says nothing around them.
 */
#include <stdio.h>
#include <string.h>

#include "lib/core/tls.h"
#include "tools/reference.h"

static void add_choices(const struct opt *row, struct buf *out)
{
    for (const struct opt_choice *c = row->choices; c->name; c++)
        buf_printf(out, "%s`%s`", c == row->choices ? "" : ", ",
                   *c->name ? c->name : "\"\"");
}

void reference_value(const struct opt *row, struct buf *out)
{
    if (row->type == OPT_CHOICE) {
        buf_add_text(out, "one of ");
        add_choices(row, out);
        return;
    }
    if (row->type == OPT_NODE && row->unit) {
        buf_add_text(out, row->unit);
        return;
    }
    buf_add_text(out, opt_type_name(row->type));
    struct buf limits = BUF_MAX(200);
    opt_limits_print(row, &limits);
    if (limits.len > 0)
        buf_printf(out, ", %s", buf_text(&limits));
    else if (row->unit)
        buf_printf(out, " (%s)", row->unit);
    buf_finish(&limits);
}

static void add_default(const struct opt *row, struct buf *out)
{
    if (!row->def)
        buf_add_text(out, "required");
    else if (row->def != OPT_NONE && *row->def)
        buf_printf(out, "`%s`", row->def);
}

static void add_doc(const struct opt *row, struct buf *out)
{
    buf_add_text(out, row->doc);
    if (row->flags & OPT_SHORTHAND)
        buf_add_text(out, " A single value in place of the mapping sets this one.");
    if (row->type != OPT_CHOICE)
        return;
    for (const struct opt_choice *c = row->choices; c->name; c++) {
        if (c->doc && *c->doc)
            buf_printf(out, " `%s`: %s", *c->name ? c->name : "\"\"", c->doc);
    }
}

/* Nested rows follow their section, as section.name; those of a list as section[].name. */
static void write_rows(const struct writer *w, const struct opt *rows, const char *prefix,
                       struct buf *out)
{
    for (const struct opt *row = rows; row && row->name; row++) {
        if (row->flags & OPT_HIDDEN)
            continue;
        char name[200], key[202], inner[210];
        struct buf value = BUF_MAX(2000), def = BUF_MAX(2000), doc = BUF_MAX(8000);
        snprintf(name, sizeof(name), "%s%s", prefix, row->name);
        snprintf(key, sizeof(key), "`%s`", name);
        reference_value(row, &value);
        add_default(row, &def);
        add_doc(row, &doc);
        if (row->rows == tls_opts) {
            buf_add_text(&doc, " See ");
            w->see(&doc, NULL, REFERENCE_TLS);
            buf_add_byte(&doc, '.');
        }
        w->table_row(out, (const char *const[]){key, buf_text(&value), buf_text(&def),
                                                buf_text(&doc), NULL});
        buf_finish(&value);
        buf_finish(&def);
        buf_finish(&doc);
        snprintf(inner, sizeof(inner), "%s%s.", name,
                 row->type == OPT_SECTIONS ? "[]" : "");
        if (row->rows && row->rows != tls_opts)
            write_rows(w, row->rows, inner, out);
    }
}

static const char *const row_columns[] = {"key", "value", "default", "what it is", NULL};

void reference_table(const struct writer *w, const struct opt *rows, struct buf *out)
{
    w->table_begin(out, row_columns);
    write_rows(w, rows, "", out);
    w->table_end(out);
}

void reference_vars(const struct writer *w, const struct var *vars, struct buf *out)
{
    static const char *const columns[] = {"name", "type", "what it is", NULL};
    if (!vars || !vars->name)
        return;
    w->table_begin(out, columns);
    for (const struct var *var = vars; var->name; var++) {
        char name[200];
        snprintf(name, sizeof(name), "`%s`", var->name);
        w->table_row(
            out, (const char *const[]){name, value_type_name(var->type), var->doc, NULL});
    }
    w->table_end(out);
}

void reference_limits(const struct writer *w, const struct limit *limits, struct buf *out)
{
    static const char *const columns[] = {"limit", "value", "alert", "what it is", NULL};
    static const char *const units[] = {[LIMIT_SHARE] = "80%",
                                        [LIMIT_BYTES] = "2GiB",
                                        [LIMIT_DURATION] = "30s",
                                        [LIMIT_NUMBER] = "number"};
    w->table_begin(out, columns);
    for (; limits->name; limits++) {
        char name[100], alert[100];
        snprintf(name, sizeof(name), "`%s`", limits->name);
        snprintf(alert, sizeof(alert), "`%s`", limits->alert);
        w->table_row(out, (const char *const[]){name, units[limits->unit], alert,
                                                limits->doc, NULL});
    }
    w->table_end(out);
}
