/* SPDX-License-Identifier: Apache-2.0 */
/* The command table: all that is known about each command of healthctl. See command.h. */
#include "healthctl/command.h"

#include <string.h>

#include "healthctl/cmd.h"
#include "healthctl/type_flags.h"

#define DEPLOYING "Deploying"
#define AT_NIGHT "At night"
#define WRITING "Writing configuration"
#define LEARNING "Learning"

const char *const command_groups[] = {DEPLOYING, AT_NIGHT, WRITING, LEARNING, NULL};

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
static const char *const probe_formats[] = {"text", "json", "prometheus", NULL};
static const char *const colours[] = {"auto", "always", "never", NULL};
static const char *const shells[] = {"bash", "zsh", "fish", NULL};

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

static const struct flag validate_flags[] = {
    {.name = "run", .doc = "Ask every probe once, too; exit 1 when one is down."}, {0}};

static const struct flag probe_flags[] = {
    {.name = "timeout",
     .operand = "DURATION",
     .doc = "Budget of the whole run (default: 5s)."},
    {.name = "expect",
     .operand = "EXPR",
     .may_repeat = true,
     .doc = "What has to hold, else it is down: --expect 'status == 200'."},
    {.name = "should",
     .operand = "EXPR",
     .may_repeat = true,
     .doc = "What should hold, else it is degraded: --should 'timing.total < 800ms'."},
    {.name = "module",
     .operand = "NAME",
     .doc =
         "Ask as this module of the configuration does; the operand is then its target."},
    {.name = "config",
     .letter = 'c',
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "The configuration that --module is in (default: /etc/healthd/healthd.yml)."},
    {.name = "now",
     .operand = "PROBE",
     .completes = COMPLETES_PROBES,
     .doc = "Let a running healthd run this probe of its configuration now."},
    {.name = "verbose",
     .letter = 'v',
     .doc = "Show the trace: what was sent, what came, when."},
    {.name = "format",
     .operand = "FORMAT",
     .completes = COMPLETES_WORDS,
     .words = probe_formats,
     .doc = "text, json, or prometheus for the samples (default: text)."},
    {0}};

static const struct flag explain_flags[] = {
    {.name = "timing",
     .doc = "Draw how long it takes at worst until a death is seen and confirmed."},
    {0}};

