/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run needs around it, for one command: loop, pool, names, trust, fetcher. Made by the
 * commands that ask something themselves; each takes only what it uses.
 */
#ifndef HEALTHD_HEALTHCTL_FRAME_SETUP_H
#define HEALTHD_HEALTHCTL_FRAME_SETUP_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/core/frame.h"

struct generation;
struct secrets;

enum frame_use {
    FRAME_PLAIN, /* names and HTTP without TLS: for talking to the daemon */
    FRAME_FLOWS, /* trust too, loaded when a step first needs it: the first packet leaves sooner */
    FRAME_WHOLE /* trust too, loaded when this returns: for probes, whose time it must not count in */
};

/* g: whose resolver and state directory are meant; NULL: the defaults. secrets are lent. False (and e): the system
 * stands in the way; frame_finish is still due. */
bool frame_setup(struct frame *f, enum frame_use use, const struct generation *g,
                 struct secrets *secrets, struct err *e);
void frame_finish(struct frame *f);

#endif
