/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number formats of Prometheus' templates (https://prometheus.io/docs/prometheus/latest/configuration/template_reference/):
 * four significant digits, and NaN, +Inf and -Inf as such. Each appends to out. Pure.
 */
#ifndef HEALTHD_ALERTS_HUMANIZE_H
#define HEALTHD_ALERTS_HUMANIZE_H

#include "lib/base/buf.h"

void humanize(double value, struct buf *out);             /* "1.234M", "12m" for 0.012 */
void humanize1024(double value, struct buf *out);         /* "1.5Mi" */
void humanize_percentage(double ratio, struct buf *out);  /* 0.12 is "12%" */
void humanize_duration(double seconds, struct buf *out);  /* "1d 2h 3m 4s" */
void humanize_timestamp(double seconds, struct buf *out); /* since 1970, as UTC */

#endif
