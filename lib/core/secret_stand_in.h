/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a configuration where its secrets are not: `healthctl validate --without-secrets` on a build machine. Never
 * for running one.
 */
#ifndef HEALTHD_CORE_SECRET_STAND_IN_H
#define HEALTHD_CORE_SECRET_STAND_IN_H

#include "lib/core/secret.h"

/* From now on a value that cannot be had is a stand-in, and missing is told of it, once or more often. The stand-in of a
 * name with "url", "uri" or "webhook" in it is a URL (of a server that the name speaks of, as in REDIS_URL: else https),
 * any other one 32 letters and digits of its own. missing NULL: as before. */
void secrets_stand_in(struct secrets *s,
                      void (*missing)(void *ctx, struct bytes name,
                                      const struct err *why),
                      void *ctx);

/* The stand-in itself, in the arena. name: as in "file:/run/secrets/key". */
struct bytes secret_stand_in(struct arena *arena, struct bytes name);

#endif
