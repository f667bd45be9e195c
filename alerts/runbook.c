/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a page by its name in the table that tools/runbooks.py writes when healthd is built. Called to serve and to
 * print one; reads no file.
 */
#include "alerts/runbook.h"

#include <string.h>

const struct runbook *runbook_find(const char *name)
{
    for (const struct runbook *r = runbooks; r->name; r++) {
        if (!strcmp(r->name, name))
            return r;
    }
    return NULL;
}
