/* SPDX-License-Identifier: Apache-2.0 */
/* Where the report of a smoke run goes: standard output, by --format, and the files of --report. Called by smoke and
 * deploy. */
#ifndef HEALTHD_HEALTHCTL_SMOKE_REPORT_H
#define HEALTHD_HEALTHCTL_SMOKE_REPORT_H

#include "healthctl/smoke.h"

/* 0, or CODE_USAGE after complaining: a --report whose format is not known. */
int smoke_report_check(const struct invocation *in);
/* After that: returns the exit code: the run's, of nagios' four with that format, or another fault when a file cannot be written. */
int smoke_report(const struct smoke *smoke);

#endif
