/* SPDX-License-Identifier: Apache-2.0 */
/* The exporter types of this build. The list is generated from exporters/meson.build. */
#ifndef HEALTHD_EXPORTERS_REGISTRY_H
#define HEALTHD_EXPORTERS_REGISTRY_H

#include "lib/core/exporter.h"

/* NULL-terminated; from exporters/meson.build. */
extern const struct exporter_type *const exporter_types[];
const struct exporter_type *exporter_type_find(const char *name);

#endif
