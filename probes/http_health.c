/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a health document says: `format: health`. Called by http_rules.c. Pure. The document's own status decides: a
 * service is never worse than the whole that its owner states.
 */
#include <string.h>
#include <strings.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "probes/http.h"

/* The words in use: ours, Spring's, the IETF draft's (application/health+json). */
static bool read_word(const char *word, enum health *ret_health)
{
    static const struct {
        const char *word;
        enum health health;
    } words[] = {
        {"healthy", HEALTH_UP},
        {"ok", HEALTH_UP},
        {"up", HEALTH_UP},
        {"pass", HEALTH_UP},
        {"degraded", HEALTH_DEGRADED},
        {"warn", HEALTH_DEGRADED},
        {"warning", HEALTH_DEGRADED},
        {"unhealthy", HEALTH_DOWN},
        {"down", HEALTH_DOWN},
        {"fail", HEALTH_DOWN},
        {"error", HEALTH_DOWN},
        {"out_of_service", HEALTH_DOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!strcasecmp(words[i].word, word)) {
            *ret_health = words[i].health;
            return true;
        }
    }
    return false;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* {"status": "unhealthy", "error": "no connection"}, or the bare word. */
static bool read_service(const char *name, const json_t *value, struct arena *arena,
                         struct http_service *ret_service)
{
    const char *word =
        json_is_string(value) ? json_string_value(value) : text_of(value, "status");
    const char *why = json_is_object(value) ? text_of(value, "error") : "";
    if (!why[0] && json_is_object(value))
        why = text_of(value, "message");
    enum health health;
    if (!read_word(word, &health))
        return false;
    ret_service->name = arena_strdup(arena, name);
    ret_service->health = health;
    ret_service->detail = health == HEALTH_UP ? ""
                          : why[0] ? arena_printf(arena, "%.40s: %.300s", word, why)
                                   : arena_printf(arena, "%.40s", word);
    return true;
}

static void read_services(const json_t *services, struct arena *arena,
                          struct http_health *h)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)services, name, value) {
        if (h->service_count == HTTP_MAX_SERVICES)
            return;
        if (read_service(name, value, arena, &h->services[h->service_count]))
            h->service_count++;
    }
}

static enum health worst_service(const struct http_health *h)
{
    enum health worst = HEALTH_UP;
    for (size_t i = 0; i < h->service_count; i++) {
        if (h->services[i].health > worst)
            worst = h->services[i].health;
    }
    return worst;
}

static const char *sentence(const struct http_health *h, struct arena *arena)
{
    struct buf text = BUF_MAX(1000);
    buf_printf(&text, "it says of itself that it is %s",
               h->health == HEALTH_DOWN ? "unhealthy" : "degraded");
    const char *separator = ": ";
    for (size_t i = 0; i < h->service_count; i++) {
        if (h->services[i].health == HEALTH_UP)
            continue;
        buf_printf(&text, "%s%s (%s)", separator, h->services[i].name,
                   h->services[i].detail);
        separator = ", ";
    }
    return arena_keep(arena, &text);
}

bool http_health_read(const json_t *json, struct arena *arena,
                      struct http_health *ret_health, const char **ret_why)
{
    struct http_health *h = ret_health;
    if (!json_is_object(json)) {
        *ret_why = "the body is JSON, but no object with a \"status\"";
        return false;
    }
    const json_t *services = json_object_get(json, "services");
    if (!json_is_object(services))
        services = json_object_get(json, "components");
    h->service_count = 0;
    if (json_is_object(services))
        read_services(services, arena, h);
    const json_t *status = json_object_get(json, "status");
    if (json_is_string(status) && !read_word(json_string_value(status), &h->health)) {
        *ret_why = arena_printf(
            arena, "its \"status\" is '%.60s'; expected healthy, degraded or unhealthy",
            json_string_value(status));
        return false;
    }
    if (!json_is_string(status) && h->service_count == 0) {
        *ret_why = "the JSON has no \"status\" that is a text";
        return false;
    }
    if (!json_is_string(status))
        h->health = worst_service(h);
    h->detail = h->health == HEALTH_UP ? "" : sentence(h, arena);
    for (size_t i = 0; i < h->service_count; i++) {
        if (h->services[i].health > h->health)
            h->services[i].health = h->health;
    }
    return true;
}
