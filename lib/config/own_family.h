/* SPDX-License-Identifier: Apache-2.0 */
/* The families that healthd makes whatever is configured; tools/own_families.py writes the table from the code. */
#ifndef HEALTHD_CONFIG_OWN_FAMILY_H
#define HEALTHD_CONFIG_OWN_FAMILY_H

#include <stdbool.h>

#define OWN_FAMILY_LABELS 8

struct own_family {
    const char *name; /* of its series */
    bool has_known_labels;
    const char *labels[OWN_FAMILY_LABELS + 1]; /* NULL-terminated */
};
extern const struct own_family own_families[]; /* ended by name NULL */

#endif
