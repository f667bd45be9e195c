/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON log's lines, apart from where they go: for the exporter and its tests. */
#ifndef HEALTHD_EXPORTERS_JSON_LOG_H
#define HEALTHD_EXPORTERS_JSON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/core/exporter.h"
#include "lib/core/verdict.h"

enum json_log_results {
    JSON_LOG_CHANGES,  /* what moved a probe's state */
    JSON_LOG_FAILURES, /* and each run that is not up */
    JSON_LOG_ALL       /* and the others */
};

/* Whether the verdict gets a line; a probe with `results: all` always does. */
bool json_log_wants(enum json_log_results results, const struct verdict *v);
/* One line. Stable: keys are added, never renamed; docs/logs.md lists them. */
void json_log_line(struct buf *out, const struct verdict *v);

extern const struct exporter_type exporter_json_log;

#endif
