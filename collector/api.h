/* SPDX-License-Identifier: Apache-2.0 */
/* Every path that healthd answers: route tables, each beside its handlers in an api_*.c. web.c finds the route of a
 * request in them and calls its handler, on the loop; the answer may come later (exchange_suspend). */
#ifndef HEALTHD_COLLECTOR_API_H
#define HEALTHD_COLLECTOR_API_H

#include "collector/web.h"

extern const struct route *const api_routes[]; /* tables, NULL-terminated */

#endif
