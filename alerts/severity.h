/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How bad an alert's `severity` label says it is: five levels, and the words that people use for them, whatever their case.
 * Asked by everything that compares or shows severities: floors, notifiers, acks, the log, the API. Pure.
 */
#ifndef HEALTHD_ALERTS_SEVERITY_H
#define HEALTHD_ALERTS_SEVERITY_H

#include <stdbool.h>

#include "lib/base/buf.h"

enum severity_rank {
    RANK_NONE,
    RANK_INFO,
    RANK_WARNING,
    RANK_ERROR,
    RANK_CRITICAL,
};
/* One of these. A word that is not known is RANK_CRITICAL: nobody shall miss it. NULL and "" are RANK_WARNING, as `notify:` has it. */
int severity_rank(const char *severity);
/* "none", "info", "warning", "error", "critical" */
const char *severity_level(const char *severity);
bool severity_is_known(const char *severity);
bool severity_is_critical(const char *severity);
/* "critical (page, fatal …), error (…), …": every word, the worst first. */
void severity_list(struct buf *out);

#endif
