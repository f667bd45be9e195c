/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl runbook`: what to do about an alert of the bundled rules; needs no healthd. */
#include "alerts/runbook.h"
#include "healthctl/command.h"
#include "healthctl/writer.h"
#include "lib/base/glob.h"

static int list(const struct invocation *in)
{
    for (const struct runbook *r = runbooks; r->name; r++) {
        write_field(in->out, "runbook", NULL, cell_text(r->name));
        write_say(in->out, TONE_PLAIN, "%s", r->name);
    }
    return CODE_PASS;
}

static const char *nearest_runbook(struct invocation *in)
{
    size_t count = 0;
    while (runbooks[count].name)
        count++;
    const char **names = arena_alloc(in->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = runbooks[i].name;
    return nearest_word(in->operands[0], names);
}

static int run(struct invocation *in)
{
    if (!in->operand_count)
        return list(in);
    const struct runbook *r = runbook_find(in->operands[0]);
    const char *near = r ? NULL : nearest_runbook(in);
    if (!r)
        return complain(in, CODE_USAGE, "there is no runbook '%.80s'%s%s%s",
                        in->operands[0],
                        near ? "; did you mean '" : "; `healthctl runbook` lists them",
                        near ? near : "", near ? "'?" : "");
    write_field(in->out, "runbook", NULL, cell_text(r->name));
    const char *text = arena_strndup(in->arena, r->text.ptr, r->text.len);
    write_field(in->out, "text", NULL, cell_text(text));
    write_say(in->out, TONE_PLAIN, "%s", text);
    return CODE_PASS;
}

const struct command command_runbook = {
    .name = "runbook",
    .group = GROUP_AT_NIGHT,
    .run = run,
    .summary = "What a bundled rule's alert means, how to look and what to do",
    .operands = "[ALERT]",
    .most = 1,
    .doc = "The page that the alert's notice leads to; healthd serves the same at "
           "/runbooks/ALERT. Without a name it lists them all. Needs no healthd.",
    .examples =
        (const struct example[]){
            {"healthctl runbook ProbeDown", "At three in the morning"}, {0}},
};
