/* SPDX-License-Identifier: Apache-2.0 */
/* See rule_source.h. A mapping with `groups:` is a rule file. */
#include "healthctl/rule_source.h"

#include <unistd.h>

#include "alerts/rule_file.h"
#include "healthctl/client.h"
#include "healthctl/config_file.h"
#include "healthctl/outcome.h"
#include "healthctl/remote.h"
#include "lib/config/generation.h"
#include "lib/core/secret_stand_in.h"

#define TIMEOUT (3 * NSEC_PER_SEC)

/* ---- which ---- */

/* /api/status of the healthd that answers, quietly; NULL: none does. */
static const json_t *ask_status(const struct invocation *in, const char **ret_place)
{
    struct answer a = {0};
    struct err e = {0};
    if (client_ask(in, "GET", "/api/status", TIMEOUT, &a, &e) || a.status != 200)
        return NULL;
    *ret_place = a.place;
    return json_read(in->arena, a.body, CLIENT_MAX_ANSWER, &e);
}

static int find_daemons(const struct invocation *in, const json_t *status,
                        const char *place, struct rule_origin *ret)
{
    const char *path = remote_text(status, "config");
    *ret = (struct rule_origin){.is_daemons = true};
    if (!*path) {
        ret->name = arena_printf(
            in->arena, "the built-in configuration, as the healthd at %s has it,", place);
        return CODE_PASS;
    }
    if (access(path, R_OK) != 0)
        return complain(in, CODE_USAGE,
                        "the healthd at %s reads %s, which cannot be read here; name a "
                        "FILE, or --config FILE",
                        place, path);
    ret->path = path;
    ret->name =
        arena_printf(in->arena, "%s, which the healthd at %s reads,", path, place);
    return CODE_PASS;
}

int rule_source_find(const struct invocation *in, const char *path,
                     struct rule_origin *ret)
{
    const char *given = path ? path : invocation_flag(in, "config");
    const char *usual = config_default(), *place;
    if (given) {
        *ret = (struct rule_origin){.path = given, .name = given};
        return CODE_PASS;
    }
    const json_t *status = ask_status(in, &place);
    if (json_is_string(json_object_get(status, "config")))
        return find_daemons(in, status, place, ret);
    *ret = (struct rule_origin){
        .path = usual,
        .name = usual ? usual
                      : "the built-in configuration (there is no " CONFIG_DEFAULT
                        ", and no healthd answers; --config FILE names another)"};
    return CODE_PASS;
}

/* ---- reading ---- */

static void release_generation(void *generation)
{
    generation_unref(generation);
}

static void ignore_missing(void *ctx, struct bytes name, const struct err *why)
{
}

static bool load_config(const struct invocation *in, const struct rule_origin *origin,
                        struct diag *d, struct rules *ret)
{
    if (origin->is_daemons)
        secrets_stand_in(in->secrets, ignore_missing, NULL);
    struct generation *g = generation_load(origin->path, in->secrets, d);
    secrets_stand_in(in->secrets, NULL, NULL);
    if (!g)
        return false;
    arena_cleanup(in->arena, release_generation, g);
    *ret = g->alerting.rules;
    return true;
}

bool rule_source_load(const struct invocation *in, const struct rule_origin *origin,
                      struct diag *d, struct rules *ret)
{
    const char *path = origin->path;
    struct diag *faults =
        diag_create(in->arena); /* of a configuration, said again below */
    const struct node *root = path ? node_load(in->arena, path, faults) : NULL;
    if (!root || !node_get(root, "groups"))
        return load_config(in, origin, d, ret);
    diag_source(d, path, diag_source_text(faults, path));
    const struct rule_reader reader = {
        .arena = in->arena, .diag = d, .secrets = in->secrets};
    const struct rule_source source = {.file = path};
    struct rule_list *list = rule_list_create(&reader);
    rule_file_read(list, &source, root);
    rule_list_finish(list, ret);
    diag_sort(d);
    return !diag_error_count(d);
}
