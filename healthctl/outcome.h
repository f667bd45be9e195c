/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict means as an exit code: one table by reason. Pure. */
#ifndef HEALTHD_HEALTHCTL_OUTCOME_H
#define HEALTHD_HEALTHCTL_OUTCOME_H

#include "healthctl/command.h"
#include "lib/core/verdict.h"

/* Up and degraded pass; unknown is 5 (or 2, when the configuration cannot be filled in); down is 4
 * when no answer came at all, else 1. */
enum exit_code outcome_code(enum health health, enum reason reason);
/* The code that stands for several: the one of the worst health. */
enum exit_code outcome_worse(enum exit_code a, enum exit_code b);

/* Names back to values; unknown words give HEALTH_UNKNOWN and REASON_NONE. */
enum health health_of_name(const char *name);
enum reason reason_of_word(const char *word);

#endif
