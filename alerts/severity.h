/* SPDX-License-Identifier: Apache-2.0 */
/* How bad an alert's `severity` label says it is, as a number to compare by. Pure. */
#ifndef HEALTHD_ALERTS_SEVERITY_H
#define HEALTHD_ALERTS_SEVERITY_H

/* critical 4, error or high 3, warning 2, info 1, anything else and NULL 0. */
int severity_rank(const char *severity);

#endif
