/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes of a configuration as a list: names, defaults, who depends on whom. Called by
 * generation.c once all files are read. What one probe says is probe_conf.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/map.h"
#include "lib/base/units.h"
#include "lib/config/load.h"

enum { NAME_MAX_BYTES = 200, CYCLE_TEXT_MAX = 500 };

struct listed {
    const char *name;    /* as written; NULL: it has none */
    struct probe *probe; /* all that is good of it */
    const struct node *node;
    enum { UNSEEN, OPEN, SEEN } mark; /* of the walk for circles */
};

struct list_state {
    struct loader *l;
    struct map *by_name; /* → struct listed * */
    struct listed *items;
    size_t count;
};

static bool name_is_valid(const char *name)
{
    const size_t len = strlen(name);
    return len > 0 && len <= NAME_MAX_BYTES &&
           strspn(name,
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
               len;
}

/* NULL: it has none, which was reported. One at fault is a name all the same, so that depends_on does not say that it is
 * missing. */
static const char *read_name(struct list_state *s, const struct node *node,
                             const struct node *meant)
{
    struct diag *d = s->l->diag;
    const struct node *n = node_get(meant, "name");
    if (!n || n->kind == NODE_NULL) {
        diag_error(d, node->at, "the probe has no name");
        diag_hint(d, "add `name:`, which becomes the label probe=\"...\"");
        return NULL;
    }
    if (n->kind != NODE_SCALAR || !name_is_valid(n->text))
        diag_error(d, n->at, "'%.80s' is no name: use a-z, A-Z, 0-9, _ . and -", n->text);
    const struct listed *before =
        n->kind == NODE_SCALAR ? map_get(s->by_name, bytes_of(n->text)) : NULL;
    if (before)
        diag_error(d, n->at, "a second probe is named '%s'; the first is at %s:%d",
                   n->text, before->node->at.file, before->node->at.line);
    return n->kind == NODE_SCALAR ? n->text : NULL;
}

/* The probe's mapping, with what `defaults:` says added where it says nothing itself. */
static const struct node *with_defaults(struct loader *l, const struct node *node)
{
    struct node *whole = node_map(l->arena, node->at);
    for (const struct node *n = node->first; n; n = n->next)
        conf_put_copy(l->arena, whole, n->key, n);
    for (const struct node *n = l->defaults ? l->defaults->first : NULL; n; n = n->next) {
        if (!node_get(node, n->key))
            conf_put_copy(l->arena, whole, n->key, n);
    }
    return whole;
}

static struct place place_of(const struct node *node, const char *key)
{
    const struct node *n = node_get(node, key);
    return n ? n->at : node->at;
}

/* What works on schedule, but not as one may think. */
static void warn(struct loader *l, const struct probe *p, const struct node *node)
{
    if (p->timeout > p->interval)
        diag_warning(l->diag, place_of(node, "timeout"),
                     "the timeout of %s is longer than the interval of %s: a run that "
                     "takes that long skips slots",
                     duration_text(l->arena, p->timeout),
                     duration_text(l->arena, p->interval));
    if (p->watch && !p->type->talk)
        diag_warning(l->diag, place_of(node, "watch"),
                     "'watch' does nothing: %s holds no connection of its own",
                     p->type->name);
}

static void load_one(struct list_state *s, const struct node *node, struct listed *x)
{
    struct loader *l = s->l;
    const size_t errors = diag_error_count(l->diag);
    const struct probe_type *type;
    const struct node *meant = probe_meant(&l->ctx, node, &type);
    const char *name = read_name(s, node, meant);
    const struct node *whole = with_defaults(l, meant);
    const struct node *own = type ? node_get(meant, type->name) : NULL;
    struct probe *p =
        probe_from_node(&l->ctx, type, name ? name : "?", whole, l->g->labels);
    *x = (struct listed){.name = name, .probe = p, .node = whole};
    if (p->conf && !conf_has_unknown(l, p->conf))
        (void)probe_validate(&l->ctx, p, NULL,
                             own->kind == NODE_NULL ? own->key_at : own->at);
    if (diag_error_count(l->diag) == errors && !l->has_faulty_defaults)
        warn(l, p, whole);
}

static void list_one(struct list_state *s, const struct node *node)
{
    struct diag *d = s->l->diag;
    if (node->kind != NODE_MAP) {
        diag_error(d, node->at, "a probe is a mapping, not %s",
                   node_kind_name(node->kind));
        diag_hint(d, "for example: {name: website, http: \"http://127.0.0.1:8080/\"}");
        return;
    }
    struct listed *x = &s->items[s->count++];
    load_one(s, node, x);
    if (x->name && !map_get(s->by_name, bytes_of(x->name)))
        map_put(s->by_name, bytes_of(x->name), x);
}

/* ---- depends_on ---- */

static const struct node *dependency_node(const struct listed *x, size_t index)
{
    const struct node *n = node_get(x->node, "depends_on");
    const struct node *item = n && n->kind == NODE_LIST ? n->first : n;
    for (; item && index > 0; index--)
        item = item->next;
    return item ? item : x->node;
}

/* What a file holds that could not be read is not missing as well. */
static void report_missing(struct list_state *s, const char *name, struct place at)
{
    size_t count = 0;
    if (s->l->has_lost_files)
        return;
    const char **names = calloc(s->count + 1, sizeof(*names));
    if (!names)
        abort();
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].name)
            names[count++] = s->items[i].name;
    }
    const char *near = nearest_word(name, names);
    diag_error(s->l->diag, at, "there is no probe named '%.80s'", name);
    if (near)
        diag_hint(s->l->diag, "did you mean '%s'?", near);
    free(names);
}

