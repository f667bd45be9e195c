/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a probe type's table. Called by whatever exports the frame's families. Keeps nothing. */
#include "lib/core/probe.h"

const char *probe_pack_telling_of(const struct probe_type *type, enum reason reason)
{
    if (!type->pack_tells_of)
        return type->pack;
    for (const enum reason *own = type->pack_tells_of; *own != REASON_NONE; own++) {
        if (*own == reason)
            return type->pack;
    }
    return NULL;
}
