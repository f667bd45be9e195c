/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Podman's own list of containers (GET /v…/libpod/containers/json) says otherwise than Docker's: times, codes and
 * health as members, and pods, whose containers share the network of one that does nothing else. Called by
 * docker_list.c, also on a pool thread. Pure.
 */
#include <string.h>

#include "lib/core/docker_impl.h"

#define IMAGE_ID_LEN 64

bool podman_made(const json_t *item)
{
    return json_object_get(item, "ExitedAt") != NULL;
}

/* It says what a container was created with, though never anything of it. */
bool podman_translated(const json_t *item)
{
    return json_object_get(item, "NetworkingConfig") != NULL;
}

struct map *podman_infras(const json_t *list)
{
    struct map *infras = map_create();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *pod = docker_text(item, "Pod");
        if (pod[0] && json_is_true(json_object_get(item, "IsInfra")))
            map_put(infras, bytes_of(pod), (void *)docker_text(item, "Id"));
    }
    return infras;
}

static struct wall time_of(const json_t *item, const char *name)
{
    const int64_t seconds = docker_number(item, name);
    struct wall at = {0};
    if (seconds > 0 && seconds < INT64_MAX / NSEC_PER_SEC)
        at.ns = seconds * NSEC_PER_SEC;
    else
        wall_parse(bytes_of(docker_text(item, name)), &at);
    return at;
}

void podman_container_read(struct arena *arena, const json_t *item,
                           const struct map *infras, struct docker_container *ret)
{
    const char *image_id = docker_text(item, "ImageID");
    const char *pod = docker_text(item, "Pod");
    const char *infra = pod[0] ? map_get(infras, bytes_of(pod)) : NULL;
    const bool has_ended = ret->state == DOCKER_EXITED;
    const int64_t code = docker_number(item, "ExitCode");
    if (strlen(image_id) == IMAGE_ID_LEN)
        ret->image_id = arena_printf(arena, "sha256:%s", image_id);
    if (infra && strcmp(infra, ret->id) != 0)
        ret->network = arena_printf(arena, "container:%s", infra);
    ret->created = time_of(item, "Created");
    ret->changed = time_of(item, has_ended ? "ExitedAt" : "StartedAt");
    ret->has_exit_code = has_ended && code > -256 && code < 256;
    ret->exit_code = ret->has_exit_code ? (int)code : 0;
    ret->hides_health = !json_object_get(item, "Status"); /* before version 4 */
    if (has_ended)
        ret->health = DOCKER_HEALTH_NONE; /* it was the last one's */
    ret->is_kept = json_is_false(json_object_get(item, "AutoRemove"));
}
