/* SPDX-License-Identifier: Apache-2.0 */
/* See host_path.h. Called while a configuration is validated. */
#include "lib/core/host_path.h"

#include <string.h>

const char *host_path_bare(struct arena *arena, const char *path)
{
    size_t len = strlen(path);
    while (len && path[len - 1] == '/')
        len--;
    return arena_strndup(arena, path, len);
}

const char *host_path_place(struct arena *arena, const char *said, const char *root,
                            const char *below)
{
    return *said ? host_path_bare(arena, said) : arena_printf(arena, "%s%s", root, below);
}

bool host_paths_are_absolute(const char *const *paths, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (*paths[i] && *paths[i] != '/')
            return err_set(e, "'%s' must be an absolute path", paths[i]);
    }
    return true;
}