const struct command commands[] = {
    {.name = "healthcheck",
     .group = DEPLOYING,
     .run = cmd_healthcheck,
     .needs_daemon = true,
     .summary = "Is healthd itself well? For Docker's HEALTHCHECK",
     .operands = "",
     .doc = "Asks /-/healthy, for at most 3 s. Exits 0 when healthd serves and 1 when it "
            "does not: the "
            "two codes that Docker knows. The health of what is probed is no part of it: "
            "that is "
            "`healthctl status`.",
     .examples =
         (const struct example[]){
             {"healthctl healthcheck",
              "In a Dockerfile: HEALTHCHECK CMD [\"healthctl\", \"healthcheck\"]"},
             {0}}},

    {.name = "status",
     .group = AT_NIGHT,
     .run = cmd_status,
     .needs_daemon = true,
     .summary = "Every probe's health, worst first",
     .operands = "",
     .doc =
         "SINCE is how long the confirmed health has held. WHY says what the last run "
         "found, when "
         "that is not good, or not what is confirmed.\n\nExits 1 when a probe is down.",
     .examples =
         (const struct example[]){{"healthctl status", "What is wrong now"},
                                  {"healthctl status --format json | jq -r '.probes[] | "
                                   "select(.health == \"down\").name'",
                                   "The names of what is down"},
                                  {0}}},

    {.name = "explain",
     .group = AT_NIGHT,
     .run = cmd_explain,
     .needs_daemon = true,
     .summary = "Why a probe is what it is: its last good run beside its last bad one",
     .operands = "PROBE",
     .least = 1,
     .most = 1,
     .completes = COMPLETES_PROBES,
     .flags = explain_flags,
     .doc = "Addresses, certificates, headers and the beginning of the body are "
            "compared, and what "
            "differs is marked. Headers that differ in every answer (Date, ETag ...) are "
            "not.",
     .examples =
         (const struct example[]){
             {"healthctl explain payload", "What changed when it broke"},
             {"healthctl explain payload --timing", "How soon its death would be known"},
             {0}}},

    {.name = "validate",
     .group = WRITING,
     .run = cmd_validate,
     .summary = "Read configuration as healthd would, and say all that is wrong with it",
     .operands = "[FILE...]",
     .most = 1000,
     .completes = COMPLETES_FILES,
     .flags = validate_flags,
     .doc = "Without FILE it is /etc/healthd/healthd.yml, or the built-in configuration "
            "when there is "
            "none, as for healthd. `-` is standard input. Every fault is reported in one "
            "go, with its "
            "line, a caret and what to do.",
     .examples = (const struct example[]){{"healthctl validate healthd.yml",
                                           "Every fault of a file"},
                                          {"healthctl validate --run healthd.yml",
                                           "And does each probe work from here?"},
                                          {0}}},

    {.name = "probe",
     .group = WRITING,
     .run = cmd_probe,
     .needs_daemon = true,
     .summary = "Run one probe now: by type and options, by module, or by name",
     .operands = "TYPE [TARGET]",
     .most = 2,
     .completes = COMPLETES_TYPES,
     .flags = probe_flags,
     .more_flags = type_flags,
     .doc = "Needs no healthd, but for --now. Options are those of the type, as in the "
            "configuration; "
            "see `healthctl help probe TYPE`. Options that are lists may be given again "
            "and again; "
            "those that are mappings take YAML, as --headers 'Accept: text/html'. A "
            "secret never "
            "stands on a command line: name a variable or a file, as --password-env "
            "NAME.\n\n"
            "Exits 0 when up or degraded; 1 when an answer came that is not as it should "
            "be; 4 when none "
            "came (no such name, refused, unreachable, reset, closed, timeout, proxy); 5 "
            "when it could "
            "not be asked.",
     .examples =
         (const struct example[]){
             {"healthctl probe http https://example.com/ --should 'timing.total < 1s'",
              "With the phases drawn"},
             {"healthctl probe http http://payload:3000/api/health --http-format health "
              "-v",
              "What the application says of itself, and the trace"},
             {"healthctl probe tcp db:5432 --timeout 2s", "Does something listen?"},
             {"healthctl probe --module http_2xx -c healthd.yml example.com",
              "As /probe?module=http_2xx&target=example.com would"},
             {"healthctl probe --now payload", "Do not wait for the next slot"},
             {0}}},

    {.name = "reload",
     .group = WRITING,
     .run = cmd_reload,
     .needs_daemon = true,
     .summary = "Let healthd read its configuration again, all or nothing",
     .operands = "",
     .doc = "Prints what healthd says. Exits 2 when the configuration was rejected: the "
            "former one then "
            "stays in force.",
     .examples = (const struct example[]){{"healthctl validate && healthctl reload",
                                           "Faults are found before healthd is asked"},
                                          {0}}},

    {.name = "completion",
     .group = WRITING,
     .run = cmd_completion,
     .summary = "Print the completion script of a shell",
     .operands = "bash|zsh|fish",
     .least = 1,
     .most = 1,
     .completes = COMPLETES_WORDS,
     .words = shells,
     .doc = "Names of probes come from the running healthd.",
     .examples =
         (const struct example[]){
             {"healthctl completion bash > /etc/bash_completion.d/healthctl",
              "For everybody, with bash"},
             {"source <(healthctl completion zsh)", "For this zsh"},
             {"healthctl completion fish > ~/.config/fish/completions/healthctl.fish",
              "For fish"},
             {0}}},

    {.name = "help",
     .group = LEARNING,
     .run = cmd_help,
     .summary = "Explain a command, or the options of a probe type",
     .operands = "[COMMAND [TYPE]]",
     .most = 2,
     .completes = COMPLETES_COMMANDS,
     .doc = "The same as COMMAND --help.",
     .examples =
         (const struct example[]){
             {"healthctl help probe http", "Every option of an HTTP probe"}, {0}}},

    {.name = "complete",
     .group = WRITING,
     .run = cmd_complete,
     .is_hidden = true,
     .needs_daemon = true,
     .summary = "What may follow these words; asked by the completion scripts",
     .operands = "WORD...",
     .most = 1000,
     .doc = ""},
    {0}};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++) {
        if (!strcmp(c->name, name))
            return c;
    }
    return NULL;
}
