/* SPDX-License-Identifier: Apache-2.0 */
/* Between node.c, which reads events, and node_build.c, which knows what a mapping is. */
#ifndef HEALTHD_CORE_NODE_BUILD_H
#define HEALTHD_CORE_NODE_BUILD_H

#include <stdbool.h>

#include "lib/core/node.h"

/* Called once all members of a mapping are there: reports keys that appear twice (false), and, when
 * has_merge, puts the members of `<<` values in their place. */
bool node_finish_map(struct arena *arena, struct node *map, bool has_merge,
                     struct diag *d);

#endif
