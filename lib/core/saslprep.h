/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords as SCRAM wants them (RFC 4013), as far as needs no composing: spaces become one kind of space, what is
 * invisible is dropped, and a character that NFKC would change or join to another is refused with its number, instead
 * of being sent in a form that the server does not have. What SASLprep merely prohibits (controls, mixed directions)
 * passes: no server holds such a password. Pure; any thread.
 */
#ifndef HEALTHD_CORE_SASLPREP_H
#define HEALTHD_CORE_SASLPREP_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/* The prepared text in arena (text itself when all of it is ASCII). False (and e, which never quotes text) when it is no
 * UTF-8 or has a character that would have to be normalised. */
bool saslprep(struct arena *arena, const char *text, const char **ret_text,
              struct err *e);

#endif
