/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that do several things: which one the operands mean, and whether it has the operands that it needs. Run in the
 * place of such a command; the verbs themselves stand in the command's table.
 */
#include <string.h>

#include "healthctl/command.h"
#include "lib/base/glob.h"

enum { VERBS_MAX = 16 };

static const struct verb *find(const struct command *c, const char *name)
{
    for (const struct verb *v = c->verbs; name && v->name; v++) {
        if (!strcmp(v->name, name))
            return v;
    }
    return NULL;
}

/* By another program's word for it, or by its letters. */
static const char *meant(const struct command *c, const char *word,
                         const char *const *names)
{
    for (const struct verb *v = c->verbs; v->name; v++) {
        if (v->also && !strcmp(v->also, word))
            return v->name;
    }
    return nearest_word(word, names);
}

static int unknown(const struct invocation *in)
{
    const char *names[VERBS_MAX + 1] = {0};
    struct buf all = BUF_MAX(256);
    size_t count = 0;
    for (const struct verb *v = in->command->verbs; v->name && count < VERBS_MAX; v++) {
        buf_printf(&all, "%s%s", count ? ", " : "", v->name);
        names[count++] = v->name;
    }
    const char *list = arena_keep(in->arena, &all);
    if (!in->operand_count)
        return complain(in, CODE_USAGE, "%s: one of %s is missing", in->command->name,
                        list);
    const char *near = meant(in->command, in->operands[0], names);
    if (near)
        return complain(in, CODE_USAGE, "%s: '%s' is not one of %s; did you mean '%s'?",
                        in->command->name, in->operands[0], list, near);
    return complain(in, CODE_USAGE, "%s: '%s' is not one of %s", in->command->name,
                    in->operands[0], list);
}

int verbs_run(struct invocation *in)
{
    const struct command *c = in->command;
    const struct verb *v = find(c, in->operand_count ? in->operands[0] : c->bare);
    if (v && in->operand_count) {
        in->operands++;
        in->operand_count--;
    }
    if (!v && in->operand_count)
        v = find(c, c->other);
    if (!v)
        return unknown(in);
    if (in->operand_count < v->least)
        return complain(in, CODE_USAGE, "%s %s needs %s; `healthctl help %s` explains it",
                        c->name, v->name, v->operands, c->name);
    if (in->operand_count > v->most)
        return complain(in, CODE_USAGE, "%s %s: '%s' is one word too many", c->name,
                        v->name, in->operands[v->most]);
    return v->run(in);
}
