/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exec probe starts: a program and its words, or a shell and one text. Called when a configuration loads.
 */
#include <string.h>

#include "lib/core/command_line.h"
#include "probes/exec.h"

static const char *const *in_shell(const char *text, struct arena *arena)
{
    const char **words = arena_alloc(arena, 4 * sizeof(*words));
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = text;
    return words;
}

bool exec_validate(void *conf, struct arena *arena, struct err *e)
{
    struct exec_conf *c = conf;
    if (c->command.count == 0 || !c->command.items[0][0])
        return err_set(e,
                       "say what to run: `command: \"check_disk -w 10%%\"`, or a list of "
                       "words");
    if (c->shell && c->command.count > 1)
        return err_set(e,
                       "`shell: true` takes one text, which the shell takes apart; this "
                       "is a list of %zu",
                       c->command.count);
    c->argv = c->shell ? in_shell(c->command.items[0], arena)
                       : command_words(&c->command, arena, e);
    return c->argv && command_check_environment(c->env, e);
}
