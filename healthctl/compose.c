/* SPDX-License-Identifier: Apache-2.0 */
/* See compose.h. The file as a whole; a service is compose_member.c's, and what it includes compose_include.c's. */
#include "healthctl/compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/whole_file.h"

extern char **environ;

const struct compose_member *compose_find(const struct compose *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!strcmp(c->services[i].name, name))
            return &c->services[i];
    }
    return NULL;
}

const char *compose_environment(const struct compose_member *s, const char *name)
{
    for (size_t i = 0; i < s->environment.count; i++) {
        if (!strcmp(s->environment.items[i].key, name))
            return s->environment.items[i].value;
    }
    return NULL;
}

/* ---- services that wait for each other in a circle ---- */

enum { COLOUR_NEW, COLOUR_OPEN, COLOUR_DONE };

static bool leads_back(const struct compose *c, size_t i, unsigned char *colours)
{
    const struct compose_member *s = &c->services[i];
    colours[i] = COLOUR_OPEN;
    for (size_t k = 0; k < s->depends_on.count; k++) {
        const struct compose_member *next = compose_find(c, s->depends_on.items[k]);
        if (!next)
            continue;
        const size_t n = (size_t)(next - c->services);
        if (colours[n] == COLOUR_OPEN ||
            (colours[n] == COLOUR_NEW && leads_back(c, n, colours)))
            return true;
    }
    colours[i] = COLOUR_DONE;
    return false;
}

static bool circle_check(struct arena *arena, const struct compose *c, struct diag *d)
{
    unsigned char *colours = arena_alloc(arena, c->count + 1);
    for (size_t i = 0; i < c->count; i++) {
        if (colours[i] != COLOUR_NEW || !leads_back(c, i, colours))
            continue;
        diag_error(d, c->services[i].at,
                   "what '%s' depends on depends on itself in the end",
                   c->services[i].name);
        diag_hint(d, "Docker Compose refuses this too: take one depends_on away");
        return false;
    }
    return true;
}

/* ---- jobs: what others wait for the end of ---- */

static void mark_jobs(struct compose *c, const struct node *services)
{
    for (const struct node *n = services->first; n; n = n->next) {
        const struct node *depends_on = node_get(n, "depends_on");
        const struct node *x =
            depends_on && depends_on->kind == NODE_MAP ? depends_on->first : NULL;
        for (; x; x = x->next) {
            const struct node *condition = node_get(x, "condition");
            struct compose_member *s =
                (struct compose_member *)(uintptr_t)compose_find(c, x->key);
            if (s && condition && condition->kind == NODE_SCALAR &&
                !strcmp(condition->text, "service_completed_successfully"))
                s->is_job = true;
        }
    }
}

/* ---- the file ---- */

const char *compose_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
}

static const char *folder_name(struct arena *arena, const char *folder)
{
    char *real = folder ? realpath(folder, NULL) : NULL;
    const char *slash = real ? strrchr(real, '/') : NULL;
    const char *name = arena_strdup(arena, slash && slash[1] ? slash + 1 : "stack");
    free(real);
    return name;
}

static const struct node *services_of(const struct node *root, const char *path,
                                      struct diag *d)
{
    const struct place at = {.file = path, .line = 1, .column = 1};
    const struct node *services = node_get(root, "services");
    if (root->kind != NODE_MAP) {
        diag_error(d, at, "this is no compose file: it holds %s, not a mapping",
                   node_kind_name(root->kind));
    } else if (!services && root->first && node_get(root->first, "image")) {
        diag_error(d, root->first->key_at,
                   "this is the first version of the compose format");
        diag_hint(d, "put what is there below `services:`");
    } else if (!services) {
        diag_error(d, at, "this is no compose file: there is no `services:`");
    } else if (services->kind != NODE_MAP || !services->count) {
        diag_error(d, services->at, "`services:` names no service");
        diag_hint(d, "such as `services: {web: {image: nginx:1.27}}`");
    } else if (services->count > COMPOSE_MAX_SERVICES) {
        diag_error(d, services->at, "%zu services; at most %d are read", services->count,
                   COMPOSE_MAX_SERVICES);
    } else {
        return services;
    }
    return NULL;
}

static bool take_services(const struct compose_reading *r, struct compose *c)
{
    bool ok = true;
    for (const struct node *n = r->services->first; n; n = n->next) {
        if (compose_find(c, n->key)) {
            diag_warning(r->diag, n->key_at,
                         "there is a service '%s' already; this one is not read", n->key);
        } else if (c->count == COMPOSE_MAX_SERVICES) {
            return diag_error(r->diag, n->key_at,
                              "more than %d services in all; no more are read",
                              COMPOSE_MAX_SERVICES);
        } else {
            ok &= compose_member_read(r, n, &c->services[c->count++]);
        }
    }
    return ok;
}

bool compose_take(struct compose_reading *r, const char *path, const struct node *root,
                  struct compose *c)
{
    const struct node *include = node_get(root, "include");
    const bool has_own = !include || node_get(root, "services");
    if (has_own && !(r->services = services_of(root, path, r->diag)))
        return false;
    bool ok = !has_own || take_services(r, c);
    ok &= compose_include(r, include, c);
    if (has_own)
        mark_jobs(c, r->services);
    return ok;
}

static const struct compose *compose_read(struct compose_reading *r, const char *path,
                                          const struct node *root)
{
    struct compose *c = arena_alloc(r->arena, sizeof(*c));
    const struct node *name = node_get(root, "name");
    c->path = path;
    c->is_named = name != NULL;
    c->name = name && name->kind == NODE_SCALAR
                  ? compose_expand(r->arena, &r->variables, name->text)
                  : folder_name(r->arena, r->folder);
    c->services = arena_alloc(r->arena, COMPOSE_MAX_SERVICES * sizeof(*c->services));
    return compose_take(r, path, root, c) && circle_check(r->arena, c, r->diag) ? c
                                                                                : NULL;
}

bool compose_env_read(const char *path, struct buf *out)
{
    return whole_file_read(path, out) || errno == EFBIG; /* its beginning is something */
}

void compose_variables(struct compose_reading *r)
{
    struct buf text = BUF_MAX(COMPOSE_ENV_MAX);
    compose_env_read(arena_printf(r->arena, "%s/.env", r->folder), &text);
    compose_env_parse(r->arena, buf_bytes(&text), &r->variables);
    buf_finish(&text);
    for (char **x = environ; *x; x++) /* which wins over .env, as in Compose */
        compose_env_parse(r->arena, bytes_of(*x), &r->variables);
}

const struct compose *compose_parse(struct arena *arena, const char *path,
                                    struct bytes text, const char *folder, struct diag *d)
{
    struct compose_reading r = {.arena = arena, .diag = d, .folder = folder};
    const struct node *root = node_parse(arena, path, text, d);
    return root ? compose_read(&r, path, root) : NULL;
}

const struct compose *compose_load(struct arena *arena, const char *path, struct diag *d)
{
    struct compose_reading r = {
        .arena = arena, .diag = d, .folder = compose_folder(arena, path)};
    const struct node *root = node_load(arena, path, d);
    if (!root)
        return NULL;
    compose_variables(&r);
    return compose_read(&r, path, root);
}
