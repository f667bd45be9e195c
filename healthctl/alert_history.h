/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl alerts --history`: what happened to alerts and their notices, the newest last, as a log is read. */
#ifndef HEALTHD_HEALTHCTL_ALERT_HISTORY_H
#define HEALTHD_HEALTHCTL_ALERT_HISTORY_H

#include "healthctl/command.h"

/* limit: how many events are asked for, as the user wrote it; NULL: 100. Of one alert when there is an operand. The exit
 * code. */
int alert_history(struct invocation *in, const char *limit);

#endif
