/* SPDX-License-Identifier: Apache-2.0 */
/* Between flow_conf.c (flows, includes, what is known where) and flow_step_conf.c (one step). */
#ifndef HEALTHD_CONFIG_FLOW_LOAD_H
#define HEALTHD_CONFIG_FLOW_LOAD_H

#include "lib/config/alerting_load.h"
#include "lib/flows/flow.h"

struct name_list { /* growing, of the loader's arena */
    const char **items;
    size_t count, size;
};

struct flow_loader { /* one flow while it is being read */
    struct loader *l;
    struct flow *flow;
    struct name_list known;    /* variables that whoever starts the flow gives */
    struct name_list captured; /* by the steps read so far */
    struct name_list steps;    /* names of all steps */
    struct flow_step *list;    /* of the section under way */
    size_t count;
    const char *path;                  /* of the file under way; NULL: built in */
    const char *chain[FLOW_MAX_DEPTH]; /* the files that led to it */
    int depth;
};

struct retry_rows {
    const char *until;
    nsec within;
    struct texts backoff;
};
extern const struct opt retry_opts[];

void name_list_add(struct flow_loader *f, struct name_list *list, const char *name);
bool name_list_has(const struct name_list *list, const char *name);
/* Any number of steps: `steps`, `finally`, a file's. Appends to f->list. */
void steps_read(struct flow_loader *f, const struct node *list, const char *what);
/* One step: all that is good of it; what is not is reported. in_parallel: it may have neither `parallel` nor `include`. */
void step_read(struct flow_loader *f, const struct node *node, bool in_parallel,
               struct flow_step *ret_step);
/* flow_needs_conf.c: variables that node names and an earlier step captures; NULL-terminated. */
const char *const *needs_of(struct flow_loader *f, const struct node *node);
/* flow_answer_conf.c: NULL after reporting. node: where text stands. */
const struct expr *flow_expr(struct flow_loader *f, const char *text,
                             const struct var *const *vars, const struct node *node,
                             const char *what);
struct step_answer { /* what a step's answer is */
    const struct var *const
        *vars;    /* what expressions over it may name; NULL: its type is not known */
    size_t asked; /* probes that it asks */
};
/* From a step's own rows into the step; what is wrong is reported. */
void retry_read(struct flow_loader *f, const struct retry_rows *rows,
                const struct node *node, const struct step_answer *answer,
                struct flow_step *s);
void captures_read(struct flow_loader *f, const struct node *node,
                   const struct step_answer *answer, struct flow_step *s);
/* The file of an `include`, relative to the file that names it; NULL after reporting. ret_path: what it is called;
 * the same whichever way it was named. */
const struct node *include_load(struct loader *l, const char *name, const char *from,
                                struct place at, const char **ret_path);

#endif
