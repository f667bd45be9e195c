/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sessions must not forget over a restart (session_set_memo): one row a probe, in a file of its own. Made by the
 * daemon; the schedule recalls from it when a session is made, and the daemon keeps what a run or a message changed.
 */
#ifndef HEALTHD_COLLECTOR_MEMOS_H
#define HEALTHD_COLLECTOR_MEMOS_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/config/generation.h"
#include "lib/core/loop.h"
#include "lib/core/session.h"

struct memos;

/* Reads what is there. NULL (and e) when not even a new file can be made. */
struct memos *memos_create(struct loop *l, const char *state_path, struct err *e);
void memos_destroy(struct memos *m); /* writes what waits; takes NULL */
/* Into a session that has just been made: what one of the same name and type wrote. */
void memos_recall(const struct memos *m, struct session *s);
/* Writes a session's memo when it has changed. done (may be NULL) is called once it is on disk, or cannot be:
 * is_kept says which. At once when nothing has changed. */
void memos_keep(struct memos *m, struct session *s, void (*done)(void *ctx, bool is_kept),
                void *ctx);
/* A generation holds: makes the file when one of its types keeps memos, and forgets those of probes it does not have. */
void memos_retain(struct memos *m, const struct generation *g);

#endif
