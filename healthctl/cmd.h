/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, one file each, as the table in commands.c names them. Each returns an exit code. */
#ifndef HEALTHD_HEALTHCTL_CMD_H
#define HEALTHD_HEALTHCTL_CMD_H

#include "healthctl/command.h"

int cmd_validate(struct invocation *in);
int cmd_probe(struct invocation *in);
int cmd_status(struct invocation *in);
int cmd_explain(struct invocation *in);
int cmd_reload(struct invocation *in);
int cmd_healthcheck(struct invocation *in);
int cmd_completion(struct invocation *in);
int cmd_complete(struct invocation *in);
int cmd_help(struct invocation *in);

#endif
