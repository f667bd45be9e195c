/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: each is one file that closes with its table, and one line here and in commands.c. */
#ifndef HEALTHD_HEALTHCTL_CMD_H
#define HEALTHD_HEALTHCTL_CMD_H

#include "healthctl/command.h"

extern const struct command command_healthcheck, command_status, command_explain,
    command_validate, command_probe, command_reload, command_completion, command_help,
    command_complete;

#endif
