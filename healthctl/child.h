/* SPDX-License-Identifier: Apache-2.0 */
/* Another program, run in the foreground as a shell would run it. Called by `healthctl deploy`. */
#ifndef HEALTHD_HEALTHCTL_CHILD_H
#define HEALTHD_HEALTHCTL_CHILD_H

#include <stdbool.h>

#include "lib/base/err.h"

/* Runs argv (NULL-terminated, found in $PATH) with our standard streams, and waits. Signals that would end us are passed
 * on, and we stay until it has ended. ret_status: its exit status, or 128 + the signal that ended it. False and e when
 * it could not be started. */
bool child_run(const char *const *argv, int *ret_status, struct err *e);

#endif
