/* SPDX-License-Identifier: Apache-2.0 */
/* See child.h. Signals are taken one by one with sigwaitinfo, so that no handler needs to know the process. */
#include "healthctl/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static sigset_t awaited(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

static int start(const char *const *argv, const sigset_t *mask, pid_t *ret_pid)
{
    posix_spawnattr_t attributes;
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, mask);
    error =
        posix_spawnp(ret_pid, argv[0], NULL, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int status_of(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                    : WEXITSTATUS(wait_status);
}

/* What the terminal sends goes to both of us; only what was sent to us alone is passed on. */
static int wait_for(pid_t pid, const sigset_t *set)
{
    for (;;) {
        int wait_status;
        siginfo_t info;
        if (waitpid(pid, &wait_status, WNOHANG) == pid)
            return status_of(wait_status);
        const int number = sigwaitinfo(set, &info);
        if (number > 0 && number != SIGCHLD && info.si_code == SI_USER)
            kill(pid, number);
    }
}

bool child_run(const char *const *argv, int *ret_status, struct err *e)
{
    const sigset_t set = awaited();
    sigset_t former;
    pid_t pid;
    sigprocmask(SIG_BLOCK, &set, &former);
    const int error = start(argv, &former, &pid);
    if (!error)
        *ret_status = wait_for(pid, &set);
    sigprocmask(SIG_SETMASK, &former, NULL);
    return error ? err_errno(e, error, "%s", argv[0]) : true;
}
