/* SPDX-License-Identifier: Apache-2.0 */
/* Every path that healthd answers: endpoint tables, each beside its handlers in an api_*.c. web.c finds the endpoint of a
 * request in them and calls its handler, on the loop; the answer may come later (exchange_suspend). */
#ifndef HEALTHD_COLLECTOR_API_H
#define HEALTHD_COLLECTOR_API_H

#include "collector/web.h"

extern const struct endpoint *const api_endpoints[]; /* tables, NULL-terminated */

#endif
