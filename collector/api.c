/* SPDX-License-Identifier: Apache-2.0 */
/* The list of endpoint tables: web.c serves them, openapi.c describes them. */
#include "collector/api.h"

extern const struct endpoint health_endpoints[], metrics_endpoints[], probe_endpoints[],
    probes_endpoints[], alerts_endpoints[], silences_endpoints[], deploys_endpoints[],
    outbox_endpoints[], heartbeat_endpoints[], events_endpoints[], query_endpoints[],
    deadman_endpoints[], flows_endpoints[], series_endpoints[], rules_endpoints[],
    runbooks_endpoints[], openapi_endpoints[], page_endpoints[], history_endpoints[],
    journal_endpoints[];

const struct endpoint *const api_endpoints[] = {
    metrics_endpoints, probe_endpoints,     health_endpoints,
    history_endpoints, journal_endpoints,   probes_endpoints,
    alerts_endpoints,  silences_endpoints,  deploys_endpoints,
    outbox_endpoints,  heartbeat_endpoints, events_endpoints,
    deadman_endpoints, flows_endpoints,     query_endpoints,
    series_endpoints,  rules_endpoints,     runbooks_endpoints,
    openapi_endpoints, page_endpoints,      NULL,
};
