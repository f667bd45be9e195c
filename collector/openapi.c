/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths as an OpenAPI 3.0.3 document, made from the endpoint tables: whatever is served is described, and nothing is
 * described twice. Knows no path by name.
 */
#include <ctype.h>
#include <string.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "lib/core/json.h"

/* ---- schemas ---- */

static json_t *schema_of(const struct endpoint_field *f)
{
    json_t *schema = !strcmp(f->type, "time")
                         ? json_pack("{s:s, s:s, s:b}", "type", "string", "format",
                                     "date-time", "nullable", 1)
                         : json_pack("{s:s}", "type", f->type);
    if (!strcmp(f->type, "array"))
        json_object_set_new(schema, "items", json_object());
    json_object_set_new(schema, "description", json_string(f->doc));
    return schema;
}

static json_t *object_schema(const struct endpoint_field *fields)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct endpoint_field *f = fields; f && f->name; f++) {
        json_object_set_new(properties, f->name, schema_of(f));
        if (f->is_required)
            json_array_append_new(required, json_string(f->name));
    }
    json_t *schema = json_pack("{s:s, s:o}", "type", "object", "properties", properties);
    if (json_array_size(required) > 0)
        json_object_set_new(schema, "required", required);
    else
        json_decref(required);
    return schema;
}

/* A name that ends with [] may be given often. */
static json_t *param_schema(const struct endpoint_param *p)
{
    const size_t len = strlen(p->name);
    if (len > 2 && !strcmp(p->name + len - 2, "[]"))
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
    return json_pack("{s:s}", "type", "string");
}

/* ---- what is sent ---- */

static bool is_segment(const struct endpoint *endpoint, const struct endpoint_param *p)
{
    const char *at = endpoint->path;
    const size_t len = strlen(p->name);
    while ((at = strchr(at, '{'))) {
        at++;
        if (!strncmp(at, p->name, len) && at[len] == '}')
            return true;
    }
    return false;
}

static bool takes_form(const struct endpoint *endpoint)
{
    return endpoint->body_types && strstr(endpoint->body_types, "form-urlencoded");
}

static json_t *parameters_of(const struct endpoint *endpoint)
{
    json_t *list = json_array();
    for (const struct endpoint_param *p = endpoint->params; p && p->name; p++) {
        const bool in_path = is_segment(endpoint, p);
        if (!in_path && takes_form(endpoint))
            continue;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:b, s:o}", "name", p->name, "in",
                            in_path ? "path" : "query", "description", p->doc, "required",
                            in_path || p->is_required, "schema", param_schema(p)));
    }
    return list;
}

static json_t *form_schema(const struct endpoint *endpoint)
{
    json_t *properties = json_object();
    for (const struct endpoint_param *p = endpoint->params; p && p->name; p++) {
        if (is_segment(endpoint, p))
            continue;
        json_t *schema = param_schema(p);
        json_object_set_new(schema, "description", json_string(p->doc));
        json_object_set_new(properties, p->name, schema);
    }
    return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

/* One entry for each word of types. */
static json_t *content_of(const char *types, json_t *schema)
{
    json_t *content = json_object();
    struct bytes list = bytes_of(types), type;
    while (bytes_token(&list, ' ', &type)) {
        json_t *entry = json_object();
        if (schema)
            json_object_set(entry, "schema", schema);
        json_object_setn_new(content, type.ptr, type.len, entry);
    }
    json_decref(schema);
    return content;
}

static json_t *body_of(const struct endpoint *endpoint)
{
    json_t *content;
    if (endpoint->body)
        content = content_of("application/json", object_schema(endpoint->body));
    else if (takes_form(endpoint))
        content = content_of(endpoint->body_types, form_schema(endpoint));
    else
        content = content_of(endpoint->body_types, json_object());
    bool is_required = false;
    for (const struct endpoint_field *f = endpoint->body; f && f->name; f++)
        is_required |= f->is_required;
    return json_pack("{s:b, s:o}", "required", is_required, "content", content);
}

/* ---- what is answered ---- */

static const struct status {
    const char *code, *what;
} statuses[] = {
    {"304", "The caller has it already."},
    {"400", "Something sent is wrong: the text says what."},
    {"401", "The listener asks for credentials."},
    {"403", "The caller may not do that, or its certificate is not vouched for."},
    {"404", "There is no such thing."},
    {"406", "The caller takes none of the encodings."},
    {"410", "It was removed meanwhile."},
    {"413", "The body is too large."},
    {"422", "The query is understood, and cannot be answered."},
    {"429", "Too often: Retry-After says how many seconds to wait."},
    {"500", "It was tried, and failed: the text says why."},
    {"503", "Not now."},
    {0}};

static json_t *error_of(const struct status *s)
{
    json_t *answer =
        json_pack("{s:s, s:{s:{s:{s:s}}, s:{s:{s:s}}}}", "description", s->what,
                  "content", "application/json", "schema", "$ref",
                  "#/components/schemas/error", "text/plain", "schema", "type", "string");
    if (!strcmp(s->code, "429"))
        json_object_set_new(answer, "headers",
                            json_pack("{s:{s:s, s:{s:s}}}", "Retry-After", "description",
                                      "Seconds to wait.", "schema", "type", "integer"));
    return answer;
}

static bool is_limited(const struct endpoint *endpoint)
{
    return endpoint->right != RIGHT_READ || endpoint->cost == COST_PROBES ||
           endpoint->cost == COST_QUERIES;
}

static bool may_answer(const struct endpoint *endpoint, const char *code)
{
    const bool has_body = endpoint->body || endpoint->body_types;
    if (endpoint->statuses && strstr(endpoint->statuses, code))
        return true;
    if (!strcmp(code, "401"))
        return endpoint->right != RIGHT_OWN;
    if (!strcmp(code, "403"))
        return true;
    if (!strcmp(code, "429")) /* also for wrong credentials, wherever they are shown */
        return is_limited(endpoint) || endpoint->cost != COST_SCRAPES;
    return has_body && (!strcmp(code, "400") || !strcmp(code, "413"));
}

static json_t *answer_schema(const struct endpoint *endpoint)
{
    if (endpoint->types)
        return json_pack("{s:s}", "type", "string");
    if (!endpoint->answer)
        return json_object();
    json_t *object = object_schema(endpoint->answer);
    return endpoint->is_list ? json_pack("{s:s, s:o}", "type", "array", "items", object)
                             : object;
}

static json_t *answers_of(const struct endpoint *endpoint)
{
    const char *types = endpoint->types ? endpoint->types : "application/json";
    json_t *answers = json_pack("{s:{s:s, s:o}}", "200", "description", "The answer.",
                                "content", content_of(types, answer_schema(endpoint)));
    for (const struct status *s = statuses; s->code; s++) {
        if (may_answer(endpoint, s->code))
            json_object_set_new(answers, s->code, error_of(s));
    }
    return answers;
}

/* ---- operations ---- */

static const char *operation_name(const char *method)
{
    if (!strcmp(method, "GET"))
        return "get";
    return !strcmp(method, "DELETE") ? "delete" : "post";
}

static const char *right_name(enum right right)
{
    switch (right) {
    case RIGHT_READ:
        return "read";
    case RIGHT_ACT:
        return "act";
    case RIGHT_OWN:
        break;
    }
    return "own";
}

/* "post_api_outbox_id_retry" */
static json_t *operation_id(const struct endpoint *endpoint)
{
    struct buf id = BUF_MAX(512);
    bool is_apart = true;
    buf_add_text(&id, operation_name(endpoint->method));
    for (const char *c = endpoint->path; *c; c++) {
        if (isalnum((unsigned char)*c) && is_apart)
            buf_add_byte(&id, '_');
        is_apart = !isalnum((unsigned char)*c);
        if (!is_apart)
            buf_add_byte(&id, *c);
    }
    json_t *text = json_string(buf_text(&id));
    buf_finish(&id);
    return text;
}

/* {} stands for listeners that ask for nothing. */
static json_t *security(void)
{
    return json_pack("[{}, {s:[]}, {s:[]}]", "bearer", "basic");
}

static json_t *operation_of(const struct endpoint *endpoint)
{
    json_t *operation =
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "operationId", operation_id(endpoint),
                  "summary", endpoint->doc, "x-right", right_name(endpoint->right),
                  "security", security(), "parameters",
                  parameters_of(endpoint), "responses", answers_of(endpoint));
    if (endpoint->body || endpoint->body_types)
        json_object_set_new(operation, "requestBody", body_of(endpoint));
    return operation;
}

