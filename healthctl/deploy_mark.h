/* SPDX-License-Identifier: Apache-2.0 */
/* What healthd hears of a deployment: that it begins, and how it ended. Called by cmd_deploy.c. */
#ifndef HEALTHD_HEALTHCTL_DEPLOY_MARK_H
#define HEALTHD_HEALTHCTL_DEPLOY_MARK_H

#include <stdbool.h>

#include "healthctl/command.h"

/* 0 and its id; or an exit code after complaining. CODE_USAGE: healthd refused what was said, all others: it could not be
 * told. */
int deploy_mark_begin(const struct invocation *in, const char **ret_id);
/* why: one line, for notices; "" for nothing to say. Complains when healthd could not be told. */
int deploy_mark_end(const struct invocation *in, const char *id, bool has_failed,
                    const char *why);

#endif
