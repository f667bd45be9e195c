/* SPDX-License-Identifier: Apache-2.0 */
/* An instant as people write it on a command line. Pure. */
#ifndef HEALTHD_HEALTHCTL_WHEN_H
#define HEALTHD_HEALTHCTL_WHEN_H

#include <stdbool.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

/* "now", "90m" (so long ago), RFC 3339, or seconds since 1970. */
bool when_parse(const char *text, struct wall now, struct wall *ret_at, struct err *e);

#endif
