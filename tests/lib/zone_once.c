/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a time zone by hand, for tests that compare with another reader of the same files:
 *
 *   zone_once ZONE <QUESTIONS
 *
 * Each line of stdin is "at SECONDS" (answer: "OFFSET ABBREVIATION Y-M-D h:m:s") or "local Y M D h m s" (answer:
 * SECONDS since the epoch).
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/core/zone.h"

static void answer(const struct zone *z, const char *line)
{
    int64_t seconds;
    struct civil c = {0};
    if (sscanf(line, "at %" SCNd64, &seconds) == 1) {
        const struct wall at = {seconds * NSEC_PER_SEC};
        const char *abbreviation;
        const int offset = zone_offset(z, at, &abbreviation);
        char text[ZONE_TEXT_SIZE];
        printf("%d %s\n", offset, zone_format(z, at, text));
    } else if (sscanf(line, "local %d %d %d %d %d %d", &c.year, &c.month, &c.day, &c.hour,
                      &c.minute, &c.second) == 6) {
        printf("%" PRId64 "\n", zone_from_civil(z, &c).ns / NSEC_PER_SEC);
    } else {
        printf("?\n");
    }
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    char line[256];
    const struct zone *z = argc == 2 ? zone_load(arena, argv[1], &e) : NULL;
    if (!z)
        fprintf(stderr, "zone_once: %s\n", argc == 2 ? e.text : "one zone is needed");
    while (z && fgets(line, sizeof(line), stdin))
        answer(z, line);
    arena_destroy(arena);
    return z ? 0 : 2;
}
