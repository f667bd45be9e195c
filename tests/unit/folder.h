/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that tests make for the files of what they test, and leave nothing of. Included by tests alone. */
#ifndef HEALTHD_TESTS_FOLDER_H
#define HEALTHD_TESTS_FOLDER_H

#include <ftw.h>
#include <stdio.h>

static inline int folder_entry_remove(const char *path, const struct stat *s, int kind,
                                      struct FTW *where)
{
    (void)s;
    (void)kind;
    (void)where;
    return remove(path);
}

/* With all that is in it; 0, or not when something stays. */
static inline int folder_remove(const char *path)
{
    return nftw(path, folder_entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
