/* SPDX-License-Identifier: Apache-2.0 */
/* What one viewer of the stream has yet to read: a short queue of texts that many viewers share. Knows no socket. */
#ifndef HEALTHD_COLLECTOR_UNREAD_H
#define HEALTHD_COLLECTOR_UNREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

#define UNREAD_MAX 8

struct shared_text { /* ends with its last holder */
    struct buf buf;
    size_t holds;
};

struct shared_text *shared_text_create(size_t max); /* held once, by the caller */
void shared_text_release(struct shared_text *t);

struct unread {
    struct shared_text *texts[UNREAD_MAX];
    size_t count, sent; /* sent: bytes of the first */
};

/* Holds t until it is read. False when UNREAD_MAX texts wait already: the reader is too slow. */
bool unread_put(struct unread *b, struct shared_text *t);
/* Copies what comes next, at most room bytes; 0: nothing waits. */
size_t unread_read(struct unread *b, char *to, size_t room);
void unread_finish(struct unread *b);

#endif
