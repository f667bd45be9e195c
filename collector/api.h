/* SPDX-License-Identifier: Apache-2.0 */
/* Every path that healthd answers: route tables, each beside its handlers. */
#ifndef HEALTHD_COLLECTOR_API_H
#define HEALTHD_COLLECTOR_API_H

#include "collector/web.h"

extern const struct route *const api_routes[]; /* tables, NULL-terminated */

#endif
