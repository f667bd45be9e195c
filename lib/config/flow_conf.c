/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `flows:`: lists of steps with their variables, deadline and end. Called by generation.c once all probes are read; what
 * one step says is flow_step_conf.c's. A file that is one flow alone (its root has `steps`) is read as a configuration
 * with that flow.
 */
#include <string.h>

#include "lib/base/units.h"
#include "lib/config/flow_load.h"

struct flow_rows {
    const char *name;
    nsec deadline, schedule;
    int severity;
    struct pairs labels;
    const struct node *vars, *steps, *finally;
};

#define OPT_STRUCT struct flow_rows
const struct opt flow_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "Its name, and the label workflow_id of its steps.",
                 .min = 1, .max = 200),
    OPT_ROW_DURATION("deadline", deadline, "5m", 0.1, 86400,
                     "Budget of all steps together, tries and pauses included. `finally` "
                     "has 30s of its own."),
    OPT_ROW_DURATION("schedule", schedule, OPT_NONE, 1, 7 * 86400,
                     "How often healthd runs it as a canary; without it only "
                     "`healthctl smoke` does."),
    OPT_ROW_CHOICE("severity", severity, "warning", severity_choices,
                   "Of the alert when a scheduled run fails."),
    OPT_ROW_PAIRS("labels", labels, OPT_NONE, "Labels of all its steps."),
    OPT_ROW_NODE("vars", vars,
                 "Variables and their values, for ${name} and vars.name; null: whoever "
                 "starts it gives one (--var name=value).",
                 .unit = "mapping of values", .flags = OPT_LATE),
    OPT_ROW_NODE("steps", steps, "What is done, in order.", .unit = "list of steps",
                 .flags = OPT_LATE),
    OPT_ROW_NODE("finally", finally,
                 "Steps that always happen at the end, whatever came before.",
                 .unit = "list of steps", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

/* ---- names ---- */

void name_list_add(struct flow_loader *f, struct name_list *list, const char *name)
{
    if (list->count == list->size) {
        const size_t size = list->size ? 2 * list->size : 16;
        const char **items = arena_alloc(f->l->arena, size * sizeof(*items));
        if (list->count)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->size = size;
    }
    list->items[list->count++] = name;
}

bool name_list_has(const struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!strcmp(list->items[i], name))
            return true;
    }
    return false;
}

/* ---- one flow ---- */

static const char nameless[] = "?"; /* one whose name is at fault */

static void vars_read(struct flow_loader *f, const struct node *node)
{
    struct diag *d = f->l->diag;
    if (!node || node->kind == NODE_NULL)
        return;
    if (node->kind != NODE_MAP) {
        diag_error(d, node->at, "vars must be a mapping, not %s",
                   node_kind_name(node->kind));
        return;
    }
    struct flow_var *vars = arena_alloc(f->l->arena, (node->count + 1) * sizeof(*vars));
    size_t count = 0;
    for (const struct node *n = node->first; n; n = n->next) {
        const char *value = n->text;
        struct err e = {0};
        if (!label_name_valid(bytes_of(n->key))) {
            diag_error(d, n->key_at,
                       "'%.80s' is no name of a variable: use letters, digits and _",
                       n->key);
            continue;
        }
        if (n->kind != NODE_SCALAR && n->kind != NODE_NULL) {
            diag_error(d, n->at, "the variable '%s' must be a value, not %s", n->key,
                       node_kind_name(n->kind));
            continue;
        }
        if (n->kind == NODE_SCALAR && tmpl_has(n->text) &&
            !tmpl_expand(n->text, secrets_scope(f->l->secrets), f->l->arena, &value, &e))
            diag_error(d, n->at, "%s", e.text);
        vars[count++] =
            (struct flow_var){n->key, n->kind == NODE_NULL ? NULL : value, n->at};
        name_list_add(f, &f->known, n->key);
    }
    f->flow->vars = vars;
    f->flow->var_count = count;
}

static const struct flow_step *section_read(struct flow_loader *f,
                                            const struct node *list, const char *what,
                                            size_t *ret_count)
{
    f->list = arena_alloc(f->l->arena, FLOW_MAX_STEPS * sizeof(*f->list));
    f->count = 0;
    steps_read(f, list, what);
    *ret_count = f->count;
    return f->list;
}

