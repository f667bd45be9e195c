/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of redis_families.h as metric families, and the look-up of a field. */
#include "probes/redis_families.h"

#include <string.h>

const struct metric redis_families[REDIS_FAMILY_COUNT] = {
#define X(id, name_, kind_, unit_, help_, ...) \
    [REDIS_##id] = {.name = "redis_" name_,    \
                    .kind = METRIC_##kind_,    \
                    .unit = unit_,             \
                    .help = help_,             \
                    .labels = {__VA_ARGS__}},
    REDIS_FAMILIES(X)
#undef X
};

#define LATENCY "redis_latency_percentiles_usec"
#define LATENCY_PART(suffix, ...)                                     \
    {                                                                 \
        .name = LATENCY suffix, .kind = METRIC_SUMMARY,               \
        .help = "Time that calls of a command took, in microseconds", \
        .labels = {__VA_ARGS__}, .family = LATENCY                    \
    }
const struct metric redis_latency = LATENCY_PART("", "cmd", "quantile");
const struct metric redis_latency_sum = LATENCY_PART("_sum", "cmd");
const struct metric redis_latency_count = LATENCY_PART("_count", "cmd");

enum field {
#define X(field, ...) FIELD_##field,
    REDIS_FIELDS(X)
#undef X
        FIELD_COUNT
};

static const struct redis_field fields[FIELD_COUNT] = {
#define X(field, name_, kind_, unit_, scale_, help_)                                    \
    [FIELD_##field] = {                                                                 \
        #field,                                                                         \
        {.name = "redis_" name_, .kind = METRIC_##kind_, .unit = unit_, .help = help_}, \
        scale_},
    REDIS_FIELDS(X)
#undef X
};

const struct metric *const redis_metrics[] = {
#define X(id, ...) &redis_families[REDIS_##id],
    REDIS_FAMILIES(X)
#undef X
#define X(field, ...) &fields[FIELD_##field].metric,
            REDIS_FIELDS(X)
#undef X
        & redis_latency,
    &redis_latency_sum,
    &redis_latency_count,
    NULL,
};

static int field_order(const char *name, size_t len, const struct redis_field *field)
{
    const int order = strncmp(name, field->name, len);

    return order || !field->name[len] ? order : -1;
}

const struct redis_field *redis_field_find(const char *name, size_t len)
{
    size_t low = 0, high = FIELD_COUNT;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = field_order(name, len, &fields[middle]);
        if (order == 0)
            return &fields[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
