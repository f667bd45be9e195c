/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing bytes with a largest size, chosen when the buffer is made.
 * What does not fit is not written, and overflow stays true: check once, at the end.
 */
#ifndef HEALTHD_BASE_BUF_H
#define HEALTHD_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/attr.h"
#include "lib/base/bytes.h"

struct buf {
    char *ptr;     /* owned; NUL after len when anything was ever written, else NULL */
    size_t len;    /* bytes written */
    size_t size;   /* bytes allocated */
    size_t max;    /* len never exceeds this */
    bool overflow; /* something did not fit */
};

/* A buffer that holds at most max bytes. `struct buf b = BUF_MAX(4096);` */
#define BUF_MAX(max_bytes) ((struct buf){.max = (max_bytes)})

void buf_finish(struct buf *b); /* frees; the buffer is empty and usable again */
void buf_clear(struct buf *b);  /* len 0, overflow false; keeps the memory */
void buf_add(struct buf *b, const void *ptr, size_t len);
void buf_add_byte(struct buf *b, char c);
void buf_add_text(struct buf *b, const char *text);
void buf_add_bytes(struct buf *b, struct bytes bytes);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

/* Room for len more bytes at the end, to be written by the caller and then counted with
 * buf_grew; NULL (and overflow) when max forbids it. */
char *buf_room(struct buf *b, size_t len);
void buf_grew(struct buf *b, size_t len);
/* Drops the first len bytes. */
void buf_consume(struct buf *b, size_t len);

struct bytes buf_bytes(const struct buf *b);
const char *buf_text(const struct buf *b); /* NUL-terminated, "" when empty */
/* Gives the memory away (malloc'ed, NUL-terminated, to be freed); the buffer is empty. */
char *buf_steal(struct buf *b, size_t *ret_len);

/* Appends text as a JSON string with its quotes (RFC 8259; bad UTF-8 becomes U+FFFD). */
void buf_add_json(struct buf *b, struct bytes text);
/* Appends text with & < > " as HTML writes them, in elements and in quoted attributes. */
void buf_add_html(struct buf *b, const char *text);
/* Appends a number as Prometheus' text format writes it (Go's strconv.FormatFloat 'g' -1): the
 * shortest digits that read back, with an exponent of two digits or more below 1e-04 and from
 * 1e+06 on (1.44541248e+09); NaN, +Inf, -Inf; 0 for both zeros. */
void buf_add_double(struct buf *b, double value);
void buf_add_u64(struct buf *b, uint64_t value);

#endif
