/* SPDX-License-Identifier: Apache-2.0 */
/* See path_glob.h. Called while configurations and rule tests are read; opens no file. */
#include "lib/core/path_glob.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

/* glob(3) passes over folders that it may not read, unless it is told to end there. */
static void say_why(const char *pattern, struct err *e)
{
    glob_t none = {0};
    errno = 0;
    const int result = glob(pattern, GLOB_ERR, NULL, &none);
    const int error = errno;
    globfree(&none);
    if (result == GLOB_ABORTED && error && error != ENOENT && error != ENOTDIR)
        err_set(e, "%s: a folder on its way cannot be read: %s", pattern,
                strerror(error));
    else
        err_set(e, "no file matches %s", pattern);
}

bool path_glob(struct arena *arena, const char *pattern, struct texts *ret_paths,
               struct err *e)
{
    glob_t found = {0};
    if (glob(pattern, 0, NULL, &found) || found.gl_pathc == 0) {
        globfree(&found);
        say_why(pattern, e);
        return false;
    }
    const char **paths = arena_alloc(arena, found.gl_pathc * sizeof(*paths));
    for (size_t i = 0; i < found.gl_pathc; i++)
        paths[i] = arena_strdup(arena, found.gl_pathv[i]);
    *ret_paths = (struct texts){paths, found.gl_pathc};
    globfree(&found);
    return true;
}
