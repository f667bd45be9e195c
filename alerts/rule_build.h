/* SPDX-License-Identifier: Apache-2.0 */
/* Between rule_file.c, rule_read.c, rule_texts.c, rule_opts.c and rule_list.c: rules while they are being read. */
#ifndef HEALTHD_ALERTS_RULE_BUILD_H
#define HEALTHD_ALERTS_RULE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/annotation.h"
#include "alerts/rule_file.h"

struct rule_conf { /* one rule as written: rule_opts */
    const char *alert, *record, *expr, *warn, *crit;
    nsec hold_for, keep_firing_for, no_data_after;
    const struct node *labels, *annotations, *resolve_when;
    int no_data;
    const char *active;
};

struct rule_group_conf { /* rule_group_opts */
    const char *name;
    nsec interval, query_offset;
    int64_t limit;
    const struct node *labels, *rules;
};

struct rule_link {
    struct rule *rule;
    bool is_level; /* it is made of a mapping's `warn:` or `crit:` */
    struct rule_link *next;
};

struct group_build { /* a group being read */
    struct rule_group *group;
    /* The group's, on top of which each rule's own are put; only while the group is read. */
    const struct node *labels;
    int line;         /* where the group is written */
    const char *file; /* of the rule that was read last */
    const struct rule_source *source;
    struct rule_link *first, **link;
    struct group_build *next;
};

struct rule_list {
    struct rule_reader reader;
    struct group_build *first, **link;
    size_t group_count, rule_count;
};

/* rule_read.c: adds to g the rule, or the two of `warn:` and `crit:`, that one mapping says. After a fault, which is
 * reported, it adds nothing. */
void rule_read(struct rule_list *l, struct group_build *g, const struct node *node);

/* rule_texts.c: labels or annotations (what, for sentences) of the mapping under, with those of over on top; each may be
 * NULL. False after a fault, which is reported. */
bool rule_texts_read(struct rule_list *l, const struct node *under,
                     const struct node *over, const char *what, struct rule_texts *ret);
/* A copy with name set to the constant value. */
struct rule_texts rule_texts_with(struct arena *arena, struct rule_texts texts,
                                  const char *name, const char *value);
/* NULL when there is none of that name. */
const struct annotation *rule_texts_get(struct rule_texts texts, const char *name);

/* A struct of size bytes, by its rows, from a mapping, in the reader's arena. A row at fault, which is reported, is as if it
 * were not written. */
const void *rule_rows_read(const struct rule_reader *reader, const struct opt *rows,
                           size_t size, const struct node *node);
/* Parses an expression that node n holds; NULL after reporting its fault, with the place in it and what to do. */
const struct promql *rule_promql_read(const struct rule_reader *reader,
                                      const struct node *n, const char *text);
/* Where the value of key stands in map; when there is none, where map does. */
struct place rule_key_place(const struct node *map, const char *key);

#endif
