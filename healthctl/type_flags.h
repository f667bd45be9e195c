/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a probe type as flags of `healthctl probe TYPE`, straight from its table, and back:
 * flags that were given as the node that a configuration file would hold. Pure.
 */
#ifndef HEALTHD_HEALTHCTL_TYPE_FLAGS_H
#define HEALTHD_HEALTHCTL_TYPE_FLAGS_H

#include "healthctl/command.h"
#include "lib/core/diag.h"
#include "lib/core/node.h"
#include "lib/core/probe.h"

/* {0}-terminated; NULL when type_name is no type. Rows whose name a command's own flag has are
 * called --TYPE-NAME. Secret rows come as --NAME-env and --NAME-file. */
const struct flag *type_flags(struct arena *arena, const char *type_name);
/* The flag of a row, or of a row in a section ("tls_config.ca_file"), without its hyphens in front; in arena. */
const char *type_flag_name(struct arena *arena, const char *path);

/* ---- type_node.c ---- */

/* The mapping under the type's name; operand sets the shorthand row. NULL after faults went to d. */
struct node *type_flags_node(const struct invocation *in, const struct probe_type *type,
                             const char *operand, struct diag *d);

/* One value or a list of what was given with these own flags (expect, should), or NULL. */
struct node *flag_texts_node(const struct invocation *in, const char *name);
struct node *flag_text_node(const struct invocation *in, const char *name);

#endif
