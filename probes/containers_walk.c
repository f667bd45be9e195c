/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the cgroups of containers are: all drivers name them after the container's id, and nothing else is named so.
 * Called by containers_scan.c on its thread. Looks into no container.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "probes/containers.h"

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_id(struct bytes text)
{
    if (text.len != CONTAINERS_ID_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_hex(text.ptr[i]))
            return false;
    }
    return true;
}

/* docker-<id>.scope, libpod-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope; libpod-<id> and <id> alone with
 * the cgroupfs driver. libpod-conmon-<id> is a container's supervisor. */
bool containers_id_of(struct bytes name, char ret_id[CONTAINERS_ID_LEN + 1])
{
    static const char *const prefixes[] = {"docker-", "libpod-",  "cri-containerd-",
                                           "crio-",   "nerdctl-", ""};
    if (bytes_ends(name, ".scope"))
        name.len -= strlen(".scope");
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (!bytes_starts(name, prefixes[i]))
            continue;
        const struct bytes id = bytes_slice(name, strlen(prefixes[i]), name.len);
        if (!is_id(id))
            continue;
        memcpy(ret_id, id.ptr, id.len);
        ret_id[id.len] = '\0';
        return true;
    }
    return false;
}

struct walk {
    struct arena *arena;
    struct cgroup_found *first, *last;
    size_t folders;
};

static void found(struct walk *w, const char *path, const char *id)
{
    struct cgroup_found *f = arena_alloc(w->arena, sizeof(*f));
    f->path = path;
    f->id = arena_strdup(w->arena, id);
    if (w->last)
        w->last->next = f;
    else
        w->first = f;
    w->last = f;
}

/* Podman's pods are named by an id alone with the cgroupfs driver, as Docker's containers are: whoever has containers of
 * Podman right below is no container. */
static bool is_pod(int parent, const char *name)
{
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 2)
        return false; /* it has no folders */
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    char id[CONTAINERS_ID_LEN + 1];
    bool is = false;
    const struct dirent *entry;
    if (!folder && fd >= 0)
        close(fd);
    while (folder && !is && (entry = readdir(folder)))
        is = bytes_starts(bytes_of(entry->d_name), "libpod-") &&
             containers_id_of(bytes_of(entry->d_name), id);
    if (folder)
        closedir(folder);
    return is;
}

static bool names_container(int parent, const char *name,
                            char ret_id[CONTAINERS_ID_LEN + 1])
{
    return containers_id_of(bytes_of(name), ret_id) &&
           (strlen(name) != CONTAINERS_ID_LEN || !is_pod(parent, name));
}

/* A cgroup that ends while it is walked is no fault. Recursion is bounded by CONTAINERS_MAX_DEPTH. */
static bool walk_folder(struct walk *w, int parent, const char *name, const char *path,
                        int depth)
{
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    const struct dirent *entry;
    while ((entry = readdir(folder)) && w->folders < CONTAINERS_MAX_FOLDERS) {
        char id[CONTAINERS_ID_LEN + 1];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        w->folders++;
        const char *below = arena_printf(w->arena, "%s/%s", path, entry->d_name);
        if (names_container(dirfd(folder), entry->d_name, id))
            found(w, below, id);
        else if (depth < CONTAINERS_MAX_DEPTH)
            walk_folder(w, dirfd(folder), entry->d_name, below, depth + 1);
    }
    closedir(folder);
    return true;
}

bool containers_walk(struct arena *arena, const char *folder,
                     struct cgroup_found **ret_found)
{
    struct walk w = {.arena = arena};
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool is_read = walk_folder(&w, fd, ".", "", 0);
    const int error = errno;
    close(fd);
    errno = error;
    if (is_read)
        *ret_found = w.first;
    return is_read;
}
