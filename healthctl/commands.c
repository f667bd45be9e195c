/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands share; and the list that Meson wrote from healthctl/meson.build: no other file names a command. */
#include "healthctl/command.h"

#include <string.h>

const char *const command_groups[] = {GROUP_DEPLOYING, GROUP_AT_NIGHT, GROUP_WRITING,
                                      GROUP_LEARNING, NULL};

const char *const exit_codes[] = {
    "all is well; for `probe` also degraded",
    "an assertion failed, or something is down",
    "usage or configuration",
    "not ready by the deadline",
    "unreachable: the target, or healthd, gave no answer",
    "unknown: it could not be asked",
    "teardown failed",
    NULL,
};

static const char *const formats[] = {"text", "json", NULL};
static const char *const colours[] = {"auto", "always", "never", NULL};

const struct flag common_flags[] = {
    {.name = "format",
     .operand = "FORMAT",
     .completes = COMPLETES_WORDS,
     .words = formats,
     .doc = "text for people, json for programs (default: text)."},
    {.name = "color",
     .operand = "WHEN",
     .completes = COMPLETES_WORDS,
     .words = colours,
     .doc =
         "auto, always or never (default: auto, on a terminal unless NO_COLOR is set)."},
    {.name = "help", .letter = 'h', .doc = "Explain the command."},
    {0}};

const struct flag daemon_flags[] = {
    {.name = "socket",
     .operand = "PATH",
     .completes = COMPLETES_FILES,
     .doc = "healthd's Unix socket (default: $HEALTHD_SOCKET, then the usual places)."},
    {.name = "address",
     .operand = "URL",
     .doc = "healthd's address, as http://host:9990."},
    {.name = "token-file",
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "Holds the bearer token for --address (default: $HEALTHCTL_TOKEN)."},
    {0}};

#define COMMAND(name) extern const struct command command_##name;
#include "healthctl/command_list.h"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "healthctl/command_list.h"
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    }
    return NULL;
}
