/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prometheus' HTTP API as text: its answers and errors, byte for byte as Grafana and promtool expect them
 * (https://prometheus.io/docs/prometheus/latest/querying/api/). Rendering only; may run on any thread.
 */
#ifndef HEALTHD_COLLECTOR_PROM_JSON_H
#define HEALTHD_COLLECTOR_PROM_JSON_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/labels.h"
#include "lib/query/promql.h"

/* {"status":"success","data":{"resultType":…,"result":…}} of one evaluation. */
void prom_json_result(const struct promql_result *r, struct buf *out);
/* A number in quotes: as short as reads back, without an exponent from 1e-06 up to 1e+21; "NaN", "+Inf", "-Inf". */
void prom_json_number(double value, struct buf *out);
/* The same with one digit before the point and an exponent always ("1.5e+00"): the value of an alert. */
void prom_json_alert_value(double value, struct buf *out);
/* Seconds with three digits behind the point, or none. */
void prom_json_time(int64_t ms, struct buf *out);
void prom_json_labels(struct labels l, struct buf *out);
/* {"status":"error","errorType":type,"error":text} */
void prom_json_error(const char *type, const char *text, struct buf *out);

#endif
