/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of the host as the configuration names them: below the folder under which a container has the host (`root`), or one
 * by one. Used by the probe types that look at the host. Pure but for the arena; asks no file system.
 */
#ifndef HEALTHD_CORE_HOST_PATH_H
#define HEALTHD_CORE_HOST_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/* A copy without slashes at its end: "/host/" is "/host", and "/" is "". */
const char *host_path_bare(struct arena *arena, const char *path);
/* What is said of a place, bare; when that is "", `below` behind a root that is bare already: "/host" and "/proc". */
const char *host_path_place(struct arena *arena, const char *said, const char *root,
                            const char *below);
/* Each of them is "" or begins with a slash; else false, and e names the first that does not. */
bool host_paths_are_absolute(const char *const *paths, size_t count, struct err *e);

#endif
