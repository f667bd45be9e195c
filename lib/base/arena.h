/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that ends together. A generation, a run, a request each own one arena;
 * nothing that lives in it is freed by hand. One thread at a time.
 */
#ifndef HEALTHD_BASE_ARENA_H
#define HEALTHD_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/attr.h"

struct arena;
struct buf;

/* Makes an empty arena. cap_bytes bounds what arena_try_alloc may take in all (0: no
 * bound); blocks, the first of 1 KiB, are taken from malloc as needed. Out of memory ends
 * the process (memory.h). */
struct arena *arena_create(size_t cap_bytes);

/* Runs the cleanups, newest first, and frees everything. Takes NULL. */
void arena_destroy(struct arena *arena);

/* Runs the cleanups and forgets everything, but keeps the first block for reuse. */
void arena_reset(struct arena *arena);

/* Zeroed memory, aligned for any type, for sizes that the program decides.
 * Never NULL, and not bounded by the cap. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc, for sizes that a peer or a file decides: NULL above the cap. */
void *arena_try_alloc(struct arena *arena, size_t size) MUST_USE;

/* Copies, NUL-terminated. arena_strdup takes NULL and then returns NULL; arena_strndup copies
 * exactly len bytes, also NULs. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *ptr, size_t len);
/* Copies len bytes, aligned for any type. */
void *arena_memdup(struct arena *arena, const void *ptr, size_t len);
/* The text of a buffer, which is finished by that. */
char *arena_keep(struct arena *arena, struct buf *b);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

/* Calls fn(object) when the arena ends: the line after a library object is made. */
void arena_cleanup(struct arena *arena, void (*fn)(void *object), void *object);

/* Bytes handed out so far, without the arena's own overhead. */
size_t arena_used(const struct arena *arena);

#endif
