/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl reload`: a running healthd reads its configuration again, and says what it thinks. */
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/writer.h"

#define TIMEOUT (30 * NSEC_PER_SEC)

/* What healthd answers when it has judged the file, and when it has judged the caller. */
static bool is_judgement(int status)
{
    return status == 200 || status == 500;
}

static int run(struct invocation *in)
{
    struct answer a = {0};
    struct err e = {0};
    const int code = client_ask(in, "POST", "/-/reload", TIMEOUT, &a, &e);
    if (code)
        return complain(in, code, "%s", e.text);
    if (!is_judgement(a.status))
        return client_refused(in, &a);
    const char *text = arena_strndup(in->arena, a.body.ptr ? a.body.ptr : "", a.body.len);
    write_field(in->out, "accepted", NULL, cell_bool(a.status == 200));
    write_field(in->out, "text", NULL, cell_text(text));
    if (a.status != 200)
        return complain_text(in, CODE_USAGE, text);
    const struct bytes trimmed = bytes_trim(a.body);
    write_say(in->out, TONE_PLAIN, "%.*s", (int)trimmed.len, trimmed.ptr);
    return CODE_PASS;
}

const struct command command_reload = {
    .name = "reload",
    .group = GROUP_WRITING,
    .run = run,
    .needs_daemon = true,
    .summary = "Let healthd read its configuration again, all or nothing",
    .operands = "",
    .doc = "Prints what healthd says. Exits 2 when the configuration was rejected: the "
           "former one then "
           "stays in force.",
    .examples = (const struct example[]){{"healthctl validate && healthctl reload",
                                          "Faults are found before healthd is asked"},
                                         {0}},
};
