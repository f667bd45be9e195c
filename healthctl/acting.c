/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name of whoever acts (`--as`, $SUDO_USER, $USER), a duration and a reason, read from the command line. Called by
 * commands that change something. Sends nothing.
 */
#include "healthctl/acting.h"

#include <stdlib.h>

#include "lib/base/units.h"

const char *acting_who(const struct invocation *in)
{
    const char *who = invocation_flag(in, "as");
    who = who ? who : getenv("SUDO_USER");
    who = who && *who ? who : getenv("USER");
    return who && *who ? who : NULL;
}

void acting_sign(const struct invocation *in, json_t *body, const char *key)
{
    const char *who = acting_who(in);
    if (who)
        json_object_set_new(body, key, json_string(who));
}

int acting_duration(const struct invocation *in, const char *text, const char **ret_text)
{
    struct err e = {0};
    nsec duration;
    if (!duration_parse(bytes_of(text), &duration, &e))
        return complain(in, CODE_USAGE, "%s; write 30m or 2h", e.text);
    if (duration <= 0)
        return complain(in, CODE_USAGE, "a duration has to be more than nothing");
    *ret_text = text;
    return CODE_PASS;
}

const char *acting_words(const struct invocation *in, size_t first)
{
    struct buf text = BUF_MAX(64 << 10);
    for (size_t i = first; i < in->operand_count; i++)
        buf_printf(&text, "%s%s", i > first ? " " : "", in->operands[i]);
    return arena_keep(in->arena, &text);
}
