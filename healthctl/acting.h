/* SPDX-License-Identifier: Apache-2.0 */
/* What commands that change something have in common: who acts, and how long something lasts. */
#ifndef HEALTHD_HEALTHCTL_ACTING_H
#define HEALTHD_HEALTHCTL_ACTING_H

#include <stdbool.h>

#include "healthctl/command.h"
#include "lib/core/json.h"

#define ACTING_TIMEOUT (30 * NSEC_PER_SEC)

/* The name of whoever acts: --as, $SUDO_USER, $USER; NULL when none is known (healthd then names the peer). */
const char *acting_who(const struct invocation *in);
/* Adds it under key, if it is known. */
void acting_sign(const struct invocation *in, json_t *body, const char *key);
/* A duration as people write it, more than nothing. 0, or CODE_USAGE after complaining. */
int acting_duration(const struct invocation *in, const char *text, const char **ret_text);
/* The operands from `first` on as one text, with blanks between. */
const char *acting_words(const struct invocation *in, size_t first);

#endif
