/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at all processes: which match, and what the kernel says of those. Blocks, so it runs on a thread; touches only
 * its arguments. What goes away while it is looked at is passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/process.h"

#define FILE_MAX 65536
#define PASSWD_MAX (1 << 20)

struct look {
    const struct process_conf *conf;
    struct arena *arena;
    struct process_found *found;
    size_t size; /* of found->items */
    int procfs;  /* descriptor of the folder */
    long ticks, page;
    bool has_user, has_pid;
    uid_t user;
    pid_t pid;
    char text[FILE_MAX];
};

/* ---- files ---- */

static bool read_at(int folder, const char *name, char *text, size_t size,
                    struct bytes *ret)
{
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && len < size) {
        got = read(fd, text + len, size - len);
        if (got > 0)
            len += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    *ret = (struct bytes){text, len};
    return got >= 0;
}

static bool read_of(struct look *l, int folder, const char *name, struct bytes *ret)
{
    return read_at(folder, name, l->text, sizeof(l->text), ret);
}

static double count_entries(int folder, const char *name)
{
    const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    double count = 0;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    for (const struct dirent *x = readdir(dir); x; x = readdir(dir))
        count += x->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* ---- does it match? ---- */

static bool has_name(struct look *l, int folder, const char *comm)
{
    const char *name = l->conf->name;
    struct bytes cmdline, word;
    if (!strcmp(comm, name))
        return true;
    if (!read_of(l, folder, "cmdline", &cmdline) || !bytes_token(&cmdline, '\0', &word))
        return false;
    if (bytes_is(process_base_name(word), name))
        return true;
    const ssize_t len = readlinkat(folder, "exe", l->text, sizeof(l->text));
    return len > 0 &&
           bytes_is(process_base_name((struct bytes){l->text, (size_t)len}), name);
}

static bool has_cmdline(struct look *l, int folder)
{
    struct bytes text;
    if (!read_of(l, folder, "cmdline", &text))
        return false;
    while (text.len > 0 && text.ptr[text.len - 1] == '\0')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        if (l->text[i] == '\0')
            l->text[i] = ' ';
    }
    return regex_match(l->conf->cmdline, text) == REGEX_MATCH;
}

static bool has_user(const struct look *l, int folder)
{
    struct stat info;
    return fstat(folder, &info) == 0 && info.st_uid == l->user;
}

static bool has_cgroup(struct look *l, int folder)
{
    struct bytes text;
    return read_of(l, folder, "cgroup", &text) &&
           process_cgroup_has(text, l->conf->cgroup);
}

static bool matches(struct look *l, int folder, const char *comm)
{
    const struct process_conf *c = l->conf;
    return (!c->name[0] || has_name(l, folder, comm)) &&
           (!l->has_user || has_user(l, folder)) &&
           (!c->cmdline || has_cmdline(l, folder)) &&
           (!c->cgroup[0] || has_cgroup(l, folder));
}

/* ---- one process ---- */

static void read_more(struct look *l, int folder, struct process *p)
{
    struct bytes text;
    uid_t ignored;
    p->open_fds = count_entries(folder, "fd");
    p->read_bytes = p->written_bytes = p->max_fds = -1;
    if (read_of(l, folder, "status", &text))
        process_status_read(text, p, &ignored);
    if (read_of(l, folder, "limits", &text))
        p->max_fds = process_max_fds_read(text);
    if (read_of(l, folder, "io", &text))
        process_io_read(text, p);
}

static void add(struct look *l, const struct process *p)
{
    struct process_found *found = l->found;
    if (found->count == l->size) {
        l->size = l->size ? 2 * l->size : 16;
        struct process *items = arena_alloc(l->arena, l->size * sizeof(*items));
        if (found->count)
            memcpy(items, found->items, found->count * sizeof(*items));
        found->items = items;
    }
    found->items[found->count++] = *p;
}

