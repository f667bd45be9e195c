/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From YAML to rules: Prometheus' rule files as they are, and what healthd adds to them (warn: and crit:,
 * resolve_when:, no_data:, active:). Called when a configuration is loaded, and by `healthctl rules`. Every fault is
 * said at once, with its place in the file, also within an expression. Opens no file: nodes come in, and may go when
 * they have been read.
 * Beside rule_file.c: rule_opts.c (the tables), rule_read.c (one rule), rule_texts.c (labels, annotations),
 * rule_list.c (identities, and all rules together).
 */
#ifndef HEALTHD_ALERTS_RULE_FILE_H
#define HEALTHD_ALERTS_RULE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/rule.h"
#include "lib/base/arena.h"
#include "lib/core/diag.h"
#include "lib/core/node.h"
#include "lib/core/opt.h"

struct interval;
struct secrets;

#define RULES_MAX 50000
#define RULE_GROUPS_MAX 10000
#define RULE_DEFAULT_INTERVAL (15 * NSEC_PER_SEC)

struct rule_reader {     /* what reading needs */
    struct arena *arena; /* owns all that is made */
    struct diag *diag;
    struct secrets *secrets; /* may be NULL */
    /* What `active:`, which stands at that place, names; NULL after reporting that there is none. May itself be NULL: there are
     * none. */
    const struct interval *(*find_interval)(void *ctx, const char *name, struct place at);
    void *ctx;
    /* Of every group, whatever it says (for rule tests); 0: what each says. */
    nsec interval;
    struct arena *scratch; /* of what no rule keeps; NULL: arena */
};

struct rule_source { /* where a set of groups comes from */
    /* A part of each rule's identity: a path as it is named, "healthd.yml", "pack:probes". */
    const char *file;
    bool is_bundled, is_meta; /* as struct rule has them, of each rule */
};

/* Rules while they are gathered; in the reader's arena, and gone with it. reader is copied. */
struct rule_list;
struct rule_list *rule_list_create(const struct rule_reader *reader);
/* A whole rule file: a mapping with `groups:`. */
void rule_file_read(struct rule_list *l, const struct rule_source *source,
                    const struct node *root);
/* What stands under `rules:`: a list of rules, which become one group of that name, or of groups, or both. */
void rule_inline_read(struct rule_list *l, const struct rule_source *source,
                      const char *group, const struct node *list);
/* Gives all that was read: groups, identities, selectors. Faults that only the whole shows are reported. Call it once, last. */
void rule_list_finish(struct rule_list *l, struct rules *ret);

/* The rows of a group and of a rule: for the reference generator. */
extern const struct opt rule_group_opts[], rule_opts[];

#endif
