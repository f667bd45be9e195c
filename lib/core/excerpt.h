/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last lines of something, for the one who is woken: kept raw in bounded memory, then shown without secrets, fit for
 * a page. Used by probes.
 */
#ifndef HEALTHD_CORE_EXCERPT_H
#define HEALTHD_CORE_EXCERPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"

struct excerpt;
struct secrets;

#define EXCERPT_MAX_LINES 50
#define EXCERPT_MAX_RAW 4096  /* bytes kept of one line */
#define EXCERPT_MAX_LINE 300  /* bytes shown of one line */
#define EXCERPT_MAX_TEXT 1400 /* bytes shown in all: notifiers show no more than 1,500 */

/* Of the last max_lines, at most EXCERPT_MAX_LINES. Lives as long as the arena. One thread at a time. */
struct excerpt *excerpt_create(struct arena *arena, size_t max_lines);
void excerpt_add(struct excerpt *x, struct bytes line);
bool excerpt_is_empty(const struct excerpt *x);
/* A line each, the oldest first: redacted whole, then cut, and the oldest left out when all are too long. In arena; ""
 * when there are none. secrets may be NULL. Loop thread, because secrets are. */
const char *excerpt_text(const struct excerpt *x, const struct secrets *secrets,
                         struct arena *arena);

#endif