static void look_within(struct look *l, int folder, pid_t pid)
{
    struct process_found *found = l->found;
    struct process p = {.pid = pid};
    struct bytes text, comm;
    char name[64];
    if (!read_of(l, folder, "stat", &text) ||
        !process_stat_read(text, l->ticks, l->page, &p, &comm))
        return;
    snprintf(name, sizeof(name), "%.*s", (int)comm.len, comm.ptr);
    if (!matches(l, folder, name))
        return;
    if (p.state == 'Z') {
        found->zombies++;
        return;
    }
    found->is_cut = found->count == PROCESS_MAX_MATCHED;
    if (found->is_cut)
        return;
    read_more(l, folder, &p);
    add(l, &p);
}

static void look_at(struct look *l, const char *name)
{
    uint64_t pid;
    if (!bytes_to_u64(bytes_of(name), &pid) || pid > INT32_MAX ||
        (l->has_pid && (pid_t)pid != l->pid))
        return;
    const int folder = openat(l->procfs, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    l->found->seen++;
    look_within(l, folder, (pid_t)pid);
    close(folder);
}

/* ---- before ---- */

/* With hidepid, /proc/1 is not there (2) or not to be read (1), unless it is ours. */
static bool is_hidden(int procfs)
{
    const int fd = openat(procfs, "1/stat", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd < 0 && faccessat(procfs, "self", F_OK, 0) == 0;
}

static bool find_user(struct look *l)
{
    const struct process_conf *c = l->conf;
    struct bytes passwd = {0};
    l->has_user = c->user[0] != '\0';
    if (!l->has_user || process_user_id(passwd, c->user, &l->user))
        return true;
    char *text = arena_alloc(l->arena, PASSWD_MAX);
    const char *path = arena_printf(l->arena, "%s/etc/passwd", c->root);
    if (!read_at(AT_FDCWD, path, text, PASSWD_MAX, &passwd))
        l->found->trouble = arena_printf(l->arena, "%s: %s", path, strerror(errno));
    else if (!process_user_id(passwd, c->user, &l->user))
        l->found->trouble = arena_printf(l->arena, "%s has no user '%s'", path, c->user);
    return !l->found->trouble;
}

static void find_pid(struct look *l)
{
    const struct process_conf *c = l->conf;
    struct bytes text, word;
    uint64_t pid;
    l->has_pid = c->pid_file[0] != '\0';
    if (!l->has_pid)
        return;
    const char *path = arena_printf(l->arena, "%s%s", c->root, c->pid_file);
    if (!read_at(AT_FDCWD, path, l->text, sizeof(l->text), &text))
        l->found->pid_trouble = arena_printf(l->arena, "%s: %s", path, strerror(errno));
    else if (!bytes_token(&text, '\n', &word) || !bytes_to_u64(bytes_trim(word), &pid) ||
             pid == 0 || pid > INT32_MAX)
        l->found->pid_trouble = arena_printf(l->arena, "%s holds no number", path);
    else
        l->pid = (pid_t)pid;
}

static void look_at_all(struct look *l, DIR *dir)
{
    struct bytes text;
    size_t left = PROCESS_MAX_SEEN;
    l->procfs = dirfd(dir);
    l->found->is_hidden = is_hidden(l->procfs);
    if (read_of(l, l->procfs, "stat", &text))
        l->found->boot_time = process_boot_time_read(text);
    for (const struct dirent *x = readdir(dir); x && left > 0; x = readdir(dir), left--) {
        if (x->d_name[0] >= '1' && x->d_name[0] <= '9')
            look_at(l, x->d_name);
    }
}

void process_scan(const struct process_conf *c, struct arena *arena,
                  struct process_found *ret)
{
    struct look *l = arena_alloc(arena, sizeof(*l));
    *ret = (struct process_found){0};
    l->conf = c;
    l->arena = arena;
    l->found = ret;
    l->ticks = sysconf(_SC_CLK_TCK);
    l->page = sysconf(_SC_PAGESIZE);
    if (!find_user(l))
        return;
    find_pid(l);
    DIR *dir = opendir(c->procfs);
    if (!dir) {
        ret->trouble = arena_printf(arena, "%s: %s", c->procfs, strerror(errno));
        return;
    }
    if (!ret->pid_trouble)
        look_at_all(l, dir);
    closedir(dir);
}
