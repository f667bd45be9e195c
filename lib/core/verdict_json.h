/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict as JSON, the same for the API, `healthctl probe --format json` and tests. */
#ifndef HEALTHD_CORE_VERDICT_JSON_H
#define HEALTHD_CORE_VERDICT_JSON_H

#include "lib/core/json.h"
#include "lib/core/verdict.h"

/* {health, reason, detail, address, due, started, duration_seconds, phases_seconds {…}, items [], trace []}; an item, or
 * the whole, may have last_log [] of lines. The caller owns the reference. */
json_t *verdict_to_json(const struct verdict *v);
json_t *labels_to_json(struct labels l);
/* A wall-clock instant as RFC 3339, or null for zero. */
json_t *wall_to_json(struct wall at);

#endif
