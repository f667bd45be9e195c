/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image's one program: healthd, and healthctl by a second name of the same file, so that what both are made of is
 * there once. Linked for packaging/rootfs.sh alone; everywhere else they are two programs.
 */
#include <string.h>

#include "collector/program.h"
#include "healthctl/program.h"
#include "lib/base/attr.h"

static const struct program {
    const char *name;
    int (*run)(int argc, char **argv);
} programs[] = {
    {"healthd", healthd_main},
    {"healthctl", healthctl_main},
};

/* By the name under which it was started; the first one under any other. */
static const struct program *program_named(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        if (!strcmp(programs[i].name, name))
            return &programs[i];
    }
    return programs;
}

int main(int argc, char **argv)
{
    return program_named(argc ? argv[0] : "")->run(argc, argv);
}
