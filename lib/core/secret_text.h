/* SPDX-License-Identifier: Apache-2.0 */
/* The passwords that a text carries within it: a URL, an address, a DSN, a command line. secret.c's own. Pure. */
#ifndef HEALTHD_CORE_SECRET_TEXT_H
#define HEALTHD_CORE_SECRET_TEXT_H

#include "lib/base/bytes.h"

/* Calls found for each, as it is written and, where that differs, as it is meant. Rather one too many than one too few:
 * of user:password@host, with a scheme or without, also when characters of the password should have been encoded
 * (RFC 3986 §3.2.1); of `password=…`, `token=…` and the like in a query or in libpq's key words. */
void secret_text_each(struct bytes text, void (*found)(void *ctx, struct bytes password),
                      void *ctx);

#endif
