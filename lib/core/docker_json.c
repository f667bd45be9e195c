/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of what an engine says, and the sentences in which older ones hide what has no member. Called by
 * docker_list.c and docker_events.c, also on pool threads. Pure.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/docker_impl.h"

const char *docker_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t docker_number(const json_t *object, const char *name)
{
    return (int64_t)json_integer_value(json_object_get(object, name));
}

struct pairs docker_pairs(struct arena *arena, const json_t *object, const char *name)
{
    json_t *members = json_object_get(object, name);
    const size_t size = json_object_size(members);
    struct pair *pairs = arena_alloc(
        arena,
        (size < DOCKER_MAX_LABELS ? size : DOCKER_MAX_LABELS) * sizeof(*pairs) + 1);
    const char *key;
    json_t *value;
    size_t count = 0;
    json_object_foreach (members, key, value) {
        if (count < DOCKER_MAX_LABELS && json_is_string(value))
            pairs[count++] = (struct pair){arena_strdup(arena, key),
                                           arena_strdup(arena, json_string_value(value))};
    }
    return (struct pairs){pairs, count};
}

/* ---- "Exited (137) 3 minutes ago" ---- */

static const struct unit {
    const char *name;
    nsec length;
} units[] = {{"second", NSEC_PER_SEC},    {"minute", NSEC_PER_MINUTE},
             {"hour", NSEC_PER_HOUR},     {"day", NSEC_PER_DAY},
             {"week", 7 * NSEC_PER_DAY},  {"month", 30 * NSEC_PER_DAY},
             {"year", 365 * NSEC_PER_DAY}};

/* "3 minutes", "About an hour", "Less than a second". */
static bool parse_span(struct bytes text, nsec *ret_span)
{
    struct bytes word;
    uint64_t number = 1;
    while (bytes_token(&text, ' ', &word)) {
        uint64_t read;
        if (bytes_to_u64(word, &read))
            number = read;
        for (size_t i = 0; i < ARRAY_LEN(units); i++) {
            if (!bytes_starts(word, units[i].name) || number > 100000)
                continue;
            *ret_span = (nsec)number * units[i].length;
            return true;
        }
    }
    return false;
}

static enum docker_health health_in(struct bytes text)
{
    if (bytes_find(text, bytes_of("(healthy)")) >= 0)
        return DOCKER_HEALTHY;
    if (bytes_find(text, bytes_of("(unhealthy)")) >= 0)
        return DOCKER_UNHEALTHY;
    if (bytes_find(text, bytes_of("(health: starting)")) >= 0 ||
        bytes_find(text, bytes_of("(starting)")) >= 0)
        return DOCKER_STARTING;
    return DOCKER_HEALTH_NONE;
}

void docker_status_parse(const char *status, struct wall now,
                         struct docker_container *ret)
{
    struct bytes rest = bytes_of(status), word = {0};
    nsec span;
    ret->health = health_in(rest);
    bytes_token(&rest, ' ', &word);
    const bool has_code = bytes_is(word, "Exited") || bytes_is(word, "Restarting");
    if (has_code && bytes_starts(rest, "(")) {
        int64_t code;
        bytes_token(&rest, ')', &word);
        word = bytes_slice(word, 1, word.len);
        ret->has_exit_code = bytes_to_i64(word, &code) && code > -256 && code < 256;
        if (ret->has_exit_code)
            ret->exit_code = (int)code;
    }
    const ptrdiff_t end = bytes_find_byte(rest, '(');
    if (end >= 0)
        rest = bytes_slice(rest, 0, (size_t)end);
    if (parse_span(rest, &span))
        ret->changed = wall_add(now, -span);
}
