/* SPDX-License-Identifier: Apache-2.0 */
/* See series_known.h. From the tables of the probe types and of healthd's own families; opens and asks nothing. */
#include "lib/config/series_known.h"

#include <string.h>

#include "alerts/rule.h"
#include "lib/base/glob.h"
#include "lib/base/map.h"
#include "lib/config/own_family.h"
#include "probes/registry.h"

/* What any series may have: set by healthd for every probe, or by an event of a workflow. */
static const char *const common_labels[] = {
    "__name__",    "probe",   "type",    "job",       "instance",
    "workflow_id", "node_id", "task_id", "component", "environment"};
enum { COMMON_LABELS = sizeof(common_labels) / sizeof(*common_labels) };

struct name_link {
    const char *name;
    struct name_link *next;
};

struct known {    /* series of one name */
    bool is_open; /* its labels are not all known */
    struct name_link *labels;
};

struct maker { /* a probe that makes names which no table has */
    const struct probe *probe;
    struct maker *next;
};

struct other { /* what was found out of a name that was asked for */
    bool may_make_it;
};

struct series_known {
    struct arena *arena;
    struct map *names; /* → struct known */
    struct map *types; /* whose families are among these */
    struct map *asked; /* → struct other: rules name a few names often */
    struct maker *makers;
    struct name_link
        *labels; /* that a person wrote: on every series there may be any of them */
};

static void add_name(struct arena *arena, struct name_link **list, const char *name)
{
    for (const struct name_link *x = *list; x; x = x->next) {
        if (!strcmp(x->name, name))
            return;
    }
    struct name_link *link = arena_alloc(arena, sizeof(*link));
    *link = (struct name_link){name, *list};
    *list = link;
}

static struct known *known_put(struct series_known *k, const char *name)
{
    struct known *x = map_get(k->names, bytes_of(name));
    if (x)
        return x;
    x = arena_alloc(k->arena, sizeof(*x));
    map_put(k->names, bytes_of(name), x);
    return x;
}

static void add_labels(struct series_known *k, struct known *x, const char *const *labels)
{
    for (; *labels; labels++)
        add_name(k->arena, &x->labels, *labels);
}

/* ---- what makes series ---- */

/* What a histogram or a summary is in parts has no series of its own name. */
static const char *const *parts_of(enum metric_kind kind)
{
    static const char *const histogram[] = {"_bucket", "_sum", "_count", NULL};
    static const char *const summary[] = {"", "_sum", "_count", NULL};
    static const char *const whole[] = {"", NULL};
    return kind == METRIC_HISTOGRAM ? histogram
           : kind == METRIC_SUMMARY ? summary
                                    : whole;
}

static void add_metric(struct series_known *k, const struct metric *m)
{
    for (const char *const *part = parts_of(m->kind); *part; part++) {
        struct known *x = known_put(k, arena_printf(k->arena, "%s%s", m->name, *part));
        add_labels(k, x, m->labels);
        if (m->kind == METRIC_HISTOGRAM)
            add_name(k->arena, &x->labels, "le");
        if (m->kind == METRIC_SUMMARY)
            add_name(k->arena, &x->labels, "quantile");
    }
}

static void add_probe(struct series_known *k, const struct probe *p)
{
    const bool is_new = !map_put(k->types, bytes_of(p->type->name), k);
    const struct metric *const *m = is_new ? p->type->metrics : NULL;
    for (; m && *m; m++)
        add_metric(k, *m);
    for (size_t i = 0; i < p->labels.count; i++)
        add_name(k->arena, &k->labels, p->labels.items[i].name);
    /* Of those that may make anything, one will do. */
    if (!p->type->has_dynamic_families || (!is_new && !p->type->may_make))
        return;
    struct maker *maker = arena_alloc(k->arena, sizeof(*maker));
    *maker = (struct maker){p, k->makers};
    k->makers = maker;
}

