/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a pattern in a configuration names, by glob(3); and why there are none. Blocks: for loading only. */
#ifndef HEALTHD_CORE_PATH_GLOB_H
#define HEALTHD_CORE_PATH_GLOB_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/opt.h"

/* Sorted, in arena. False, with why in e, when there is none. */
bool path_glob(struct arena *arena, const char *pattern, struct texts *ret_paths,
               struct err *e);

#endif
