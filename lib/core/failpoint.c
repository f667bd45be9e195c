/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process where the environment says so: for the crash suite only (failpoint.h). Any thread. */
#include "lib/core/failpoint.h"

#ifdef HEALTHD_FAILPOINTS
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void failpoint(const char *name)
{
    static atomic_long passed; /* test builds only */
    const char *wanted = getenv("HEALTHD_FAILPOINT");
    const size_t len = strlen(name);
    if (!wanted || strncmp(wanted, name, len) != 0 || wanted[len] != ':')
        return;
    char *rest;
    if (atomic_fetch_add(&passed, 1) + 1 != strtol(wanted + len + 1, &rest, 10))
        return;
    if (*rest == ':')
        (void)poll(NULL, 0, (int)strtol(rest + 1, NULL, 10));
    kill(getpid(), SIGKILL);
}
#endif