static void add_own(struct series_known *k)
{
    for (const struct own_family *f = own_families; f->name; f++) {
        struct known *x = known_put(k, f->name);
        x->is_open |= !f->has_known_labels;
        add_labels(k, x, f->labels);
    }
}

static void add_recorded(struct series_known *k, const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        for (size_t r = 0; r < rules->groups[i]->count; r++) {
            const struct rule *rule = rules->groups[i]->rules[r];
            if (rule->is_recording)
                known_put(k, rule->name)->is_open = true;
        }
    }
}

static void destroy_map(void *map)
{
    map_destroy(map);
}

static struct map *map_in(struct arena *arena)
{
    struct map *map = map_create();
    arena_cleanup(arena, destroy_map, map);
    return map;
}

struct series_known *series_known_make(const struct generation *g, struct arena *arena)
{
    struct series_known *k = arena_alloc(arena, sizeof(*k));
    *k = (struct series_known){.arena = arena,
                               .names = map_in(arena),
                               .types = map_in(arena),
                               .asked = map_in(arena)};
    add_own(k);
    for (size_t i = 0; i < g->probe_count; i++)
        add_probe(k, g->probes[i]);
    for (size_t i = 0; i < g->flow_count; i++) {
        for (size_t n = 0; n < g->flows[i].labels.count; n++)
            add_name(arena, &k->labels, g->flows[i].labels.items[n].name);
    }
    for (size_t i = 0; i < g->labels.count; i++)
        add_name(arena, &k->labels, g->labels.items[i].name);
    add_recorded(k, &g->alerting.rules);
    return k;
}

/* ---- questions ---- */

static bool may_make(const struct probe *p, const char *name)
{
    struct place ignored;
    return !p->type->may_make || template_variable(p->conf, &ignored) ||
           p->type->may_make(template_loaded(p->conf, 0), name);
}

static bool is_made_by_others(const struct series_known *k, const char *name)
{
    struct other *o = map_get(k->asked, bytes_of(name));
    if (o)
        return o->may_make_it;
    o = arena_alloc(k->arena, sizeof(*o));
    map_put(k->asked, bytes_of(name), o);
    for (const struct maker *m = k->makers; m && !o->may_make_it; m = m->next)
        o->may_make_it = may_make(m->probe, name);
    return o->may_make_it;
}

bool series_may_be(const struct series_known *k, const char *name)
{
    return map_get(k->names, bytes_of(name)) || is_made_by_others(k, name);
}

const char *const *series_labels(const struct series_known *k, const char *name,
                                 struct arena *arena)
{
    const struct known *x = map_get(k->names, bytes_of(name));
    size_t count = COMMON_LABELS;
    if (!x || x->is_open || is_made_by_others(k, name))
        return NULL;
    for (const struct name_link *l = x->labels; l; l = l->next)
        count++;
    for (const struct name_link *l = k->labels; l; l = l->next)
        count++;
    const char **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    memcpy(list, common_labels, sizeof(common_labels));
    count = COMMON_LABELS;
    for (const struct name_link *l = x->labels; l; l = l->next)
        list[count++] = l->name;
    for (const struct name_link *l = k->labels; l; l = l->next)
        list[count++] = l->name;
    return list;
}

const char *series_nearest(const struct series_known *k, const char *name,
                           struct arena *arena)
{
    const char **names = arena_alloc(arena, (map_count(k->names) + 1) * sizeof(*names));
    size_t count = 0;
    const struct map_entry *e = NULL;
    while ((e = map_next(k->names, e)))
        names[count++] = e->key;
    return nearest_word(name, names);
}

const struct probe_type *series_type(const char *name)
{
    for (const struct probe_type *const *t = probe_types; *t; t++) {
        const struct metric *const *m = (*t)->metrics;
        for (; m && *m; m++) {
            if (!strcmp((*m)->name, name))
                return *t;
        }
    }
    return NULL;
}
