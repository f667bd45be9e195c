/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes as `route:` would say them, with everything that they have from above or by default; so `notify:` is shown as
 * the tree that it stands for. Called by generation_print.c.
 */
#include "alerts/route.h"

#include "lib/base/units.h"
#include "lib/config/alerting_load.h"
#include "lib/core/opt_load.h"

static void print_duration(const char *key, nsec value, int indent, struct buf *out)
{
    buf_printf(out, "%*s%s: ", indent, "", key);
    duration_format(out, value);
    buf_add_byte(out, '\n');
}

static void print_item(size_t i, const char *text, struct buf *out)
{
    buf_add_text(out, i ? ", " : "");
    node_print_text(text, out);
}

static void print_receivers(const char *key, const struct receiver *const *list,
                            int indent, struct buf *out)
{
    buf_printf(out, "%*s%s: [", indent, "", key);
    for (size_t i = 0; list[i]; i++)
        print_item(i, list[i]->name, out);
    buf_add_text(out, "]\n");
}

static void print_intervals(const char *key, const struct interval *const *list,
                            int indent, struct buf *out)
{
    if (!*list)
        return;
    buf_printf(out, "%*s%s: [", indent, "", key);
    for (size_t i = 0; list[i]; i++)
        print_item(i, interval_name(list[i]), out);
    buf_add_text(out, "]\n");
}

static void print_matchers(const struct route *r, int indent, struct buf *out)
{
    if (r->matchers.count == 0)
        return;
    buf_printf(out, "%*smatchers: [", indent, "");
    for (size_t i = 0; i < r->matchers.count; i++) {
        struct buf one = BUF_MAX((size_t)1 << 20);
        matchers_print((struct matchers){&r->matchers.items[i], 1}, &one);
        print_item(i, buf_text(&one), out);
        buf_finish(&one);
    }
    buf_add_text(out, "]\n");
}

static void print_group_by(const struct route *r, int indent, struct buf *out)
{
    buf_printf(out, "%*sgroup_by: [", indent, "");
    for (size_t i = 0; r->group_by[i]; i++)
        print_item(i, r->group_by[i], out);
    buf_add_text(out, "]\n");
}

static void print_escalation(const struct route *r, int indent, struct buf *out)
{
    if (!r->escalate->to)
        return;
    buf_printf(out, "%*sescalate: [", indent, "");
    for (const struct escalation *e = r->escalate; e->to; e++) {
        buf_add_text(out, e == r->escalate ? "{after: " : ", {after: ");
        duration_format(out, e->after);
        buf_add_text(out, ", to: ");
        node_print_text(e->to->name, out);
        buf_add_byte(out, '}');
    }
    buf_add_text(out, "]\n");
}

static void print_route(const struct route *r, int indent, struct buf *out)
{
    if (r->parent)
        buf_printf(out, "%*s- ", indent - 2, "");
    print_receivers("receiver", r->receivers, r->parent ? 0 : indent, out);
    print_matchers(r, indent, out);
    if (r->parent)
        buf_printf(out, "%*scontinue: %s\n", indent, "",
                   r->has_continue ? "true" : "false");
    print_group_by(r, indent, out);
    print_duration("group_wait", r->group_wait, indent, out);
    print_duration("group_interval", r->group_interval, indent, out);
    print_duration("repeat_interval", r->repeat_interval, indent, out);
    print_intervals("mute_time_intervals", r->mute, indent, out);
    print_intervals("active_time_intervals", r->active, indent, out);
    buf_printf(out, "%*son_inactive: %s\n", indent, "",
               r->holds_while_inactive ? "queue" : "drop");
    print_escalation(r, indent, out);
    if (!*r->routes)
        return;
    buf_printf(out, "%*sroutes:\n", indent, "");
    for (const struct route *const *child = r->routes; *child; child++)
        print_route(*child, indent + 4, out);
}

static void print_deadman(const struct routing *r, struct buf *out)
{
    if (!r->deadman.conf)
        return;
    buf_add_text(out, "notify:\n  deadman:\n");
    template_print(r->deadman.conf, 4, out);
}

static void print_sections(const struct top_conf *top, const char *key, struct buf *out)
{
    const struct opt *row = opt_find(generation_opts, key);
    const struct sections *list = opt_field(row, top);
    if (list->count == 0)
        return;
    buf_printf(out, "%s:", key);
    opt_print_row(row, top, NULL, 0, out);
    buf_add_byte(out, '\n');
}

void routing_print(const struct generation *g, struct buf *out)
{
    static const char *const lists[] = {"time_intervals", "mute_time_intervals",
                                        "maintenance", "inhibit_rules"};
    const struct routing *r = &g->alerting.routing;
    const struct top_conf *top = g->parts->top;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        print_sections(top, lists[i], out);
    if (r->root) {
        buf_add_text(out, "route:\n");
        print_route(r->root, 2, out);
    }
    print_deadman(r, out);
    if (*r->fallback)
        print_receivers("fallback", r->fallback, 0, out);
    buf_add_text(out, "connectivity:");
    opt_print_row(opt_find(generation_opts, "connectivity"), top, NULL, 0, out);
    buf_add_byte(out, '\n');
}
