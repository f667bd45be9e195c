/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See child.h. Signals are read from a descriptor beside the output, so that no handler needs to know the process.
 */
#include "healthctl/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/attr.h"

enum { OUT, ERR, SIGNALS, WATCHED };

struct child {
    pid_t pid;
    int stopped;
    struct child_tap *tap;
    int ends[2]; /* of pipes that we read; -1: none */
    struct pollfd watched[WATCHED];
};

static const int awaited[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP};

static sigset_t awaited_set(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(awaited); i++)
        sigaddset(&set, awaited[i]);
    return set;
}

/* ---- output ---- */

static void tap_add(struct child_tap *tap, const char *ptr, size_t len)
{
    for (size_t i = 0; i < len; i++)
        tap->ring[tap->total++ % CHILD_TAP_BYTES] = ptr[i];
}

struct bytes child_tap_text(const struct child_tap *tap, char *text)
{
    const size_t len = tap->total < CHILD_TAP_BYTES ? tap->total : CHILD_TAP_BYTES;
    struct bytes all = {text, len}, first;
    for (size_t i = 0; i < len; i++)
        text[i] = tap->ring[(tap->total - len + i) % CHILD_TAP_BYTES];
    if (tap->total > len && bytes_find_byte(all, '\n') >= 0)
        bytes_line(&all, &first);
    return all;
}

/* To whoever reads ours; what they refuse is lost, as it would be without us. */
static void pass_on(int to, const char *ptr, size_t len)
{
    while (len > 0) {
        const ssize_t written = write(to, ptr, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        ptr += written;
        len -= (size_t)written;
    }
}

/* False at the end of it, or when nothing is there now. */
static bool read_some(struct child *c, int stream)
{
    char text[16384];
    const ssize_t len = read(c->ends[stream], text, sizeof(text));
    if (len > 0) {
        pass_on(stream == OUT ? STDOUT_FILENO : STDERR_FILENO, text, (size_t)len);
        tap_add(c->tap, text, (size_t)len);
        return true;
    }
    if (len == 0 || (errno != EAGAIN && errno != EINTR))
        c->watched[stream].fd = -1;
    return false;
}

static void read_rest(struct child *c)
{
    for (int stream = OUT; c->tap && stream <= ERR; stream++) {
        for (int i = 0; i < 64 && c->watched[stream].fd >= 0 && read_some(c, stream); i++)
            ;
    }
}

/* ---- the program ---- */

static bool make_pipes(struct child *c, int *ret_writers)
{
    for (int stream = OUT; c->tap && stream <= ERR; stream++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        c->ends[stream] = ends[0];
        ret_writers[stream] = ends[1];
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    return true;
}

static int start(struct child *c, const char *const *argv, const sigset_t *mask,
                 const int *writers)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    error = posix_spawn_file_actions_init(&actions);
    for (int stream = OUT; !error && c->tap && stream <= ERR; stream++)
        error = posix_spawn_file_actions_adddup2(
            &actions, writers[stream], stream == OUT ? STDOUT_FILENO : STDERR_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, mask);
    if (!error)
        error = posix_spawnp(&c->pid, argv[0], &actions, &attributes, (char *const *)argv,
                             environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int status_of(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                    : WEXITSTATUS(wait_status);
}

/* What the terminal sends goes to both of us; only what was sent to us alone is passed on. */
static void take_signal(struct child *c)
{
    struct signalfd_siginfo info;
    if (read(c->watched[SIGNALS].fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGCHLD)
        return;
    c->stopped = (int)info.ssi_signo;
    if (info.ssi_code == SI_USER)
        kill(c->pid, c->stopped);
}

static int wait_for(struct child *c)
{
    for (;;) {
        int wait_status;
        if (waitpid(c->pid, &wait_status, WNOHANG) == c->pid) {
            read_rest(c);
            return status_of(wait_status);
        }
        if (poll(c->watched, WATCHED, -1) < 0)
            continue; /* a signal came: no descriptor was looked at */
        for (int stream = OUT; stream <= ERR; stream++) {
            if (c->watched[stream].fd >= 0 && c->watched[stream].revents)
                read_some(c, stream);
        }
        if (c->watched[SIGNALS].revents)
            take_signal(c);
    }
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

/* The former mask without what we await: who holds signals back for himself does not mean the child. */
static sigset_t mask_of(sigset_t former)
{
    for (size_t i = 0; i < ARRAY_LEN(awaited); i++)
        sigdelset(&former, awaited[i]);
    return former;
}

bool child_run(const char *const *argv, struct child_tap *tap, struct child_end *ret,
               struct err *e)
{
    const sigset_t set = awaited_set();
    struct child c = {.tap = tap, .ends = {-1, -1}};
    int writers[2] = {-1, -1};
    sigset_t former;
    sigprocmask(SIG_BLOCK, &set, &former);
    const int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    int error = signals < 0 || !make_pipes(&c, writers) ? errno : 0;
    for (int stream = OUT; stream <= ERR; stream++)
        c.watched[stream] = (struct pollfd){.fd = c.ends[stream], .events = POLLIN};
    c.watched[SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
    const sigset_t mask = mask_of(former);
    if (!error)
        error = start(&c, argv, &mask, writers);
    close_all(writers, 2);
    if (!error) {
        const int status = wait_for(&c);
        *ret = (struct child_end){.status = status, .stopped = c.stopped};
    }
    close_all(c.ends, 2);
    close_all(&signals, 1);
    sigprocmask(SIG_SETMASK, &former, NULL);
    return error ? err_errno(e, error, "%s", argv[0]) : true;
}
