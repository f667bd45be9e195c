/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local time at an instant and back. A zone never changes once it is read, so any thread may ask. Who reads the
 * folder of zones is zone_folder.c, who reads a file's bytes zone_file.c.
 */
#include "lib/core/zone.h"

#include "lib/core/zone_impl.h"

static const struct zone_type utc_type = {0, "UTC"};
static const struct zone utc = {.name = "UTC", .types = &utc_type, .first = &utc_type};
const struct zone *const zone_utc = &utc;

static int64_t floor_seconds(struct wall at)
{
    return at.ns / NSEC_PER_SEC - (at.ns % NSEC_PER_SEC < 0);
}

static struct wall wall_of(int64_t seconds)
{
    if (seconds > INT64_MAX / NSEC_PER_SEC)
        return (struct wall){INT64_MAX};
    if (seconds < INT64_MIN / NSEC_PER_SEC)
        return (struct wall){INT64_MIN};
    return (struct wall){seconds * NSEC_PER_SEC};
}

/* How many changes are at or before `at`. */
static size_t changes_until(const struct zone *z, int64_t at)
{
    size_t low = 0, high = z->change_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (z->changes[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct zone_type *type_at(const struct zone *z, int64_t at)
{
    const size_t passed = changes_until(z, at);
    if (passed == z->change_count && z->has_rule)
        return zone_rule_type(&z->rule, at);
    return passed > 0 ? &z->types[z->change_types[passed - 1]] : z->first;
}

static int64_t next_change(const struct zone *z, int64_t at)
{
    const size_t passed = changes_until(z, at);
    if (passed < z->change_count)
        return z->changes[passed];
    return z->has_rule ? zone_rule_next(&z->rule, at) : ZONE_NEVER;
}

const char *zone_name(const struct zone *z)
{
    return z->name;
}

int zone_offset(const struct zone *z, struct wall at, const char **ret_abbreviation)
{
    const struct zone_type *type = type_at(z, floor_seconds(at));
    if (ret_abbreviation)
        *ret_abbreviation = type->abbreviation;
    return type->offset;
}

struct civil zone_to_civil(const struct zone *z, struct wall at)
{
    const int64_t seconds = floor_seconds(at);
    return wall_to_civil(wall_of(seconds + type_at(z, seconds)->offset));
}

/* Walks from well before towards the first instant at which the local clock shows `local` or later. */
struct wall zone_from_civil(const struct zone *z, const struct civil *local)
{
    const int64_t shown = floor_seconds(wall_from_civil(local));
    int64_t at = shown - ZONE_MAX_OFFSET;
    for (;;) {
        const int64_t reached = shown - type_at(z, at)->offset;
        const int64_t change = next_change(z, at);
        if (reached < change)
            return wall_of(reached > at ? reached : at);
        at = change;
    }
}

struct wall zone_next_change(const struct zone *z, struct wall after)
{
    return wall_of(next_change(z, floor_seconds(after)));
}

const char *zone_format(const struct zone *z, struct wall at, char *ret_text)
{
    const char *abbreviation;
    (void)zone_offset(z, at, &abbreviation);
    const struct civil c = zone_to_civil(z, at);
    snprintf(ret_text, ZONE_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d %s", c.year,
             c.month, c.day, c.hour, c.minute, c.second, abbreviation);
    return ret_text;
}
