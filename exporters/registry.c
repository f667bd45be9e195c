/* SPDX-License-Identifier: Apache-2.0 */
/* Expands the list that Meson wrote from exporters/meson.build. */
#include "exporters/registry.h"

#include <string.h>

#define EXPORTER(type) extern const struct exporter_type exporter_##type;
#include "exporters/exporter_list.h"
#undef EXPORTER

const struct exporter_type *const exporter_types[] = {
#define EXPORTER(type) &exporter_##type,
#include "exporters/exporter_list.h"
    NULL,
};

const struct exporter_type *exporter_type_find(const char *name)
{
    for (const struct exporter_type *const *type = exporter_types; *type; type++) {
        if (!strcmp((*type)->name, name))
            return *type;
    }
    return NULL;
}
