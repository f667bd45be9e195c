/* SPDX-License-Identifier: Apache-2.0 */
/* See rule_source.h. A mapping with `groups:` is a rule file. */
#include "healthctl/rule_source.h"

#include "alerts/rule_file.h"
#include "healthctl/config_file.h"
#include "lib/config/generation.h"

static void release_generation(void *generation)
{
    generation_unref(generation);
}

static bool load_config(const struct invocation *in, const char *path, struct diag *d,
                        struct rules *ret)
{
    struct generation *g = generation_load(path, in->secrets, d);
    if (!g)
        return false;
    arena_cleanup(in->arena, release_generation, g);
    *ret = g->alerting.rules;
    return true;
}

bool rule_source_load(const struct invocation *in, const char *path, struct diag *d,
                      struct rules *ret)
{
    struct diag *faults =
        diag_create(in->arena); /* of a configuration, said again below */
    const struct node *root = path ? node_load(in->arena, path, faults) : NULL;
    if (!root || !node_get(root, "groups"))
        return load_config(in, path ? path : config_default(), d, ret);
    diag_source(d, path, diag_source_text(faults, path));
    const struct rule_reader reader = {
        .arena = in->arena, .diag = d, .secrets = in->secrets};
    const struct rule_source source = {.file = path};
    struct rule_list *list = rule_list_create(&reader);
    rule_file_read(list, &source, root);
    rule_list_finish(list, ret);
    return !diag_error_count(d);
}
