/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal digits, and bytes written as %XX (RFC 3986 §2.1). Pure. */
#ifndef HEALTHD_BASE_HEX_H
#define HEALTHD_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"

int hex_digit(char c); /* 0 to 15, of either case; -1: it is none */
/* True when three characters at this offset are a % and two digits: the byte that they stand for. */
bool hex_percent(struct bytes text, size_t at, char *ret_byte);

#endif
