/* SPDX-License-Identifier: Apache-2.0 */
/* Names that nobody else makes, in order of time: UUIDs of version 7 (RFC 9562 §5.7). */
#ifndef HEALTHD_CORE_UUID_H
#define HEALTHD_CORE_UUID_H

#include "lib/base/clock.h"

#define UUID_SIZE 37 /* 36 characters and a NUL */

/* "019af3c2-7e41-7b1a-9c55-0d1f6a3e8b20" of now and 74 random bits. */
void uuid_make(struct wall now, char ret_text[UUID_SIZE]);

#endif