/* What cannot be in time is said before anything is sent. */
static void check_deadline(struct flow_loader *f, const struct flow_step *steps,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct flow_step *s = &steps[i];
        if (s->retry.is_set && s->retry.within > f->flow->deadline)
            diag_error(
                f->l->diag, s->at,
                "the step '%s' may be tried for longer than the flow's deadline of %s",
                s->name, duration_text(f->l->arena, f->flow->deadline));
        check_deadline(f, s->steps, s->step_count);
    }
}

static void flow_read(struct loader *l, const struct node *node, struct flow *flow)
{
    const struct label name_label = {"workflow_id", ""};
    struct flow_loader f = {.l = l, .flow = flow, .path = node->at.file, .depth = 1};
    f.chain[0] = f.path ? f.path : "";
    const struct flow_rows *rows =
        conf_rows(l, flow_opts, sizeof(struct flow_rows), node);
    *flow = (struct flow){
        .name = rows->name ? rows->name : nameless,
        .at = node->at,
        .deadline = rows->deadline,
        .schedule = rows->schedule,
        .severity = severity_name(rows->severity),
    };
    struct label own = name_label;
    own.value = flow->name;
    const struct labels under =
        labels_merge(l->arena, l->g->labels, (struct labels){&own, 1});
    conf_labels(&l->ctx, &rows->labels, node_get(node, "labels"), under, &flow->labels);
    vars_read(&f, rows->vars);
    if (!rows->steps || rows->steps->kind == NODE_NULL || !rows->steps->count)
        diag_error(l->diag, conf_place(node, "steps"), "the flow '%s' has no steps",
                   flow->name);
    flow->steps = section_read(&f, rows->steps, "steps", &flow->step_count);
    check_deadline(&f, flow->steps, flow->step_count);
    flow->finally = section_read(&f, rows->finally, "finally", &flow->finally_count);
    struct buf canonical = BUF_MAX(16u << 20);
    node_canonical(node, &canonical);
    flow->canonical = arena_strndup(l->arena, buf_text(&canonical), canonical.len);
    buf_finish(&canonical);
}

/* ---- all of them ---- */

static bool is_second(struct loader *l, const struct flow *flows, size_t at)
{
    for (size_t i = 0; flows[at].name != nameless && i < at; i++) {
        if (!strcmp(flows[i].name, flows[at].name)) {
            diag_error(l->diag, flows[at].at, "a second flow is named '%s'",
                       flows[at].name);
            return true;
        }
    }
    return false;
}

void flows_load(struct loader *l, const struct node *list)
{
    if (!list || list->kind == NODE_NULL)
        return;
    if (list->kind != NODE_LIST) {
        diag_error(l->diag, list->at, "flows must be a list, not %s",
                   node_kind_name(list->kind));
        diag_hint(l->diag, "start each one with a dash: - {name: smoke, steps: [...]}");
        return;
    }
    struct flow *flows = arena_alloc(l->arena, (list->count + 1) * sizeof(*flows));
    size_t count = 0;
    for (const struct node *n = list->first; n; n = n->next) {
        if (n->kind != NODE_MAP) {
            diag_error(l->diag, n->at, "a flow is a mapping, not %s",
                       node_kind_name(n->kind));
            continue;
        }
        flow_read(l, n, &flows[count]);
        if (!is_second(l, flows, count))
            count++;
    }
    l->g->flows = flows;
    l->g->flow_count = count;
}

static const char *name_of_file(struct arena *arena, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *name = slash ? slash + 1 : path ? path : "smoke";
    const char *dot = strrchr(name, '.');
    return arena_strndup(arena, name,
                         dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

/* Keys of a flow go to the flow; the others (probes, secrets, labels …) stay where they are. */
const struct node *flow_file_root(struct loader *l, const struct node *root,
                                  const char *path)
{
    if (root->kind != NODE_MAP || !node_get(root, "steps"))
        return root;
    struct node *top = node_map(l->arena, root->at), *flow = node_map(l->arena, root->at);
    struct node *list = arena_alloc(l->arena, sizeof(*list));
    if (!node_get(root, "name"))
        node_put(l->arena, flow, "name",
                 node_scalar(l->arena, root->at, name_of_file(l->arena, path)));
    for (const struct node *n = root->first; n; n = n->next) {
        struct node *copy = arena_memdup(l->arena, n, sizeof(*copy));
        const bool is_flows = opt_find(flow_opts, n->key) && strcmp(n->key, "labels");
        copy->next = NULL;
        node_put(l->arena, is_flows ? flow : top, n->key, copy);
        copy->key_at = n->key_at;
    }
    *list = (struct node){.kind = NODE_LIST, .at = root->at, .first = flow, .count = 1};
    node_put(l->arena, top, "flows", list);
    return top;
}
