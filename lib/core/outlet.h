/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where lines leave the process: a file, or standard output or error, whose reader may stall. Never blocks the loop:
 * what is not taken waits in a bounded queue, and a line that finds it full is lost and counted. Loop thread only.
 *
 * Standard output is shared with whoever started us, so O_NONBLOCK, a property of the shared description, is not
 * set: each write is at most PIPE_BUF bytes and comes after poll(2) has said that a pipe takes that much. Sockets are
 * written with MSG_DONTWAIT. A disk that hangs is not helped by either.
 */
#ifndef HEALTHD_CORE_OUTLET_H
#define HEALTHD_CORE_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

struct loop;
struct outlet;

/* to: "stdout", "stderr" or a path, which is created with mode 0640 and appended to. l may be NULL: then what waits
 * goes out with the next line only. */
struct outlet *outlet_open(struct loop *l, const char *to, size_t max_queued,
                           struct err *e);
/* The file by its name again, after log rotation; keeps the old one when that fails. Nothing for the standard
 * streams. */
bool outlet_reopen(struct outlet *o, struct err *e);
/* Room for a line of this length? When not, the caller counts it as lost. */
bool outlet_has_room(const struct outlet *o, size_t len);
/* Queues one line, which ends with '\n', and writes what can be written now. */
void outlet_put(struct outlet *o, struct bytes line);
size_t outlet_queued(const struct outlet *o); /* bytes */
/* Writes what can be written without waiting, then closes; takes NULL. Returns how many bytes were lost. */
size_t outlet_close(struct outlet *o);

#endif
