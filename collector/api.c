/* SPDX-License-Identifier: Apache-2.0 */
/* The list of endpoint tables, and what can be said from them alone: the OpenAPI document. */
#include "collector/api.h"

#include "collector/daemon.h"
#include "lib/core/json.h"

extern const struct endpoint health_endpoints[], metrics_endpoints[], probe_endpoints[],
    probes_endpoints[], alerts_endpoints[], silences_endpoints[], deploys_endpoints[],
    outbox_endpoints[], heartbeat_endpoints[], events_endpoints[], query_endpoints[],
    deadman_endpoints[], flows_endpoints[], series_endpoints[], rules_endpoints[],
    runbooks_endpoints[], openapi_endpoints[], page_endpoints[], history_endpoints[];

const struct endpoint *const api_endpoints[] = {
    metrics_endpoints,  probe_endpoints,     health_endpoints,   history_endpoints,
    probes_endpoints,   alerts_endpoints,    silences_endpoints, deploys_endpoints,
    outbox_endpoints,   heartbeat_endpoints, events_endpoints,   deadman_endpoints,
    flows_endpoints,    query_endpoints,     series_endpoints,   rules_endpoints,
    runbooks_endpoints, openapi_endpoints,   page_endpoints,     NULL,
};

static const char *operation_name(const char *method)
{
    if (!strcmp(method, "GET"))
        return "get";
    return !strcmp(method, "DELETE") ? "delete" : "post";
}

static void add_parameters(json_t *operation, const struct endpoint *endpoint)
{
    json_t *list = json_array();
    for (const struct endpoint_param *p = endpoint->params; p && p->name; p++) {
        const bool is_segment =
            strstr(endpoint->path, p->name) && strchr(endpoint->path, '{');
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:b, s:{s:s}}", "name", p->name, "in",
                            is_segment ? "path" : "query", "description", p->doc,
                            "required", p->is_required, "schema", "type", "string"));
    }
    json_object_set_new(operation, "parameters", list);
}

static void get_openapi(struct exchange *x, struct daemon *d)
{
    json_t *paths = json_object();
    for (const struct endpoint *const *table = api_endpoints; *table; table++) {
        for (const struct endpoint *endpoint = *table; endpoint->path; endpoint++) {
            json_t *path = json_object_get(paths, endpoint->path);
            if (!path) {
                path = json_object();
                json_object_set_new(paths, endpoint->path, path);
            }
            json_t *operation =
                json_pack("{s:s, s:{s:{s:s}}}", "summary", endpoint->doc, "responses",
                          "200", "description", "The answer.");
            add_parameters(operation, endpoint);
            json_object_set_new(path, operation_name(endpoint->method), operation);
        }
    }
    exchange_reply_value(x, 200,
                         json_pack("{s:s, s:{s:s, s:s}, s:o}", "openapi", "3.0.3", "info",
                                   "title", "healthd", "version", HEALTHD_VERSION,
                                   "paths", paths));
}

const struct endpoint openapi_endpoints[] = {
    {"GET", "/api/openapi.json", RIGHT_READ, NULL,
     "The paths as an OpenAPI 3.0 document.", get_openapi},
    {0}};
