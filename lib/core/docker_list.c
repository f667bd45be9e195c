/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which containers an engine has: GET /containers/json, and what its answer says. Called by probes; the parser also on
 * a pool thread. Knows what older engines say only in a sentence.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/docker_impl.h"

#define SHORT_ID 12

static const char *const state_names[] = {
    [DOCKER_CREATED] = "created",   [DOCKER_RUNNING] = "running",
    [DOCKER_PAUSED] = "paused",     [DOCKER_RESTARTING] = "restarting",
    [DOCKER_REMOVING] = "removing", [DOCKER_EXITED] = "exited",
    [DOCKER_DEAD] = "dead",         [DOCKER_STATE_UNKNOWN] = "unknown",
};

const char *docker_state_name(enum docker_state state)
{
    return state_names[state];
}

static const char *const health_names[] = {
    [DOCKER_HEALTH_NONE] = "none",
    [DOCKER_STARTING] = "starting",
    [DOCKER_HEALTHY] = "healthy",
    [DOCKER_UNHEALTHY] = "unhealthy",
};

const char *docker_health_name(enum docker_health health)
{
    return health_names[health];
}

static enum docker_state state_of(const char *word)
{
    static const struct {
        const char *word;
        enum docker_state state;
    } podmans[] = {{"configured", DOCKER_CREATED},
                   {"initialized", DOCKER_CREATED},
                   {"stopping", DOCKER_RUNNING},
                   {"stopped", DOCKER_EXITED}};
    for (size_t i = 0; i < ARRAY_LEN(state_names); i++) {
        if (!strcmp(word, state_names[i]))
            return (enum docker_state)i;
    }
    for (size_t i = 0; i < ARRAY_LEN(podmans); i++) {
        if (!strcmp(word, podmans[i].word))
            return podmans[i].state;
    }
    return DOCKER_STATE_UNKNOWN;
}

/* Since 1.52 a member of its own; Podman's status is the word alone, and "" without a health check. */
static bool read_health(const json_t *item, enum docker_health *ret_health)
{
    const json_t *health = json_object_get(item, "Health");
    const char *word = docker_text(podman_made(item) ? item : health, "Status");
    for (size_t i = 0; i < ARRAY_LEN(health_names); i++) {
        if (strcmp(word, health_names[i]))
            continue;
        *ret_health = (enum docker_health)i;
        return true;
    }
    return false;
}

/* The first that is its own; "/web/db" is the name that web has for it. */
static const char *name_of(struct arena *arena, const json_t *item, const char *id)
{
    const json_t *names = json_object_get(item, "Names");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name)
            continue;
        name += name[0] == '/';
        if (name[0] && !strchr(name, '/'))
            return arena_strdup(arena, name);
    }
    return arena_strndup(arena, id, strnlen(id, SHORT_ID));
}

bool docker_id_is_valid(const char *id)
{
    return strspn(id, "0123456789abcdef") == strlen(id) && strlen(id) >= SHORT_ID &&
           strlen(id) <= 64;
}

static bool read_container(struct arena *arena, const json_t *item,
                           const struct map *infras, struct wall now,
                           struct docker_container *ret)
{
    const char *id = docker_text(item, "Id");
    if (!docker_id_is_valid(id))
        return false;
    const int64_t created = docker_number(item, "Created");
    *ret = (struct docker_container){
        .id = arena_strdup(arena, id),
        .name = name_of(arena, item, id),
        .image = arena_strdup(arena, docker_text(item, "Image")),
        .image_id = arena_strdup(arena, docker_text(item, "ImageID")),
        .labels = docker_pairs(arena, item, "Labels"),
        .state = state_of(docker_text(item, "State")),
        .status = arena_strdup(arena, docker_text(item, "Status")),
        .network = arena_strdup(
            arena, docker_text(json_object_get(item, "HostConfig"), "NetworkMode")),
    };
    if (created > 0 && created < INT64_MAX / NSEC_PER_SEC)
        ret->created.ns = created * NSEC_PER_SEC;
    docker_status_parse(ret->status, now, ret);
    read_health(item, &ret->health);
    if (podman_made(item))
        podman_container_read(arena, item, infras, ret);
    else
        ret->hides_health = podman_translated(item);
    if (ret->state == DOCKER_RUNNING || ret->state == DOCKER_PAUSED)
        ret->has_exit_code = false;
    return true;
}

struct docker_list *docker_list_parse(struct bytes json, struct wall now, struct err *e)
{
    struct arena *scratch = arena_create(0);
    const json_t *root = json_read(scratch, json, DOCKER_MAX_LIST, e);
    if (root && !json_is_array(root)) {
        err_set(e, "no list: %s", json_brief(root, scratch, 80));
        root = NULL;
    }
    if (!root) {
        arena_destroy(scratch);
        return NULL;
    }
    struct arena *arena = arena_create(0);
    struct docker_list *list = arena_alloc(arena, sizeof(*list));
    const size_t size = json_array_size(root);
    const size_t most = size < DOCKER_MAX_CONTAINERS ? size : DOCKER_MAX_CONTAINERS;
    struct docker_container *items = arena_alloc(arena, most * sizeof(*items) + 1);
    struct map *infras = podman_infras(root);
    for (size_t i = 0; i < size && list->count < most; i++)
        list->count += read_container(arena, json_array_get(root, i), infras, now,
                                      &items[list->count]);
    map_destroy(infras);
    list->arena = arena;
    list->items = items;
    list->left_out = size - list->count;
    arena_destroy(scratch);
    return list;
}

void docker_list_destroy(struct docker_list *list)
{
    if (list)
        arena_destroy(list->arena);
}

/* ---- asking ---- */

struct listing {
    void (*done)(void *ctx, struct docker_list *list, const struct trouble *why);
    void *ctx;
};

static void *read_list(struct bytes body, struct wall now, struct err *e)
{
    return docker_list_parse(body, now, e);
}

static void dispose_list(void *list)
{
    docker_list_destroy(list);
}

static void on_listed(void *ctx, void *result, const struct trouble *why)
{
    const struct listing *l = ctx;
    l->done(l->ctx, result, why);
}

struct docker_call *docker_list(struct docker *d, nsec timeout,
                                void (*done)(void *ctx, struct docker_list *list,
                                             const struct trouble *why),
                                void *ctx)
{
    struct listing listing = {done, ctx};
    return docker_ask(d, &(struct docker_ask){.path = "/containers/json?all=1",
                                              .podmans = "/containers/json?all=true",
                                              .timeout = timeout,
                                              .max_body = DOCKER_MAX_LIST,
                                              .read = read_list,
                                              .dispose = dispose_list,
                                              .done = on_listed,
                                              .ctx = &listing,
                                              .ctx_size = sizeof(listing)});
}
