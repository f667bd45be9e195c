/* SPDX-License-Identifier: Apache-2.0 */
/* See conf.h. Uses the same path as a configuration file: node, template, validate. */
#include "tests/dialogue/conf.h"

#include <stdio.h>
#include <string.h>

#include "lib/core/diag.h"
#include "lib/core/node.h"
#include "lib/core/opt.h"
#include "lib/core/talk.h"
#include "probes/registry.h"

static const void *complain(const struct diag *d, const char *what)
{
    struct buf out = BUF_MAX(16384);

    diag_render(d, &out, false);
    fprintf(stderr, "%s\n%s", what, buf_text(&out));
    buf_finish(&out);
    return NULL;
}

const void *dialogue_conf(struct arena *arena, const char *yaml,
                          const struct probe_type **ret_type)
{
    struct diag *diag = diag_create(arena);
    const struct node *root = node_parse(arena, "transcript", bytes_of(yaml), diag);
    struct opt_ctx ctx = {.arena = arena, .diag = diag};
    struct err e = {0};

    if (!root || !root->first)
        return complain(diag, "the configuration is no mapping");
    const struct probe_type *type = probe_type_find(root->first->key);
    if (!type || !type->talk)
        return complain(diag, "the configuration names no talk probe");
    const struct opt_part parts[] = {
        {type->opts, type->conf_size},
        {dial_opts, sizeof(struct dial_conf)},
    };
    struct template *conf =
        template_load(&ctx, parts, ARRAY_LEN(parts), root->first, NULL);
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    if (!conf)
        return complain(diag, "the configuration does not load");
    if (!template_fill(conf, NULL, NULL, arena, confs, &e) ||
        (type->validate && !type->validate((void *)confs[0], arena, &e)))
        return complain(diag, e.text);
    *ret_type = type;
    return confs[0];
}
