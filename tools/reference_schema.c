/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as a JSON schema (draft 2020-12), for editors: what may stand where, with docs,
 * choices and limits. Looser than healthd itself: any value may also be a ${name}.
 */
#include <math.h>
#include <string.h>

#include "alerts/rule_file.h"
#include "exporters/registry.h"
#include "lib/config/generation.h"
#include "lib/core/talk.h"
#include "probes/registry.h"
#include "tools/reference.h"

static void add_key(struct buf *out, const char *key)
{
    buf_add_json(out, bytes_of(key));
    buf_add_byte(out, ':');
}

static void add_pair(struct buf *out, const char *key, const char *value)
{
    add_key(out, key);
    buf_add_json(out, bytes_of(value));
}

static void add_ref(struct buf *out, const char *name)
{
    buf_printf(out, "{\"$ref\":\"#/$defs/%s\"}", name);
}

/* What each kind of value looks like; numbers may come as ${names}. */
static const char definitions[] =
    "\"template\":{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"},\n"
    "\"bool\":{\"anyOf\":[{\"type\":\"boolean\"},{\"enum\":[\"yes\",\"no\",\"on\","
    "\"off\"]},"
    "{\"$ref\":\"#/$defs/template\"}]},\n"
    "\"duration\":{\"anyOf\":[{\"type\":\"string\","
    "\"pattern\":\"^(0|([0-9.]+(ns|us|ms|s|m|h|d|w|y))+)$\"},{\"const\":0},"
    "{\"$ref\":\"#/$defs/template\"}]},\n"
    "\"size\":{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^(0|[0-9.]+[KMGTPE]?i?B)$\"}"
    ","
    "{\"const\":0},{\"$ref\":\"#/$defs/template\"}]},\n"
    "\"percent\":{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^[0-9.]+%$\"},"
    "{\"$ref\":\"#/$defs/template\"}]},\n"
    "\"text\":{\"type\":[\"string\",\"number\",\"boolean\"]},\n"
    "\"texts\":{\"anyOf\":[{\"$ref\":\"#/$defs/text\"},"
    "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/text\"}}]},\n"
    "\"pairs\":{\"type\":\"object\",\"additionalProperties\":"
    "{\"anyOf\":[{\"$ref\":\"#/$defs/texts\"},{\"type\":\"null\"}]}}\n},\n";

static void add_number(const struct opt *row, struct buf *out)
{
    buf_printf(out, "{\"anyOf\":[{\"type\":\"%s\"",
               row->type == OPT_NUMBER ? "number" : "integer");
    if (row->min != 0 || row->max != 0) {
        buf_printf(out, ",\"minimum\":%.15g", row->min);
        if (row->max < 9e15 && !isinf(row->max))
            buf_printf(out, ",\"maximum\":%.15g", row->max);
    }
    buf_add_text(out, "},{\"$ref\":\"#/$defs/template\"}]}");
}

static void add_choice(const struct opt *row, struct buf *out)
{
    buf_add_text(out, "{\"anyOf\":[{\"enum\":[");
    for (const struct opt_choice *c = row->choices; c->name; c++) {
        buf_add_text(out, c == row->choices ? "" : ",");
        buf_add_json(out, bytes_of(c->name));
    }
    buf_add_text(out, "]},{\"$ref\":\"#/$defs/template\"}]}");
}

static void add_object(const struct opt *const *tables, bool has_operand,
                       struct buf *out);

/* A mapping, or a single value for the shorthand row. */
static void add_section(const struct opt *rows, struct buf *out)
{
    add_object((const struct opt *const[]){rows, NULL}, false, out);
}

static void add_kind(const struct opt *row, struct buf *out)
{
    switch (row->type) {
    case OPT_BOOL:
        add_ref(out, "bool");
        break;
    case OPT_INT:
    case OPT_NUMBER:
        add_number(row, out);
        break;
    case OPT_DURATION:
        add_ref(out, "duration");
        break;
    case OPT_SIZE:
        add_ref(out, "size");
        break;
    case OPT_PERCENT:
        add_ref(out, "percent");
        break;
    case OPT_CHOICE:
        add_choice(row, out);
        break;
    case OPT_TEXT:
    case OPT_SECRET:
    case OPT_REGEX:
        add_ref(out, "text");
        break;
    case OPT_TEXTS:
    case OPT_INTS:
    case OPT_REGEXES:
        add_ref(out, "texts");
        break;
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
        add_ref(out, "pairs");
        break;
    case OPT_SECTION:
        add_section(row->rows, out);
        break;
    case OPT_SECTIONS:
        buf_add_text(out, "{\"type\":\"array\",\"items\":");
        add_section(row->rows, out);
        buf_add_byte(out, '}');
        break;
    case OPT_NODE:
    case OPT_END:
        buf_add_text(out, "{}");
        break;
    }
}

