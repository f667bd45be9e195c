/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration says of a program to start: words, and the environment they run in. Called by probes that have a
 * child.h of their own. Replaces nothing in a word: that is a shell's work.
 */
#ifndef HEALTHD_CORE_COMMAND_LINE_H
#define HEALTHD_CORE_COMMAND_LINE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/opt.h"

/* The words of a command line, by blanks; quotes and backslashes join as a shell's do, and nothing is replaced. NULL
 * and e when a quote does not end. NULL-terminated. */
const char *const *command_split(const char *text, struct arena *arena, struct err *e);
/* One text is split, a list is taken word by word. NULL and e when there is no word. */
const char *const *command_words(const struct texts *command, struct arena *arena,
                                 struct err *e);
/* Faults in the names of the variables. */
bool command_check_environment(struct pairs variables, struct err *e);
/* PATH, LANG, HOME and these: nothing of ours gets in, because what our own environment holds is often secret. */
const char *const *command_environment(const char *path, struct pairs variables,
                                       struct arena *arena);

#endif
