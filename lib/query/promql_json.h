/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers as Prometheus' HTTP API gives them (https://prometheus.io/docs/prometheus/latest/querying/api/): for
 * /api/v1/query, /api/v1/query_range and healthctl. Pure.
 */
#ifndef HEALTHD_QUERY_PROMQL_JSON_H
#define HEALTHD_QUERY_PROMQL_JSON_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/core/labels.h"
#include "lib/query/promql.h"

/* {"resultType":"vector","result":[…]}, the API's `data`. ms is the instant: a text has no time of its own. */
void promql_json_data(const struct promql_result *r, int64_t ms, struct buf *out);
/* {"status":"success","data":{…},"warnings":[…]}: the whole answer; warnings only when there are some. */
void promql_json_success(const struct promql_result *r, int64_t ms, struct buf *out);
/* {"status":"error","errorType":"bad_data","error":"…"}; type is one of the API's. */
void promql_json_error(const char *type, const char *text, struct buf *out);
/* {"a":"b"} */
void promql_json_labels(struct labels labels, struct buf *out);
/* 1435781451.781: seconds, with three decimals unless they are 0. */
void promql_json_time(int64_t ms, struct buf *out);

#endif
