/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl completion SHELL`, which prints a script, and `healthctl complete WORD...`, which the
 * scripts ask. */
#include <stdio.h>
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/complete.h"
#include "healthctl/remote.h"

/* Somebody waits at the keyboard. */
#define PROBES_TIMEOUT (400 * NSEC_PER_MSEC)

static int run_completion(struct invocation *in)
{
    fputs(completion_script(in->operands[0]), stdout);
    return CODE_PASS;
}

static void add_probes(void *ctx, const char *prefix, struct buf *out)
{
    struct invocation *in = ctx;
    struct answer a = {0};
    struct err e = {0};
    if (client_ask(in, "GET", "/api/probes", PROBES_TIMEOUT, &a, &e) || a.status != 200)
        return;
    const json_t *answer = json_read(in->arena, a.body, CLIENT_MAX_ANSWER, &e);
    const json_t *probes = json_object_get(answer, "probes");
    for (size_t i = 0; i < json_array_size(probes); i++) {
        const json_t *probe = json_array_get(probes, i);
        const char *name = remote_text(probe, "name");
        if (*name && !strncmp(name, prefix, strlen(prefix)) && !strpbrk(name, "\t\r\n"))
            buf_printf(out, "%s\t%s, %s\n", name, remote_text(probe, "type"),
                       remote_text(probe, "health"));
    }
}

static int run_complete(struct invocation *in)
{
    struct buf out = BUF_MAX(1 << 20);
    complete_words(in->arena, in->operands, in->operand_count, add_probes, in, &out);
    fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return CODE_PASS;
}

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

const struct command command_completion = {
    .name = "completion",
    .group = GROUP_WRITING,
    .run = run_completion,
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
            {0}},
};

const struct command command_complete = {
    .name = "complete",
    .group = GROUP_WRITING,
    .run = run_complete,
    .is_hidden = true,
    .needs_daemon = true,
    .summary = "What may follow these words; asked by the completion scripts",
    .operands = "WORD...",
    .most = 1000,
    .doc = "",
};
