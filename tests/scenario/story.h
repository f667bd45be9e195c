/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of stories about one theme: what is configured, what happens when, and what receivers hear. Read here, played by
 * world.h. What stands before the first `tale` holds for each.
 *
 *   config
 *       probes: [{name: db, tcp: "db:5432", interval: 10s, fall: 2}]
 *   config second
 *       …
 *   tale alertmanager#3664: what it is about
 *   start 2026-03-29T00:30:00Z
 *   story
 *       0s    db up
 *       1m    db down refused
 *       2m    chat 429 30s
 *       3m    silence db 1h "migration"
 *   expect
 *       1m10s  oncall  trigger ProbeDown db
 *
 * Everything that a receiver accepts stands under expect, in order, and nothing else.
 */
#ifndef HEALTHD_TESTS_SCENARIO_STORY_H
#define HEALTHD_TESTS_SCENARIO_STORY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

#define STORY_MAX_WORDS 12
#define STORY_MAX_CONFIGS 8

struct step {
    nsec at;
    int line;
    const char *words[STORY_MAX_WORDS + 1]; /* quotes taken off; NULL-terminated */
    size_t count;
};

struct story {
    const char *path, *title;
    int line;
    struct wall start;
    struct {
        const char *name; /* "" for the first */
        struct bytes text;
    } configs[STORY_MAX_CONFIGS];
    size_t config_count;
    const struct step *steps;
    size_t step_count;
    struct bytes expected; /* its lines, each trimmed */
};

#define STORIES_MAX 64
struct story_file {
    struct story common; /* what holds for each */
    struct story stories[STORIES_MAX];
    size_t count;
};

bool story_read(struct arena *arena, const char *path, struct story_file *ret,
                struct err *e);
const struct bytes *story_config(const struct story *s, const char *name); /* NULL */

#endif
