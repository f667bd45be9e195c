/* SPDX-License-Identifier: Apache-2.0 */
/* Expands the list that Meson wrote from probes/meson.build: no other file names a probe type. */
#include "probes/registry.h"

#include <string.h>

#define PROBE(type) extern const struct probe_type probe_##type;
#define PROBE_LEFT_OUT(type, missing)
#include "probes/probe_list.h"
#undef PROBE
#undef PROBE_LEFT_OUT

const struct probe_type *const probe_types[] = {
#define PROBE(type) &probe_##type,
#define PROBE_LEFT_OUT(type, missing)
#include "probes/probe_list.h"
#undef PROBE
#undef PROBE_LEFT_OUT
    NULL,
};

const char *const probe_types_left_out[] = {
#define PROBE(type)
#define PROBE_LEFT_OUT(type, missing) #type, missing,
#include "probes/probe_list.h"
    NULL,
};

const struct probe_type *probe_type_find(const char *name)
{
    for (const struct probe_type *const *type = probe_types; *type; type++) {
        if (!strcmp((*type)->name, name))
            return *type;
    }
    return NULL;
}
