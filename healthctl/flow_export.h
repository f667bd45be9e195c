/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people take for a smoke flow and that are none. Called by cmd_smoke.c before a file is read. */
#ifndef HEALTHD_HEALTHCTL_FLOW_EXPORT_H
#define HEALTHD_HEALTHCTL_FLOW_EXPORT_H

#include "healthctl/command.h"

/* CODE_USAGE, after saying what to write instead, when path is an export of Node-RED's editor: which HTTP endpoints it has
 * becomes the first steps. Else 0. */
int flow_export_refused(const struct invocation *in, const char *path);

#endif
