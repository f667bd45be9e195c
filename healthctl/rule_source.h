/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a file, whichever kind it is: a configuration of healthd with everything that it includes and brings along,
 * or a rule file as Prometheus has it. Called by `healthctl rules`.
 */
#ifndef HEALTHD_HEALTHCTL_RULE_SOURCE_H
#define HEALTHD_HEALTHCTL_RULE_SOURCE_H

#include <stdbool.h>

#include "alerts/rule.h"
#include "healthctl/command.h"
#include "lib/core/diag.h"

struct rule_origin {  /* which rules are meant */
    const char *path; /* NULL: the built-in configuration */
    const char *name; /* for people: the file, and whose it is when nobody named it */
    bool is_daemons;  /* the environment that gives it its secrets is another's */
};
/* path, else --config, else what the healthd that answers reads, else the default configuration. 0, or a code after complaining
 * that healthd's file cannot be read here. */
int rule_source_find(const struct invocation *in, const char *path,
                     struct rule_origin *ret);
/* What it returns ends with the invocation. False after reporting to d. */
bool rule_source_load(const struct invocation *in, const struct rule_origin *origin,
                      struct diag *d, struct rules *ret);

#endif
