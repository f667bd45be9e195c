/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: where they come from (environment, files, the `secrets:` section), how they are renewed,
 * and how they never get out. Values are versioned and live outside every generation; a run takes a
 * snapshot. Whatever text leaves the process passes secrets_redact first. One thread's
 * at a time: the loop's, but for drafts.
 */
#ifndef HEALTHD_CORE_SECRET_H
#define HEALTHD_CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/tmpl.h"

/* The type of a configuration field that holds one; nothing that prints takes it. */
struct secret {
    const char *value; /* "" when empty; never NULL after loading */
};

/* Takes the same time wherever the two differ. */
bool secret_matches(const char *secret, const char *given);

struct secrets;

struct secrets *secrets_create(void);
void secrets_destroy(struct secrets *s); /* wipes the values; takes NULL */

/* A scope that knows env:NAME (env:NAME:-DEFAULT when it may be unset), file:PATH and secret:NAME. A file's one trailing newline is dropped;
 * at most 64 KiB. Lives as long as s. Every value handed out from a file or secret:, from a variable whose
 * name has KEY, TOKEN, SECRET, PASS, CRED, WEBHOOK, DSN or AUTH in it, and the password part of a URL
 * is remembered for redaction. */
const struct scope *secrets_scope(struct secrets *s);
/* Gives `secret:NAME` a meaning: another reference, like "env:X" or "file:/p". */
bool secrets_define(struct secrets *s, const char *name, const char *reference,
                    struct err *e);
/* Around loading a configuration: starts with no names; then either the new ones hold, or the old ones do again. */
void secrets_names_begin(struct secrets *s);
void secrets_names_keep(struct secrets *s);
void secrets_names_restore(struct secrets *s);

/* For a configuration that is read on another thread: secrets of its own, which begin with the files that s has read.
 * secrets_learn has s redact what the draft gave out, and renew its files, whatever becomes of the configuration. When that
 * is accepted, secrets_adopt gives s its names, and the draft, which the configuration has kept, stands for s until it is
 * destroyed. Both on the loop's thread. */
struct secrets *secrets_draft(const struct secrets *s);
void secrets_learn(struct secrets *s, const struct secrets *draft);
void secrets_adopt(struct secrets *s, struct secrets *draft);

/* True for the names of HTTP headers that carry credentials: Authorization, Cookie, X-Api-Key, …-Token and so on. */
bool secret_is_header(const char *name);
/* Remembers the value of such a header: all of it, and what follows the scheme ("Bearer "). */
void secrets_add_credential(struct secrets *s, const char *value);
/* Remembers a literal (a password written in the file, a captured token) for redaction. What is added while no
 * configuration is being loaded, and a flow captures a lot, is the first to be forgotten when there is too much. */
void secrets_add(struct secrets *s, struct bytes value);
/* Remembers what in a text is a password, as written and decoded: of a URL, an address, a query, a DSN (secret_text.h).
 * The reader of options does it with every text of a configuration: plugins need not. */
void secrets_add_within(struct secrets *s, struct bytes text);
/* Re-reads files whose inode, size or mtime changed. A failed re-read keeps the old value and is
 * counted; old versions stay redacted for 24 h. Returns how many changed. */
size_t secrets_refresh(struct secrets *s, struct wall now);
size_t secrets_failed(const struct secrets *s); /* files whose last re-read failed */

/* Replaces every known value of at least 6 bytes, also in its URL-, JSON-, and base64-encoded forms,
 * by "[redacted]". */
void secrets_redact(const struct secrets *s, struct buf *text);
/* The same for a text in an arena; returns text itself when there was nothing to hide. */
const char *secrets_redacted(const struct secrets *s, struct arena *arena,
                             const char *text);

#endif
