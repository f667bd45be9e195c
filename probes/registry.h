/* SPDX-License-Identifier: Apache-2.0 */
/* The probe types of this build. The list is generated from probes/meson.build. */
#ifndef HEALTHD_PROBES_REGISTRY_H
#define HEALTHD_PROBES_REGISTRY_H

#include "lib/core/probe.h"

/* The types compiled in, NULL-terminated, sorted by name; generated from probes/meson.build. */
extern const struct probe_type *const probe_types[];
const struct probe_type *probe_type_find(const char *name);
/* Names that this build was made without, and what was missing ("postgres", "libpq"): pairs, NULL-terminated. */
extern const char *const probe_types_left_out[];

#endif
