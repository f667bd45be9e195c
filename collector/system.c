/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to systemd's socket, the fork that makes PID 1 an init, the lock file, limits, and giving memory back.
 * Called by program.c and daemon.c. Logs nothing: there may be no log yet.
 */
#include "collector/system.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/memory.h"

void system_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@')
        to.sun_path[0] = '\0';

    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    const socklen_t len =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
    close(fd);
}

nsec system_watchdog_interval(void)
{
    const char *text = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t usec = 0, owner = 0;
    if (!text || !bytes_to_u64(bytes_of(text), &usec) ||
        usec > (uint64_t)INT64_MAX / 2000)
        return 0;
    if (pid && bytes_to_u64(bytes_of(pid), &owner) && owner != (uint64_t)getpid())
        return 0;
    return (nsec)usec * NSEC_PER_USEC / 2;
}

static void exit_like(int status)
{
    if (WIFSIGNALED(status))
        _exit(128 + WTERMSIG(status));
    _exit(WEXITSTATUS(status));
}

/* Reaps whatever dies, forwards whatever comes, until the child itself is gone. */
static NO_RETURN void be_init(pid_t child, const sigset_t *signals)
{
    for (;;) {
        const int signal = sigwaitinfo(signals, NULL);
        if (signal < 0)
            continue;
        if (signal != SIGCHLD) {
            kill(child, signal);
            continue;
        }
        int status;
        pid_t dead;
        while ((dead = waitpid(-1, &status, WNOHANG)) > 0) {
            if (dead == child)
                exit_like(status);
        }
    }
}

void system_become_child_of_init(void)
{
    if (getpid() != 1)
        return;
    sigset_t signals, before;
    sigfillset(&signals);
    sigprocmask(SIG_SETMASK, &signals, &before);
    const pid_t child = fork();
    if (child > 0)
        be_init(child, &signals);
    /* The child, or PID 1 itself where forking is forbidden. */
    sigprocmask(SIG_SETMASK, &before, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static bool make_directories(const char *path, struct err *e)
{
    char *copy = memory_strdup(path);
    bool ok = copy != NULL;
    for (char *slash = copy ? copy + 1 : NULL; ok && slash;
         slash = slash ? slash + 1 : NULL) {
        slash = strchr(slash, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            ok = err_errno(e, errno, "cannot make the state directory %s", copy);
        if (!slash)
            break;
        *slash = '/';
    }
    free(copy);
    return ok;
}

bool system_lock_state(const char *path, int *ret_fd, struct err *e)
{
    if (!make_directories(path, e))
        return false;
    struct buf name = BUF_MAX(4096);
    buf_printf(&name, "%s/lock", path);
    const int fd = open(buf_text(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_errno(e, errno, "cannot write to the state directory %s (as uid %d)", path,
                  (int)getuid());
        buf_finish(&name);
        return false;
    }
    buf_finish(&name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(e,
                       "the state directory %s is in use by another healthd; stop it, or "
                       "give this one "
                       "a `state: {path: …}` of its own",
                       path);
    }
    *ret_fd = fd;
    return true;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max > 65536 ? 65536 : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void system_harden(void)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptors();
    /* The pool's threads are idle most of the time: heaps of their own would only keep what they once used. */
    mallopt(M_ARENA_MAX, 1);
}

struct drop { /* one loaded object's turn */
    size_t at, wanted;
};

/* Code and constants of one loaded object, page by page: never written, so what is needed again comes back from
 * the page cache. */
static int drop_object(struct dl_phdr_info *object, size_t size, void *ctx)
{
    struct drop *drop = ctx;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (drop->at++ != drop->wanted)
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
            continue;
        const uintptr_t from = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        const uintptr_t to =
            (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (to > from)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 1;
}

bool system_trim(size_t step)
{
    if (step == 0) {
        malloc_trim(0);
        return true;
    }
    return dl_iterate_phdr(drop_object, &(struct drop){.wanted = step - 1}) != 0;
}
