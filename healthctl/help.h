/* SPDX-License-Identifier: Apache-2.0 */
/* The command table as help and as a manual page. Pure: they only append to a buffer. */
#ifndef HEALTHD_HEALTHCTL_HELP_H
#define HEALTHD_HEALTHCTL_HELP_H

#include "healthctl/command.h"
#include "lib/base/buf.h"

void help_overview(struct buf *out);
/* type: a probe type whose options are listed too, or NULL. */
void help_command(struct arena *arena, const struct command *c, const char *type,
                  struct buf *out);
/* healthctl(1), in man's macros. */
void help_manual(struct arena *arena, struct buf *out);

#endif
