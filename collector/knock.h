/* SPDX-License-Identifier: Apache-2.0 */
/* Knocking at a host: a TCP connection that carries nothing, for alerts/reach.h. Each ends by itself. Loop thread. */
#ifndef HEALTHD_COLLECTOR_KNOCK_H
#define HEALTHD_COLLECTOR_KNOCK_H

#include "alerts/reach.h"
#include "lib/core/frame.h"

#define KNOCK_TIMEOUT (5 * NSEC_PER_SEC) /* name and connection together */

struct knock knock_dial(struct frame *f); /* f has to outlive every knock */

#endif
