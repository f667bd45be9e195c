/* SPDX-License-Identifier: Apache-2.0 */
/* The exporter types of this build. The list is generated from exporters/meson.build. */
#ifndef HEALTHD_EXPORTERS_REGISTRY_H
#define HEALTHD_EXPORTERS_REGISTRY_H

#include "lib/core/exporter.h"

extern const struct exporter_type
    *const exporter_types[]; /* NULL-terminated; from exporters/meson.build */
const struct exporter_type *exporter_type_find(const char *name);

#endif
