/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody means by a word: a probe's name, an alert's name, or matchers. For `healthctl silence payload 30m` and
 * its API. Pure but for asking which names there are.
 */
#ifndef HEALTHD_ALERTS_TARGET_H
#define HEALTHD_ALERTS_TARGET_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/query/matcher.h"

struct target_names {
    void *ctx;
    bool (*is_probe)(void *ctx, const char *name);
    /* of a rule, or of an alert that fires */
    bool (*is_alert)(void *ctx, const char *name);
};

/* probe="text" or alertname="text" when there is one of that name, else text as matchers. e says what was looked for. */
bool target_parse(struct arena *arena, const char *text, const struct target_names *names,
                  struct matchers *ret, struct err *e);

#endif
