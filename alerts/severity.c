/* SPDX-License-Identifier: Apache-2.0 */
/* See severity.h. One table, worst first. */
#include "alerts/severity.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/attr.h"

int severity_rank(const char *severity)
{
    static const struct {
        const char *name;
        int rank;
    } ranks[] = {
        {"critical", 4}, {"error", 3}, {"high", 3}, {"warning", 2}, {"info", 1},
    };
    for (size_t i = 0; severity && i < ARRAY_LEN(ranks); i++) {
        if (!strcmp(severity, ranks[i].name))
            return ranks[i].rank;
    }
    return 0;
}
