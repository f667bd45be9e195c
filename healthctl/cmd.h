/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: each is one file that closes with its table, and one line here and in commands.c. */
#ifndef HEALTHD_HEALTHCTL_CMD_H
#define HEALTHD_HEALTHCTL_CMD_H

#include "healthctl/command.h"

extern const struct command command_healthcheck, command_deploy, command_status,
    command_explain, command_alerts, command_ack, command_silence, command_query,
    command_outbox, command_runbook, command_validate, command_probe, command_rules,
    command_route, command_receiver, command_run, command_drill, command_reload,
    command_completion, command_help, command_complete;

#endif
