/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl healthcheck`: does healthd itself serve? For Docker's HEALTHCHECK, which knows 0 and 1
 * only. Never asks about the stack: that is `status`. */
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/writer.h"

#define TIMEOUT (3 * NSEC_PER_SEC)

static int run(struct invocation *in)
{
    struct answer a = {0};
    struct err e = {0};
    if (client_ask(in, "GET", "/-/healthy", TIMEOUT, &a, &e))
        return complain(in, CODE_FAILED, "%s", e.text);
    const bool is_healthy = a.status == 200;
    write_field(in->out, "healthy", NULL, cell_bool(is_healthy));
    write_field(in->out, "address", NULL, cell_text(a.place));
    if (!is_healthy)
        return complain(in, CODE_FAILED, "%s answers HTTP %d instead of 200", a.place,
                        a.status);
    write_say(in->out, TONE_PLAIN, "healthd is healthy.");
    return CODE_PASS;
}

const struct command command_healthcheck = {
    .name = "healthcheck",
    .group = GROUP_DEPLOYING,
    .run = run,
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
            {0}},
};
