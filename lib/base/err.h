/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something could not be done, as a sentence that gains context on its way up.
 * For configuration and environment; a sick peer is data, not an error.
 */
#ifndef HEALTHD_BASE_ERR_H
#define HEALTHD_BASE_ERR_H

#include <stdbool.h>

#include "lib/base/attr.h"

#define ERR_TEXT_SIZE 1024

struct err {
    char text[ERR_TEXT_SIZE]; /* "" until set; cut with "…" when too long */
};

/* Replaces the text. Always returns false, so that a caller can `return err_set(…)`. */
bool err_set(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Puts "context: " before the text. Always returns false. */
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As err_set, with ": " and the system's words for the errno given. */
bool err_errno(struct err *e, int error, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
