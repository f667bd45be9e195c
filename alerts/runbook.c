/* SPDX-License-Identifier: Apache-2.0 */
/* See runbook.h. */
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