/* The row as a property, with its words and default. Any value may be left empty. */
static void add_property(const struct opt *row, struct buf *out)
{
    add_key(out, row->name);
    buf_add_byte(out, '{');
    add_pair(out, "description", row->doc);
    if (row->def && row->def != OPT_NONE && *row->def) {
        buf_add_byte(out, ',');
        add_pair(out, "default", row->def);
    }
    buf_add_text(out, ",\"anyOf\":[");
    add_kind(row, out);
    buf_add_text(out, ",{\"type\":\"null\"}]}");
}

static void add_properties(const struct opt *const *tables, struct buf *out)
{
    const char *separator = "\n";
    for (; *tables; tables++) {
        for (const struct opt *row = *tables; row->name; row++, separator = ",\n") {
            buf_add_text(out, separator);
            add_property(row, out);
        }
    }
}

static const struct opt *shorthand_of(const struct opt *const *tables)
{
    const struct opt *row = NULL;

    for (; *tables && !row; tables++)
        row = opt_find_shorthand(*tables);
    return row;
}

/* has_operand: the shorthand row comes later, as a module's target. */
static void add_required(const struct opt *const *tables, bool has_operand,
                         struct buf *out)
{
    size_t count = 0;
    for (; *tables; tables++) {
        for (const struct opt *row = *tables; row->name; row++) {
            if (row->def || (has_operand && row->flags & OPT_SHORTHAND))
                continue;
            buf_add_text(out, count++ ? "," : ",\"required\":[");
            buf_add_json(out, bytes_of(row->name));
        }
    }
    if (count > 0)
        buf_add_byte(out, ']');
}

static void add_object(const struct opt *const *tables, bool has_operand, struct buf *out)
{
    const bool has_shorthand = shorthand_of(tables);
    if (has_shorthand)
        buf_add_text(out, "{\"anyOf\":[{\"$ref\":\"#/$defs/text\"},");
    buf_add_text(out,
                 "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    add_properties(tables, out);
    buf_add_byte(out, '}');
    add_required(tables, has_operand, out);
    buf_add_byte(out, '}');
    if (has_shorthand)
        buf_add_text(out, "]}");
}

static void add_type(const struct probe_type *type, bool has_operand, struct buf *out)
{
    const struct opt *const tables[] = {type->opts, type->talk ? dial_opts : NULL, NULL};
    add_key(out, type->name);
    buf_add_text(out, "{\"anyOf\":[");
    add_object(tables, has_operand, out);
    buf_add_text(out, ",{\"type\":\"null\"}]}");
}

static void add_probes(struct buf *out)
{
    buf_add_text(out,
                 "{\"type\":\"object\",\"additionalProperties\":false,"
                 "\"required\":[\"name\"],\"properties\":{\n"
                 "\"name\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]+$\"},");
    add_properties((const struct opt *const[]){probe_common_opts, NULL}, out);
    for (const struct probe_type *const *type = probe_types; *type; type++) {
        buf_add_text(out, ",\n");
        add_type(*type, false, out);
    }
    buf_add_text(out, "},\"oneOf\":[");
    for (const struct probe_type *const *type = probe_types; *type; type++)
        buf_printf(out, "%s{\"required\":[\"%s\"]}", type == probe_types ? "" : ",",
                   (*type)->name);
    buf_add_text(out, "]}");
}

static void add_modules(struct buf *out)
{
    static const char *const kept[] = {"labels", "expect", "should"};
    buf_add_text(out, "{\"type\":\"object\",\"required\":[\"prober\"],\"properties\":{\n"
                      "\"prober\":{\"enum\":[");
    for (const struct probe_type *const *type = probe_types; *type; type++)
        buf_printf(out, "%s\"%s\"", type == probe_types ? "" : ",", (*type)->name);
    buf_add_text(out, "]},\n\"timeout\":{\"$ref\":\"#/$defs/duration\"}");
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
        buf_add_text(out, ",\n");
        add_property(opt_find(probe_common_opts, kept[i]), out);
    }
    for (const struct probe_type *const *type = probe_types; *type; type++) {
        buf_add_text(out, ",\n");
        add_type(*type, true, out);
    }
    buf_add_text(out, "}}");
}

static void add_exporters(struct buf *out)
{
    const char *separator = "";
    buf_add_text(out,
                 "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (const struct exporter_type *const *type = exporter_types; *type; type++) {
        buf_add_text(out, separator);
        add_key(out, (*type)->name);
        buf_add_text(out, "{\"anyOf\":[");
        add_object((const struct opt *const[]){(*type)->opts, NULL}, false, out);
        buf_add_text(out, ",{\"type\":\"null\"}]}");
        separator = ",\n";
    }
    buf_add_text(out, "}}");
}

