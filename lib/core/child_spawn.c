/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One fork and exec. May wait (an executable on a dead file system), so it runs on a thread of its own; touches only its
 * struct spawn. Called by child.c.
 */
#include "lib/core/child_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- before ---- */

static char *const *list_copy(const char *const *list, struct arena *arena)
{
    size_t count = 0;
    while (list[count])
        count++;
    char **copy = arena_alloc(arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_strdup(arena, list[i]);
    return copy;
}

void spawn_prepare(struct spawn *s, const struct child_conf *conf, struct arena *arena)
{
    *s = (struct spawn){
        .path = arena_strdup(arena, conf->path),
        .folder = arena_strdup(arena, conf->folder),
        .argv = list_copy(conf->argv, arena),
        .environment = list_copy(conf->environment, arena),
        .has_input = conf->has_input,
        .in = -1,
        .out = -1,
        .err = -1,
    };
}

/* ---- on the thread ---- */

/* The first executable file of that name; a name with a slash is one already. False with errno. */
static bool program_find(const struct spawn *s, char *ret_file, size_t size)
{
    struct bytes folders = bytes_of(s->path), folder;
    int error = ENOENT;
    if (strchr(s->argv[0], '/')) {
        snprintf(ret_file, size, "%s", s->argv[0]);
        return true;
    }
    while (bytes_token(&folders, ':', &folder)) {
        struct stat info;
        snprintf(ret_file, size, "%.*s/%s", (int)folder.len, folder.ptr, s->argv[0]);
        if (stat(ret_file, &info) != 0 || !S_ISREG(info.st_mode))
            continue;
        if (access(ret_file, X_OK) == 0)
            return true;
        error = EACCES;
    }
    errno = error;
    return false;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

/* The child's ends of its streams; input -1: there is none. */
struct ends {
    int input, output, error;
};

static int add_actions(posix_spawn_file_actions_t *actions, const struct spawn *s,
                       const struct ends *ends)
{
    int error = ends->input >= 0
                    ? posix_spawn_file_actions_adddup2(actions, ends->input, STDIN_FILENO)
                    : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
                                                       O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, ends->output, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, ends->error, STDERR_FILENO);
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (!error && s->folder)
        error = posix_spawn_file_actions_addchdir_np(actions, s->folder);
    return error;
}

static int spawn_with(struct spawn *s, const char *file, const struct ends *ends)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    int error = set_attributes(&attributes);
    if (!error)
        error = add_actions(&actions, s, ends);
    if (!error)
        error =
            posix_spawn(&s->pid, file, &actions, &attributes, s->argv, s->environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Ours is the end that is left; -1 when it failed. */
static int keep_end(int fd, bool is_kept)
{
    if (!is_kept) {
        close_one(fd);
        return -1;
    }
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* healthd may be the last to be killed when memory is short (OOMScoreAdjust of its unit); what it runs has no claim to
 * that. To raise a score is always allowed; where /proc is not there, it stays. */
static void give_up_protection(pid_t pid)
{
    char path[64], own[16] = "";
    const int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd >= 0 ? read(fd, own, sizeof(own) - 1) : -1;
    close_one(fd);
    if (got <= 0 || own[0] != '-')
        return;
    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
    const int its = open(path, O_WRONLY | O_CLOEXEC);
    if (its >= 0 && write(its, "0", 1) < 0)
        errno = 0; /* it has ended, or is another user's now */
    close_one(its);
}

/* False, and nothing of it is left, when somebody forbade it meanwhile. */
static bool run_is_wanted(struct spawn *s)
{
    int before = SPAWN_PENDING;
    if (atomic_compare_exchange_strong(&s->fate, &before, SPAWN_RUNS))
        return true;
    kill(-s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    return false;
}

static int spawn_unless_forbidden(struct spawn *s, const char *file,
                                  const struct ends *ends)
{
    if (atomic_load(&s->fate) == SPAWN_FORBIDDEN)
        return ECANCELED;
    const int error = spawn_with(s, file, ends);
    if (error)
        return error;
    return run_is_wanted(s) ? 0 : ECANCELED;
}

void spawn_forbid(struct spawn *s)
{
    if (atomic_exchange(&s->fate, SPAWN_FORBIDDEN) == SPAWN_RUNS)
        kill(-s->pid, SIGKILL);
}

void spawn_run(struct spawn *s)
{
    char file[4096];
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    const bool is_ready = program_find(s, file, sizeof(file)) &&
                          pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0 &&
                          (!s->has_input || pipe2(in, O_CLOEXEC) == 0);
    if (is_ready)
        s->error = spawn_unless_forbidden(s, file, &(struct ends){in[0], out[1], err[1]});
    else
        s->error = errno;
    if (!s->error)
        give_up_protection(s->pid);
    close_one(in[0]);
    close_one(out[1]);
    close_one(err[1]);
    s->in = keep_end(in[1], !s->error);
    s->out = keep_end(out[0], !s->error);
    s->err = keep_end(err[0], !s->error);
}
