/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as they stand, as JSON: for /api/alerts, the overview and its stream. Reads; moves nothing. */
#ifndef HEALTHD_COLLECTOR_ALERTS_JSON_H
#define HEALTHD_COLLECTOR_ALERTS_JSON_H

#include "collector/daemon.h"
#include "lib/core/json.h"

/* Every alert that is pending, fires or has just ended: what holds it, who was told, and how far the last notice of each
 * came (`delivery`); those that fire first, at most max. The caller owns the reference. */
json_t *alerts_to_json(struct daemon *d, size_t max);

#endif
