/* SPDX-License-Identifier: Apache-2.0 */
/* See remote.h. */
#include "healthctl/remote.h"

const char *remote_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double remote_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

nsec remote_seconds(const json_t *object, const char *key)
{
    return nsec_from_sec(remote_number(object, key));
}

struct wall remote_time(const json_t *object, const char *key)
{
    struct wall at = {0};
    if (!wall_parse(bytes_of(remote_text(object, key)), &at))
        return (struct wall){0};
    return at;
}

struct waterfall remote_waterfall(const json_t *verdict)
{
    const json_t *phases = json_object_get(verdict, "phases_seconds");
    struct waterfall f = {.total = remote_seconds(verdict, "duration_seconds")};
    for (size_t i = 0; i < PHASE_COUNT; i++)
        f.phases[i] = remote_seconds(phases, phase_name((enum phase)i));
    return f;
}
