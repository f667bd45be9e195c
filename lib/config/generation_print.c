/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effective configuration as YAML that loads to the same generation: every default written out,
 * includes in place, secrets as references or [redacted]. Called by --print-config and the API.
 */
#include "lib/base/units.h"
#include "lib/config/load.h"
#include "lib/core/opt_load.h"

static void print_rows(const struct opt *rows, const void *conf, int indent,
                       struct buf *out)
{
    for (const struct opt *row = rows; row->name; row++) {
        if (!opt_is_set(row, conf, NULL))
            continue;
        buf_printf(out, "%*s%s:", indent, "", row->name);
        opt_print_row(row, conf, NULL, indent, out);
        buf_add_byte(out, '\n');
    }
}

static void print_duration(const char *key, nsec value, int indent, struct buf *out)
{
    buf_printf(out, "%*s%s: ", indent, "", key);
    duration_format(out, value);
    buf_add_byte(out, '\n');
}

static bool is_removed(struct labels from, size_t i, struct labels own)
{
    return !labels_get(own, from.items[i].name);
}

/* under: those of the top level, of which own may lack some. */
static void print_labels(struct labels own, struct labels under, int indent,
                         struct buf *out)
{
    const char *separator = "";
    size_t removed = 0;
    for (size_t i = 0; i < under.count; i++)
        removed += is_removed(under, i, own);
    if (own.count + removed == 0)
        return;
    buf_printf(out, "%*slabels: {", indent, "");
    for (size_t i = 0; i < own.count; i++, separator = ", ") {
        buf_printf(out, "%s%s: ", separator, own.items[i].name);
        node_print_text(own.items[i].value, out);
    }
    for (size_t i = 0; i < under.count; i++) {
        if (!is_removed(under, i, own))
            continue;
        buf_printf(out, "%s%s: \"\"", separator, under.items[i].name);
        separator = ", ";
    }
    buf_add_text(out, "}\n");
}

static void print_exprs(const char *key, const struct expr *const *list, int indent,
                        struct buf *out)
{
    if (!list || !list[0])
        return;
    buf_printf(out, "%*s%s:\n", indent, "", key);
    for (; *list; list++) {
        buf_printf(out, "%*s- ", indent + 2, "");
        node_print_text(expr_text(*list), out);
        buf_add_byte(out, '\n');
    }
}

static void print_names(const char *key, const char *const *list, int indent,
                        struct buf *out)
{
    if (!list || !list[0])
        return;
    buf_printf(out, "%*s%s: [", indent, "", key);
    for (size_t i = 0; list[i]; i++) {
        buf_add_text(out, i ? ", " : "");
        node_print_text(list[i], out);
    }
    buf_add_text(out, "]\n");
}

static void print_template(const char *key, const struct template *t, int indent,
                           struct buf *out)
{
    buf_printf(out, "%*s%s:", indent, "", key);
    const size_t before = out->len;
    buf_add_byte(out, '\n');
    template_print(t, indent + 2, out);
    if (out->len == before + 1) {
        out->len = before;
        buf_add_text(out, " {}\n");
    }
}

static void print_probe(const struct generation *g, const struct probe *p,
                        struct buf *out)
{
    buf_add_text(out, "  - name: ");
    node_print_text(p->name, out);
    buf_add_byte(out, '\n');
    print_template(p->type->name, p->conf, 4, out);
    print_duration("interval", p->interval, 4, out);
    print_duration("timeout", p->timeout, 4, out);
    print_duration("retry_interval", p->retry_interval, 4, out);
    buf_printf(
        out,
        "    rise: %d\n    fall: %d\n    watch: %s\n    results: %s\n    severity: %s\n",
        p->rise, p->fall, p->watch ? "true" : "false", p->results_all ? "all" : "changes",
        p->severity);
    print_labels(p->labels, g->labels, 4, out);
    print_exprs("expect", p->expect, 4, out);
    print_exprs("should", p->should, 4, out);
    print_names("depends_on", p->depends_on, 4, out);
    if (p->limits && p->limits->kind != NODE_NULL) {
        buf_add_text(out, "    limits:\n");
        node_print(p->limits, 6, out);
    }
}

static void print_module(const struct generation *g, const struct module *m,
                         struct buf *out)
{
    const struct probe *p = m->probe;
    buf_add_text(out, "  ");
    node_print_text(m->name, out);
    buf_printf(out, ":\n    prober: %s\n", p->type->name);
    if (m->timeout)
        print_duration("timeout", m->timeout, 4, out);
    print_template(p->type->name, p->conf, 4, out);
    print_labels(p->labels, g->labels, 4, out);
    print_exprs("expect", p->expect, 4, out);
    print_exprs("should", p->should, 4, out);
}

static void print_section(const char *name, const void *conf, struct buf *out)
{
    buf_printf(out, "%s:\n", name);
    print_rows(opt_find(generation_opts, name)->rows, conf, 2, out);
}

static void print_sections(const struct generation *g, struct buf *out)
{
    const struct state_conf state = {g->state_path};
    print_section("web", &g->web, out);
    print_section("resolver", &g->parts->top->resolver, out);
    print_section("state", &state, out);
    print_section("history", &g->parts->top->history, out);
    print_section("promql", &g->parts->top->promql, out);
}

static void print_secrets(const struct generation *g, struct buf *out)
{
    const struct written *w = g->parts->secrets;
    if (!w)
        return;
    buf_add_text(out, "secrets:\n");
    for (; w; w = w->next) {
        buf_add_text(out, "  ");
        node_print_text(w->node->key, out);
        buf_add_text(out, ": ");
        node_print_text(w->node->text, out);
        buf_add_byte(out, '\n');
    }
}

static void print_lists(const struct generation *g, struct buf *out)
{
    if (g->probe_count > 0)
        buf_add_text(out, "probes:\n");
    for (size_t i = 0; i < g->probe_count; i++)
        print_probe(g, g->probes[i], out);
    if (map_count(g->modules) > 0)
        buf_add_text(out, "modules:\n");
    const struct map_entry *x = NULL;
    while ((x = map_next(g->modules, x)))
        print_module(g, x->value, out);
    buf_add_text(out, g->exporter_count ? "exporters:\n" : "exporters: {}\n");
    for (size_t i = 0; i < g->exporter_count; i++)
        print_template(g->exporters[i].type->name, g->parts->exporters[i], 2, out);
}

void generation_print(const struct generation *g, struct buf *out)
{
    buf_printf(out, "# The effective configuration: %s\n",
               g->path ? g->path : "built in");
    buf_add_text(out, "site: ");
    node_print_text(g->site, out);
    buf_add_text(out, "\ntimezone: ");
    node_print_text(g->timezone, out);
    buf_add_byte(out, '\n');
    print_labels(g->labels, (struct labels){0}, 0, out);
    print_secrets(g, out);
    print_sections(g, out);
    print_lists(g, out);
    receivers_print(g, out);
    rules_print(g, out);
    routing_print(g, out);
    secrets_redact(g->secrets, out);
}
