/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's folder of time zones (Debian's package tzdata): reads the file of a name, and when there is none says
 * which name was likely meant. Used while a configuration is loaded, never later.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/glob.h"
#include "lib/core/whole_file.h"
#include "lib/core/zone_impl.h"

static const char folder[] = "/usr/share/zoneinfo";

#define NAMES_MAX 2000
#define NAME_MAX_BYTES 100

struct names {
    struct arena *arena;
    const char *items[NAMES_MAX + 1]; /* NULL-terminated */
    size_t count;
};

/* Africa/Porto-Novo, Etc/GMT+3: never a path that leads out of the folder. */
static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t len = strlen(name);
    return len > 0 && len <= NAME_MAX_BYTES && strchr(letters, name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_+-/") == len;
}

/* Zones are those whose names begin with a capital; posix/ and right/ hold the same again. */
static void collect(struct names *n, const char *below, int depth)
{
    DIR *d = opendir(arena_printf(n->arena, "%s/%s", folder, below));
    for (struct dirent *entry = d ? readdir(d) : NULL; entry; entry = readdir(d)) {
        struct stat status;
        if (entry->d_name[0] < 'A' || entry->d_name[0] > 'Z' || n->count == NAMES_MAX)
            continue;
        const char *name =
            arena_printf(n->arena, "%s%s%s", below, *below ? "/" : "", entry->d_name);
        if (stat(arena_printf(n->arena, "%s/%s", folder, name), &status))
            continue;
        if (S_ISREG(status.st_mode))
            n->items[n->count++] = name;
        else if (S_ISDIR(status.st_mode) && depth < 3)
            collect(n, name, depth + 1);
    }
    if (d)
        closedir(d);
}

/* "Berlin" is meant as Europe/Berlin, and "europe/berlin" too. */
static const char *zone_meant(const struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++) {
        const char *last = strrchr(n->items[i], '/');
        if (!strcasecmp(n->items[i], name) || (last && !strcasecmp(last + 1, name)))
            return n->items[i];
    }
    return nearest_word(name, n->items);
}

static bool no_such_zone(const char *name, struct err *e)
{
    struct arena *arena = arena_create(0);
    struct names *names = arena_alloc(arena, sizeof(*names));
    names->arena = arena;
    collect(names, "", 0);
    const char *meant = zone_meant(names, name);
    if (names->count == 0)
        err_set(e,
                "there are no time zones in %s, so '%s' is not known: install the "
                "package tzdata",
                folder, name);
    else if (meant)
        err_set(e, "there is no time zone '%s'; did you mean '%s'?", name, meant);
    else
        err_set(e, "there is no time zone '%s'; write one like Europe/Berlin", name);
    arena_destroy(arena);
    return false;
}

const struct zone *zone_load(struct arena *arena, const char *name, struct err *e)
{
    if (!strcmp(name, "UTC"))
        return zone_utc;
    if (!is_name(name)) {
        (void)no_such_zone(name, e);
        return NULL;
    }
    const int fd = open(arena_printf(arena, "%s/%s", folder, name), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)no_such_zone(name, e);
        return NULL;
    }
    struct buf file = BUF_MAX(ZONE_MAX_BYTES + 1);
    const struct zone *z = NULL;
    if (whole_fd_read(fd, &file))
        z = zone_parse(arena, name, buf_bytes(&file), e);
    else if (errno == EISDIR)
        (void)no_such_zone(name, e);
    else
        err_errno(e, errno, "time zone '%s' cannot be read", name);
    close(fd);
    buf_finish(&file);
    return z;
}