/* By name, each with one type beside what every receiver has. */
static void add_receivers(struct buf *out)
{
    buf_add_text(out, "{\"type\":\"object\",\"additionalProperties\":{"
                      "\"type\":\"object\",\"additionalProperties\":false,"
                      "\"properties\":{");
    add_properties((const struct opt *const[]){receiver_opts, NULL}, out);
    for (const struct notifier_type *const *type = notifier_types; *type; type++) {
        buf_add_text(out, ",\n");
        add_key(out, (*type)->name);
        add_object((const struct opt *const[]){(*type)->opts, NULL}, false, out);
    }
    buf_add_text(out, "},\"oneOf\":[");
    for (const struct notifier_type *const *type = notifier_types; *type; type++)
        buf_printf(out, "%s{\"required\":[\"%s\"]}", type == notifier_types ? "" : ",",
                   (*type)->name);
    buf_add_text(out, "]}}");
}

static void add_defaults(struct buf *out)
{
    buf_add_text(out,
                 "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    add_properties((const struct opt *const[]){defaults_opts, NULL}, out);
    buf_add_text(out, "}}");
}

/* A route holds routes: the definition refers to itself. */
static void add_route_definition(struct buf *out)
{
    buf_add_text(out, "\"$defs\":{\"route\":{\"type\":\"object\","
                      "\"additionalProperties\":false,\"properties\":{");
    for (const struct opt *row = route_opts; row->name; row++) {
        buf_add_text(out, row == route_opts ? "\n" : ",\n");
        if (row->type != OPT_NODE) {
            add_property(row, out);
            continue;
        }
        add_key(out, row->name);
        buf_add_byte(out, '{');
        add_pair(out, "description", row->doc);
        buf_add_text(out, ",\"type\":[\"array\",\"null\"],"
                          "\"items\":{\"$ref\":\"#/$defs/route\"}}");
    }
    buf_add_text(out, "}},\n");
}

/* Receivers by severity, or for all. */
static void add_notify(struct buf *out)
{
    buf_add_text(out, "{\"anyOf\":[{\"$ref\":\"#/$defs/texts\"},{\"type\":\"object\","
                      "\"additionalProperties\":{\"anyOf\":["
                      "{\"$ref\":\"#/$defs/texts\"},{\"type\":\"null\"}]},"
                      "\"properties\":{\"deadman\":");
    add_section(deadman_opts, out);
    buf_add_text(out, "}}]}");
}

/* Rules, or groups of them. */
static void add_rules(struct buf *out)
{
    buf_add_text(out, "{\"type\":\"array\",\"items\":{\"anyOf\":[");
    add_section(rule_opts, out);
    buf_add_byte(out, ',');
    add_section(rule_group_opts, out);
    buf_add_text(out, "]}}");
}

/* The keys of the top level that have a shape of their own. */
static void add_node(const char *name, struct buf *out)
{
    if (!strcmp(name, "probes")) {
        buf_add_text(out, "{\"type\":\"array\",\"items\":");
        add_probes(out);
        buf_add_byte(out, '}');
    } else if (!strcmp(name, "modules")) {
        buf_add_text(out, "{\"type\":\"object\",\"additionalProperties\":");
        add_modules(out);
        buf_add_byte(out, '}');
    } else if (!strcmp(name, "rules")) {
        add_rules(out);
    } else if (!strcmp(name, "packs")) {
        buf_add_text(out, "{\"type\":\"object\",\"additionalProperties\":"
                          "{\"$ref\":\"#/$defs/bool\"}}");
    } else if (!strcmp(name, "exporters")) {
        add_exporters(out);
    } else if (!strcmp(name, "receivers")) {
        add_receivers(out);
    } else if (!strcmp(name, "route")) {
        add_ref(out, "route");
    } else if (!strcmp(name, "notify")) {
        add_notify(out);
    } else if (!strcmp(name, "defaults")) {
        add_defaults(out);
    } else {
        add_ref(out, "pairs");
    }
}

void schema_write(struct buf *out)
{
    buf_add_text(out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n"
                      "\"title\":\"healthd.yml\",\n");
    add_route_definition(out);
    buf_add_text(out, definitions);
    buf_add_text(out,
                 "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (const struct opt *row = generation_opts; row->name; row++) {
        buf_add_text(out, row == generation_opts ? "\n" : ",\n");
        if (row->type != OPT_NODE) {
            add_property(row, out);
            continue;
        }
        add_key(out, row->name);
        buf_add_byte(out, '{');
        add_pair(out, "description", row->doc);
        buf_add_text(out, ",\"anyOf\":[");
        add_node(row->name, out);
        buf_add_text(out, ",{\"type\":\"null\"}]}");
    }
    buf_add_text(out, "}}\n");
}
