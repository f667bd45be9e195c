/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a containers probe: where the cgroups and the engine are, which containers are looked at, and
 * which labels their series get. Pure.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/host_path.h"
#include "lib/core/labels.h"
#include "probes/containers.h"

bool containers_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct containers_conf *conf = ctx;
    const char *const paths[] = {conf->root, conf->procfs, conf->sysfs, conf->cgroupfs};
    if (!host_paths_are_absolute(paths, ARRAY_LEN(paths), e))
        return false;
    conf->root = host_path_bare(arena, conf->root);
    conf->procfs = host_path_place(arena, conf->procfs, conf->root, "/proc");
    conf->sysfs = host_path_place(arena, conf->sysfs, conf->root, "/sys");
    conf->cgroupfs = host_path_place(arena, conf->cgroupfs, conf->root, "/sys/fs/cgroup");
    const bool has_address = strcmp(conf->docker, "auto") && strcmp(conf->docker, "none");
    if (has_address && !docker_address_check(arena, conf->docker, e))
        return err_wrap(e, "docker");
    if (conf->required.count && !strcmp(conf->docker, "none"))
        return err_set(e,
                       "'required' needs an engine that knows names: give `docker` its "
                       "socket or a proxy's URL");
    return true;
}

void containers_conf_copy(struct arena *arena, const struct containers_conf *from,
                          struct containers_conf *ret_conf)
{
    struct containers_conf to = *from;
    to.root = arena_strdup(arena, from->root);
    to.procfs = arena_strdup(arena, from->procfs);
    to.sysfs = arena_strdup(arena, from->sysfs);
    to.cgroupfs = arena_strdup(arena, from->cgroupfs);
    to.docker = arena_strdup(arena, from->docker);
    tls_conf_copy(arena, &from->tls, &to.tls);
    to.names = texts_copy(arena, from->names);
    to.exclude = texts_copy(arena, from->exclude);
    to.with_labels = pairs_copy(arena, from->with_labels);
    to.show_labels = texts_copy(arena, from->show_labels);
    to.required = texts_copy(arena, from->required);
    *ret_conf = to;
}

/* ---- which containers ---- */

static bool matches_any(struct texts patterns, const char *text)
{
    for (size_t i = 0; i < patterns.count; i++) {
        if (glob_match(bytes_of(patterns.items[i]), bytes_of(text)))
            return true;
    }
    return false;
}

const char *containers_label(struct pairs labels, const char *name)
{
    for (size_t i = 0; i < labels.count; i++) {
        if (!strcmp(labels.items[i].key, name))
            return labels.items[i].value;
    }
    return "";
}

bool containers_wants(const struct containers_conf *conf, const char *name,
                      struct pairs labels)
{
    if (conf->names.count && !matches_any(conf->names, name))
        return false;
    if (matches_any(conf->exclude, name))
        return false;
    for (size_t i = 0; i < conf->with_labels.count; i++) {
        const struct pair *want = &conf->with_labels.items[i];
        if (!glob_match(bytes_of(want->value),
                        bytes_of(containers_label(labels, want->key))))
            return false;
    }
    return true;
}

/* ---- their labels ---- */

#define MAX_SHOWN_LABELS 60
#define MAX_LABEL_VALUE 1024

static const char *label_name(struct arena *arena, const char *key)
{
    char *name = arena_printf(arena, "container_label_%s", key);
    for (char *at = name; *at; at++) {
        if (!isalnum((unsigned char)*at))
            *at = '_';
    }
    return name;
}

static int by_name(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Two labels that differ only in what cannot be in a name are one: the first stays. */
static size_t without_twins(struct label *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!kept || strcmp(items[kept - 1].name, items[i].name))
            items[kept++] = items[i];
    }
    return kept;
}

struct labels containers_labels(struct arena *arena, const struct containers_conf *conf,
                                struct pairs labels, int64_t restarts)
{
    struct label *items = arena_alloc(arena, (MAX_SHOWN_LABELS + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < labels.count && count < MAX_SHOWN_LABELS; i++) {
        const struct pair *l = &labels.items[i];
        if (!l->value[0] || !l->key[0] || !matches_any(conf->show_labels, l->key))
            continue;
        const struct bytes value = bytes_cut(bytes_of(l->value), MAX_LABEL_VALUE);
        items[count++] =
            (struct label){label_name(arena, l->key), words_label(arena, value)};
    }
    if (restarts >= 0 && matches_any(conf->show_labels, "restartcount"))
        items[count++] = (struct label){"container_label_restartcount",
                                        arena_printf(arena, "%lld", (long long)restarts)};
    qsort(items, count, sizeof(*items), by_name);
    return (struct labels){items, without_twins(items, count)};
}

#define OPT_STRUCT struct containers_conf
const struct opt containers_opts[] = {
    OPT_ROW_TEXT("docker", docker, "auto",
                 "The engine that knows names and states, Docker's or Podman's: its "
                 "socket (unix:///var/run/docker.sock, unix:///run/podman/podman.sock), "
                 "or the URL of a read-only proxy (http://docker-proxy:2375). `auto` "
                 "takes a socket at one of the usual places, also below "
                 "$XDG_RUNTIME_DIR for rootless engines; `none` shows short ids.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "TLS of an engine or proxy that is asked by https://."),
    OPT_ROW_TEXT("root", root, "",
                 "Where the host's / is mounted, for a healthd in a container: /host."),
    OPT_ROW_TEXT("procfs", procfs, "", "The host's /proc; <root>/proc when left out."),
    OPT_ROW_TEXT("sysfs", sysfs, "", "The host's /sys; <root>/sys when left out."),
    OPT_ROW_TEXT("cgroupfs", cgroupfs, "",
                 "The host's cgroups; <root>/sys/fs/cgroup when left out."),
    OPT_ROW_TEXTS("names", names, OPT_NONE,
                  "Only containers whose name is like one of these patterns; all when "
                  "left out."),
    OPT_ROW_TEXTS("exclude", exclude, OPT_NONE,
                  "Patterns of names that are left out: \"*-run-*\"."),
    OPT_ROW_PAIRS("with_labels", with_labels, OPT_NONE,
                  "Only containers with these labels; the values are patterns: "
                  "{com.docker.compose.project: shop}."),
    OPT_ROW_TEXTS(
        "show_labels", show_labels,
        "[com.docker.compose.project, com.docker.compose.service, "
        "com.docker.compose.project.working_dir, "
        "com.docker.compose.container-number, restartcount]",
        "Patterns of the labels that series get, as container_label_…; \"*\" for "
        "all, as cAdvisor does, at the price of longer series. `restartcount` is "
        "how often the container was started again."),
    OPT_ROW_TEXTS(
        "required", required, OPT_NONE,
        "Patterns of names. Of each, a container must run: none at all, or none "
        "that runs, is down."),
    OPT_ROW_DURATION("list_interval", list_interval, "1m", 1, 3600,
                     "How often the engine is asked for all containers when it has told "
                     "of no event."),
    OPT_ROW_DURATION("gone_for", gone_for, "1h", 0, 604800,
                     "How long a container that ran, and was removed without another of "
                     "its name, is told of."),
    OPT_ROW_DURATION(
        "old", old, "1h", 0, 31536000,
        "A container that had been stopped for longer than this when healthd "
        "first saw it is left alone."),
    OPT_ROW_INT("last_lines", last_lines, "8", 0, 50,
                "How many of its last lines are shown of a container that ended by "
                "itself or is unhealthy, in pages and by `explain`. 0 asks for none."),
    OPT_ROW_INT("max_containers", max_containers, "500", 1, 2000,
                "More than this many are counted, and not shown."),
    {0}};
