/* SPDX-License-Identifier: Apache-2.0 */
/* Another program, run in the foreground as a shell would run it. Called by `healthctl deploy` and `healthctl run`. */
#ifndef HEALTHD_HEALTHCTL_CHILD_H
#define HEALTHD_HEALTHCTL_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define CHILD_TAP_BYTES 1500

/* The end of what a program wrote, to both of its streams; begins zeroed. */
struct child_tap {
    char ring[CHILD_TAP_BYTES];
    size_t total; /* bytes that came, ever */
};

struct child_end {
    int status;  /* its exit status, or 128 + the signal that ended it */
    int stopped; /* the last signal that came to end us while it ran; 0: none */
};

/* Runs argv (NULL-terminated, found in $PATH) with our standard streams, and waits. Signals that would end us are passed
 * on, and we stay until it has ended; it has none of them blocked, even if we have. With a tap (or NULL) its output goes
 * through us to our streams; what it leaves in the background has nobody who reads it then. False and e when it could not
 * be started. */
bool child_run(const char *const *argv, struct child_tap *tap, struct child_end *ret,
               struct err *e);

/* In the order of writing, without a first line that has lost its beginning; lives in text, which holds
 * CHILD_TAP_BYTES. */
struct bytes child_tap_text(const struct child_tap *tap, char *text);

#endif
