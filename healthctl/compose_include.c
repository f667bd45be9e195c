/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a compose file includes, each with the folder and the .env that it stands in, as the Compose Specification has it
 * (https://github.com/compose-spec/compose-spec/blob/main/14-include.md). Called by compose.c. What is not on this machine is passed over,
 * and said.
 */
#include <string.h>

#include "healthctl/compose.h"

enum { INCLUDE_DEPTH_MAX = 8 };

static bool is_elsewhere(const char *path)
{
    return strstr(path, "://") || !strncmp(path, "git@", 4);
}

static bool take_file(const struct compose_reading *r, const struct node *said,
                      struct compose *c)
{
    const char *name = said->kind == NODE_SCALAR
                           ? compose_expand(r->arena, &r->variables, said->text)
                           : "";
    if (!*name)
        return diag_error(r->diag, said->at, "`include:` names files, not %s",
                          node_kind_name(said->kind));
    if (!r->folder || is_elsewhere(name)) {
        diag_warning(r->diag, said->at, "what `include:` names is not read: %s", name);
        diag_hint(r->diag, "`docker compose config > all.yml` makes one file of all");
        return true;
    }
    if (r->depth == INCLUDE_DEPTH_MAX)
        return diag_error(r->diag, said->at, "files include too deeply, or themselves");
    const char *path =
        *name == '/' ? name : arena_printf(r->arena, "%s/%s", r->folder, name);
    struct compose_reading inner = {.arena = r->arena,
                                    .diag = r->diag,
                                    .folder = compose_folder(r->arena, path),
                                    .depth = r->depth + 1};
    const struct node *root = node_load(r->arena, path, r->diag);
    compose_variables(&inner);
    return root && compose_take(&inner, path, root, c);
}

bool compose_include(const struct compose_reading *r, const struct node *node,
                     struct compose *c)
{
    bool ok = true;
    for (const struct node *n = node && node->kind == NODE_LIST ? node->first : NULL; n;
         n = n->next) {
        const struct node *path = n->kind == NODE_MAP ? node_get(n, "path") : n;
        if (!path)
            ok = diag_error(r->diag, n->at, "an entry of `include:` has no `path`");
        else if (path->kind != NODE_LIST)
            ok &= take_file(r, path, c);
        for (const struct node *x = path && path->kind == NODE_LIST ? path->first : NULL;
             x; x = x->next)
            ok &= take_file(r, x, c);
    }
    return ok;
}
