/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl completion SHELL`, which prints a script, and `healthctl complete WORD...`, which the
 * scripts ask. */
#include <stdio.h>
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/cmd.h"
#include "healthctl/complete.h"
#include "healthctl/remote.h"

/* Somebody waits at the keyboard. */
#define PROBES_TIMEOUT (400 * NSEC_PER_MSEC)

int cmd_completion(struct invocation *in)
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

int cmd_complete(struct invocation *in)
{
    struct buf out = BUF_MAX(1 << 20);
    complete_words(in->arena, in->operands, in->operand_count, add_probes, in, &out);
    fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return CODE_PASS;
}
