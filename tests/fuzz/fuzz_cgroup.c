/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as any file of a cgroup or of a container's process, as the containers probe reads them. */
#include <stdint.h>

#include "probes/containers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_all(const struct cgroup_file *files, struct arena *arena,
                      struct bytes text)
{
    struct cgroup_reading r;
    cgroup_reading_init(&r, arena);
    for (size_t i = 0; files[i].name; i++)
        files[i].parse(&r, text);
    cgroup_reading_finish(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes text = {(const char *)data, size};
    struct arena *arena = arena_create(0);
    struct containers_conf conf = {0};
    struct containers_scan scan;
    const struct containers_subject of = {.values = {"/docker/1", "image", "name"}};
    char id[CONTAINERS_ID_LEN + 1];
    double ticks;
    opt_defaults(containers_opts, &conf, arena);
    struct containers_kept *kept = containers_kept_create(&conf);
    containers_scan_init(&scan, arena, kept, (struct wall){0});
    parse_all(cgroup_v2_files, arena, text);
    parse_all(cgroup_v1_files, arena, text);
    containers_netdev_parse(&scan, &of, text);
    containers_id_of(text, id);
    containers_id_in(text, id);
    containers_start_ticks(text, &ticks);
    containers_kept_destroy(kept);
    arena_destroy(arena);
    return 0;
}
