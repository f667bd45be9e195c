/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers share that answer with rows from a file on disk: numbers of the query, and a client that waits. */
#ifndef HEALTHD_COLLECTOR_API_READ_H
#define HEALTHD_COLLECTOR_API_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/web.h"

/* A parameter of the query, from 1 to most; usual when it is not given. False after answering 400. */
bool api_read_number(struct exchange *x, const char *name, uint64_t usual, uint64_t most,
                     uint64_t *ret_number);

/* Suspends x until api_read_done is called, once, with what is returned. file: whose rows they are, for the sentence of a
 * fault ("alerts.db"); valid until then. */
struct api_read *api_read_begin(struct exchange *x, const char *file);
/* Answers with JSON in text, which is taken, or with 503: text NULL and e when the file cannot be read, a text that
 * overflowed when it is too much for one answer. Nobody is answered who has left. */
void api_read_done(void *read, struct buf *text, const struct err *e);

#endif
