/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a text writes a value, in whatever way URLs, forms, JSON and HTML write it: any byte may stand for itself or
 * be escaped, as every language's library chooses for itself. Pure. redact.c's own.
 */
#ifndef HEALTHD_CORE_WRITTEN_H
#define HEALTHD_CORE_WRITTEN_H

#include <stddef.h>

#include "lib/base/bytes.h"

/* How many bytes at the start of text write all of value; 0: they do not. */
size_t written_len(struct bytes text, struct bytes value);

/* The bytes, other than itself, with which a writing of c may begin; NUL-terminated. */
const char *written_starts(char c);

#endif
