/* SPDX-License-Identifier: Apache-2.0 */
/* Values that must not get out, in every form in which they may stand in a text. secret.c's own. */
#ifndef HEALTHD_CORE_REDACT_H
#define HEALTHD_CORE_REDACT_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"

#define REDACT_MIN_BYTES 6

struct redactor;
struct redactor *redactor_create(void);
void redactor_destroy(struct redactor *r); /* wipes the values */
/* Copies. Values shorter than REDACT_MIN_BYTES are not kept; one that is known becomes the newest. The
 * oldest of more than 1024 values are forgotten, those of redactor_keep after all others. */
void redactor_add(struct redactor *r, struct bytes value);
void redactor_keep(struct redactor *r, struct bytes value);
/* What the other keeps is kept here too. */
void redactor_learn(struct redactor *r, const struct redactor *from);
/* The value is no longer in use: kept for 24 h. */
void redactor_retire(struct redactor *r, struct bytes value, struct wall now);
void redactor_forget(struct redactor *r, struct wall now);
void redactor_apply(const struct redactor *r, struct buf *text);
const char *redactor_applied(const struct redactor *r, struct arena *arena,
                             const char *text);

#endif
