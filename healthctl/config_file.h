/* SPDX-License-Identifier: Apache-2.0 */
/* Which configuration is meant when none is named. Called by the commands that read one. */
#ifndef HEALTHD_HEALTHCTL_CONFIG_FILE_H
#define HEALTHD_HEALTHCTL_CONFIG_FILE_H

#include "healthctl/command.h"
#include "lib/config/generation.h"
#include "lib/core/diag.h"

#define CONFIG_DEFAULT "/etc/healthd/healthd.yml"

/* CONFIG_DEFAULT when it is there; else NULL, which is the built-in configuration, as for healthd. */
const char *config_default(void);
/* What a configuration is called in a complaint: its file, or that there is none and how to name one. */
const char *config_name(const struct generation *g);
/* Everything that d holds, with carets, on stderr. Returns CODE_USAGE. */
int config_faults(const struct invocation *in, const struct diag *d);
/* The same as a list `faults`, for JSON. */
void config_write_faults(struct invocation *in, const struct diag *d);
void config_release(void *generation); /* for arena_cleanup */
/* The configuration of --config, or else the default one; its warnings are said. It ends with the invocation. 0, or CODE_USAGE
 * after its faults were said. */
int config_load(const struct invocation *in, const struct generation **ret);

#endif
