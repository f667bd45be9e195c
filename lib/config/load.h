/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of lib/config: one generation while it is being read. */
#ifndef HEALTHD_CONFIG_LOAD_H
#define HEALTHD_CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/config/generation.h"

#define FILES_MAX 256
#define PROBES_MAX 20000

struct written { /* a node of some file, that becomes a probe or module */
    const struct node *node;
    struct written *next;
};

struct written_list {
    struct written *first, *last;
    size_t count;
};

struct state_conf {
    const char *path;
};

struct resolver_rows { /* as struct resolver_conf, with fields that a table can fill */
    int kind;
    nsec max_ttl;
    const char *resolv_conf, *hosts;
};

struct probe_common { /* what every probe has, whatever its type */
    nsec interval, timeout, retry_interval;
    int64_t rise, fall;
    bool watch;
    int results, severity;
    struct pairs labels;
    struct texts expect, should, depends_on;
    const struct node *limits;
};

struct connectivity_rows {
    bool is_enabled;
    struct texts probes;
};

struct history_rows {
    uint64_t budget;
    nsec keep;
    int64_t max_series;
};

struct promql_rows {
    int64_t compat;
};

struct top_conf { /* the top level */
    const char *site, *timezone;
    struct pairs labels;
    struct texts include, probe_files, module_files, rule_files;
    const struct node *secrets, *defaults, *probes, *modules, *exporters, *rules, *packs;
    struct web_conf web;
    struct resolver_rows resolver;
    struct state_conf state;
    const struct node *receivers, *notify, *route, *flows;
    struct sections time_intervals, mute_time_intervals, maintenance, inhibit_rules;
    struct texts fallback;
    struct connectivity_rows connectivity;
    struct history_rows history;
    struct promql_rows promql;
};

struct generation_parts { /* kept with a generation for generation_print */
    const struct top_conf *top;
    struct template **exporters;   /* one each of generation.exporters */
    const struct written *secrets; /* names and references */
    const struct written_list *rules, *rule_files;
    const struct node *packs; /* NULL: not written */
};

struct loader {
    struct generation *g;
    struct arena *arena;
    struct diag *diag;
    struct secrets *secrets;
    struct opt_ctx ctx;
    const struct node *root;     /* of the main file, as it was meant */
    const struct node *defaults; /* `defaults:`, or NULL */
    bool has_faulty_defaults;
    bool has_lost_files; /* one that is named could not be read: names may be in it */
    /* `receivers:` as it is written, faulty ones too; NULL: none */
    const struct node *receivers;
    struct written_list probes, modules, secret_names;
    struct written_list rules;      /* each `rules:`, whole */
    struct written_list rule_files; /* each file's root */
    /* as they are named, in order of reading: a link may come to lead elsewhere */
    const char *files[FILES_MAX];
    const char *reals[FILES_MAX]; /* where they led to */
    size_t file_count;
    const char *patterns[FILES_MAX];
    size_t pattern_count;
    struct buf canonical;
    bool has_modules;
    bool has_no_packs; /* the bundled rules are left out */
};

/* top_opts.c */
enum { RESULTS_CHANGES, RESULTS_ALL };
enum { SEVERITY_OF_TYPE, SEVERITY_CRITICAL, SEVERITY_PAGE_WARNING, SEVERITY_NONE };
extern const struct opt_choice severity_choices[];
const char *severity_name(int severity);

/* includes.c: reads what root names; each file's probes and modules are appended to the loader's lists. */
void includes_read(struct loader *l, const struct node *root, const char *path);
void written_append(struct loader *l, struct written_list *list, const struct node *node);
/* Appends every item of a list (probes) or member of a mapping (modules). */
void written_items(struct loader *l, struct written_list *list, const struct node *node,
                   enum node_kind kind, const char *what);

/* probe_conf.c: all that is good of what node says, for whoever judges the rest; what is not is reported, and then the probe
 * is not to be run. type: NULL when it is not known; conf is NULL then, and when the type's own options are at fault. */
