/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What healthd owes the system around it: systemd's readiness and watchdog, the duties of PID 1, the lock of the
 * state directory, the process's own limits. Called by main and daemon.c only.
 */
#ifndef HEALTHD_COLLECTOR_SYSTEM_H
#define HEALTHD_COLLECTOR_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

/* sd_notify(3): sends state ("READY=1") to $NOTIFY_SOCKET; nothing without one. */
void system_notify(const char *state);
/* Half of $WATCHDOG_USEC, or 0 when systemd does not watch us. */
nsec system_watchdog_interval(void);

/* When we are PID 1: forks, stays behind to reap orphans and forward signals, and exits as the child does.
 * Returns in the child only (or at once when we are not PID 1). */
void system_become_child_of_init(void);

/* Makes path and what leads to it (0700), proves that it can be written, and locks it against a second healthd.
 * ret_fd keeps the lock until it is closed. */
bool system_lock_state(const char *path, int *ret_fd, struct err *e);

/* No core dumps with secrets in them, no new privileges, SIGPIPE ignored, descriptors up to 65,536. */
void system_harden(void);

/* Gives memory back that only a start or reload needed, in steps from 0 on, until it returns false: first the holes in the
 * heap, then the code of one loaded library's constructors at a time. What is needed again is mapped again. */
bool system_trim(size_t step);

#endif
