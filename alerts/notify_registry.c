/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier types of this build: expands the list that Meson wrote from alerts/meson.build. */
#include <string.h>

#include "alerts/notify.h"

#define NOTIFIER(type) extern const struct notifier_type notifier_##type;
#include "alerts/notifier_list.h"
#undef NOTIFIER

const struct notifier_type *const notifier_types[] = {
#define NOTIFIER(type) &notifier_##type,
#include "alerts/notifier_list.h"
    NULL,
};

const struct notifier_type *notifier_type_find(const char *name)
{
    for (const struct notifier_type *const *type = notifier_types; *type; type++) {
        if (!strcmp((*type)->name, name))
            return *type;
    }
    return NULL;
}

const struct receiver *receivers_find(const struct receivers *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!strcmp(r->items[i]->name, name))
            return r->items[i];
    }
    return NULL;
}