static json_t *paths_of(const struct endpoint *const *tables)
{
    json_t *paths = json_object();
    for (const struct endpoint *const *table = tables; *table; table++) {
        for (const struct endpoint *endpoint = *table; endpoint->path; endpoint++) {
            if (!json_object_get(paths, endpoint->path))
                json_object_set_new(paths, endpoint->path, json_object());
            json_object_set_new(json_object_get(paths, endpoint->path),
                                operation_name(endpoint->method), operation_of(endpoint));
        }
    }
    return paths;
}

static const struct endpoint_field error_fields[] = {
    {"status", "string", "Always \"error\".", true},
    {"error", "string", "What is wrong, where, and what to do.", true},
    {"errorType", "string", "Prometheus' word for it, under /api/v1/.", false},
    {0}};

static json_t *components(void)
{
    return json_pack("{s:{s:o}, s:{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}}}", "schemas",
                     "error", object_schema(error_fields), "securitySchemes", "bearer",
                     "type", "http", "scheme", "bearer", "description",
                     "A token of `web: {tokens: …}`, by its rights; the `act_token` or "
                     "`events_token`; or a listener's `bearer_token`.",
                     "basic", "type", "http", "scheme", "basic", "description",
                     "A listener's `username` and `password`.");
}

static json_t *info(void)
{
    return json_pack(
        "{s:s, s:s, s:s, s:{s:s, s:s}}", "title", "healthd", "version", HEALTHD_VERSION,
        "description",
        "x-right says what a caller needs: read, act, or own: then the path judges by "
        "itself. A Unix socket lets its callers act; a TCP listener lets them read, "
        "unless it asks for credentials; tokens add to that.",
        "license", "name", "Apache-2.0", "url",
        "https://www.apache.org/licenses/LICENSE-2.0");
}

static void get_openapi(struct exchange *x, struct daemon *d)
{
    exchange_reply_value(x, 200,
                         json_pack("{s:s, s:o, s:[{s:s}], s:o, s:o}", "openapi", "3.0.3",
                                   "info", info(), "servers", "url", "/", "paths",
                                   paths_of(api_endpoints), "components", components()));
}
static const struct endpoint_field document_fields[] = {
    {"openapi", "string", "3.0.3.", true},
    {"info", "object", "Which healthd this is.", true},
    {"paths", "object", "By path and method.", true},
    {"components", "object", "What the paths refer to.", true},
    {0}};

const struct endpoint openapi_endpoints[] = {
    {"GET", "/api/openapi.json", RIGHT_READ, NULL,
     "The paths as an OpenAPI 3.0 document.", get_openapi, .answer = document_fields},
    {0}};
