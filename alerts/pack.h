/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that healthd brings along: alerts/packs/<name>.yml, a Prometheus rule file each, put into the program when it
 * is built (tools/embed.py). */
#ifndef HEALTHD_ALERTS_PACK_H
#define HEALTHD_ALERTS_PACK_H

#include "lib/base/bytes.h"

struct pack {
    const char *name; /* "probes": its rules' file is "pack:probes" */
    struct bytes text;
};
extern const struct pack packs[]; /* by name; ended by name NULL */

/* The pack whose rules are about healthd itself: told to the fallback receivers, too (struct rule's is_meta). */
#define PACK_OF_HEALTHD "healthd"

#endif
