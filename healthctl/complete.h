/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand where the cursor is, from the command table. Pure but for the names of probes,
 * which come by a callback. Called by `healthctl complete`, which the shells' scripts call.
 */
#ifndef HEALTHD_HEALTHCTL_COMPLETE_H
#define HEALTHD_HEALTHCTL_COMPLETE_H

#include "healthctl/command.h"
#include "lib/base/buf.h"

/* words: all after "healthctl", the last one being written (may be ""). Appends lines of
 * "candidate<TAB>description"; a line ":files" asks the shell for file names. probes appends the
 * names that start with a prefix; may be NULL. */
void complete_words(struct arena *arena, const char *const *words, size_t count,
                    void (*probes)(void *ctx, const char *prefix, struct buf *out),
                    void *ctx, struct buf *out);

/* Of bash, zsh or fish. */
const char *completion_script(const char *shell);

#endif