/* Iterative: chains may be as long as the list. Each entry of the path is an open probe. */
struct step {
    struct listed *at;
    size_t next;
};

static void report_circle(struct list_state *s, const struct step *path, size_t depth,
                          const struct listed *closing)
{
    struct buf text = BUF_MAX(CYCLE_TEXT_MAX);
    size_t from = 0;
    while (path[from].at != closing)
        from++;
    for (size_t i = from; i < depth; i++)
        buf_printf(&text, "%s, which depends on ", path[i].at->probe->name);
    buf_add_text(&text, closing->probe->name);
    const struct step *last = &path[depth - 1];
    diag_error(s->l->diag, dependency_node(last->at, last->next - 1)->at,
               "probes depend on each other in a circle: %s%s", buf_text(&text),
               text.overflow ? " ..." : "");
    buf_finish(&text);
}

static void walk_from(struct list_state *s, struct listed *start, struct step *path)
{
    size_t depth = 0;
    path[depth++] = (struct step){start, 0};
    start->mark = OPEN;
    while (depth > 0) {
        struct step *top = &path[depth - 1];
        const char *name = top->at->probe->depends_on[top->next];
        if (!name) {
            top->at->mark = SEEN;
            depth--;
            continue;
        }
        const size_t index = top->next++;
        struct listed *parent = map_get(s->by_name, bytes_of(name));
        if (!parent) {
            report_missing(s, name, dependency_node(top->at, index)->at);
        } else if (parent->mark == OPEN) {
            report_circle(s, path, depth, parent);
        } else if (parent->mark == UNSEEN) {
            parent->mark = OPEN;
            path[depth++] = (struct step){parent, 0};
        }
    }
}

static void resolve_dependencies(struct list_state *s)
{
    struct step *path = calloc(s->count + 1, sizeof(*path));
    if (!path)
        abort();
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].mark == UNSEEN)
            walk_from(s, &s->items[i], path);
    }
    free(path);
}

/* Those at fault too, for whoever names them: with one of them there is no generation. */
static void publish(struct list_state *s)
{
    struct generation *g = s->l->g;
    const struct probe **list = arena_alloc(g->arena, (s->count + 1) * sizeof(*list));
    for (size_t i = 0; i < s->count; i++) {
        struct probe *probe = s->items[i].probe;
        list[g->probe_count++] = probe;
        if (!map_get(g->by_name, bytes_of(probe->name)))
            map_put(g->by_name, bytes_of(probe->name), probe);
    }
    g->probes = list;
}

void probes_load(struct loader *l)
{
    struct list_state s = {.l = l, .by_name = map_create()};
    if (l->probes.count > PROBES_MAX)
        diag_error(l->diag, l->probes.first->node->at, "%zu probes are more than %d",
                   l->probes.count, PROBES_MAX);
    else {
        s.items = arena_alloc(l->arena, (l->probes.count + 1) * sizeof(*s.items));
        for (const struct written *w = l->probes.first; w; w = w->next)
            list_one(&s, w->node);
        resolve_dependencies(&s);
    }
    publish(&s);
    map_destroy(s.by_name);
}
