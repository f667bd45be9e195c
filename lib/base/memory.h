/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that asks malloc and the one place where running out of memory ends the
 * process. For arenas and containers; everything else allocates in the arena that owns it.
 */
#ifndef HEALTHD_BASE_MEMORY_H
#define HEALTHD_BASE_MEMORY_H

#include <stddef.h>

#include "lib/base/attr.h"

/* size bytes, not zeroed, to be given to free(); never NULL. */
void *memory_take(size_t size) MUST_USE;

/* ptr (or NULL) with room for size bytes, contents kept; never NULL. */
void *memory_grow(void *ptr, size_t size) MUST_USE;

/* A copy to be given to free(); never NULL but for NULL. */
char *memory_strdup(const char *text) MUST_USE;

#endif