struct probe *probe_from_node(const struct opt_ctx *ctx, const struct probe_type *type,
                              const char *name, const struct node *node,
                              struct labels under);
/* Runs the type's validate on what is known now; with operand in a module's shorthand row. True, too, when the options
 * are at fault already. */
bool probe_validate(const struct opt_ctx *ctx, const struct probe *p, const char *operand,
                    struct place at);
/* What goes into a type's template: its own rows, and a dialogue's. */
size_t probe_parts(const struct probe_type *type, struct opt_part *ret_parts);

/* What expressions of a probe of this type may name. */
#define PROBE_VAR_TABLES 5
void probe_vars(const struct opt_ctx *ctx, const struct probe_type *type,
                const struct var *ret_tables[PROBE_VAR_TABLES] /* NULL-terminated */);
/* The place of an expression's fault within its scalar, which starts with "column N: "; text goes on behind that. */
struct place expr_place(const struct node *n, const char **text);
/* What a flow's step says on top of a probe that it uses: expect, should, timeout, labels and nothing else. */
struct probe_extra {
    const struct expr *const *expect, *const *should; /* NULL-terminated */
    nsec timeout;                                     /* 0: not written */
    struct labels labels;
};
bool probe_extra_read(const struct opt_ctx *ctx, const struct probe_type *type,
                      const struct node *node, struct probe_extra *ret_extra);

/* flow_conf.c: after probes. */
void flows_load(struct loader *l, const struct node *list);
/* A file that is one flow alone becomes a configuration that has it; any other root is returned as it is. */
const struct node *flow_file_root(struct loader *l, const struct node *root,
                                  const char *path);

/* probe_kind.c: reports what is wrong with the keys, and gives the mapping as it was meant: a misspelt key is the nearest
 * one, so that what stands there is judged too; one that nothing explains is left out. ret_type: NULL when there is none. */
const struct node *probe_meant(const struct opt_ctx *ctx, const struct node *node,
                               const struct probe_type **ret_type);
/* labels_conf.c: under, with what pairs say on top. node: where they were written, or NULL. */
bool conf_labels(const struct opt_ctx *ctx, const struct pairs *pairs,
                 const struct node *node, struct labels under, struct labels *ret_labels);
/* conf_place.c: puts a copy of member, which belongs to another mapping, last into map under that key. */
void conf_put_copy(struct arena *arena, struct node *map, const char *key,
                   const struct node *member);
/* Reports a ${name} that stands for nothing; false: there is none. */
bool conf_has_unknown(struct loader *l, const struct template *t);

/* probe_list.c */
void probes_load(struct loader *l);
/* web_conf.c: web is the node of `web:`, or NULL. */
void web_load(struct loader *l, const struct top_conf *top, const struct node *web);
/* module_conf.c */
void modules_load(struct loader *l);
/* interval_conf.c */
void intervals_load(struct loader *l, const struct top_conf *top,
                    const struct node *root);
/* receiver_conf.c: before whatever names them. */
void receivers_load(struct loader *l, const struct node *node);
void receivers_print(const struct generation *g, struct buf *out);
/* routing_conf.c: after receivers, intervals and probes. */
void routing_load(struct loader *l, const struct top_conf *top, const struct node *root);
/* routing_lint.c: after rules: a warning for alerts of which nobody would be told. */
void routing_lint_rules(struct loader *l);
/* routing_print.c */
void routing_print(const struct generation *g, struct buf *out);
/* rule_conf.c: after probes and intervals. */
void rules_load(struct loader *l, const struct top_conf *top, const struct node *root);
void rules_print(const struct generation *g, struct buf *out);
/* rule_lint.c: once all is read: warnings of rules that can hardly be meant. */
void rules_lint(struct loader *l);
/* limit_conf.c: the rules that probes' limits become. */
struct rule_list;
struct rule_source;
void limits_load(struct loader *l, struct rule_list *rules,
                 const struct rule_source *source);
/* exporter_conf.c */
void exporters_load(struct loader *l, const struct node *node,
                    struct generation_parts *parts);

#endif
