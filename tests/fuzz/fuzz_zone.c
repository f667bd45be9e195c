/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a zone file: read, and asked for instants and local times near and far. */
#include <assert.h>
#include <stdint.h>

#include "lib/core/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct zone *z, struct wall at)
{
    char text[ZONE_TEXT_SIZE];
    zone_format(z, at, text);
    const struct civil local = zone_to_civil(z, at);
    const struct wall back = zone_from_civil(z, &local);
    /* The first instant that the clock shows this: the same one, or one before. */
    assert(back.ns <= at.ns || at.ns < INT64_MIN + NSEC_PER_DAY * 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants[] = {INT64_MIN,
                                       INT64_MAX,
                                       0,
                                       -1,
                                       1700000000 * NSEC_PER_SEC,
                                       6000000000 * NSEC_PER_SEC,
                                       -6000000000 * NSEC_PER_SEC};
    struct arena *arena = arena_create(0);
    struct err e;
    const struct zone *z =
        zone_parse(arena, "fuzz", (struct bytes){(const char *)data, size}, &e);
    for (size_t i = 0; z && i < sizeof(instants) / sizeof(instants[0]); i++)
        ask(z, (struct wall){instants[i]});
    arena_destroy(arena);
    return 0;
}
