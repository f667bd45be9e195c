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

/* path NULL: the default configuration. What it returns ends with the invocation. False after reporting to d. */
bool rule_source_load(const struct invocation *in, const char *path, struct diag *d,
                      struct rules *ret);

#endif
