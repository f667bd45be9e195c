/* SPDX-License-Identifier: Apache-2.0 */
/* What dns_message.c and dns_data.c share; nobody else includes it: a place in a message, and what can be taken there. */
#ifndef HEALTHD_CORE_DNS_IMPL_H
#define HEALTHD_CORE_DNS_IMPL_H

#include "lib/base/attr.h"
#include "lib/core/dns_message.h"

struct dns_reader {
    struct bytes whole; /* the message: names point into it */
    size_t at, end;     /* end: of what is being read, a record's data or all */
};

/* Each false, with nothing said of *ret, when it is not there. */
bool dns_take(struct dns_reader *r, size_t n, struct bytes *ret_taken);
bool dns_take_u8(struct dns_reader *r, unsigned *ret_number);
bool dns_take_u16(struct dns_reader *r, unsigned *ret_number);
bool dns_take_u32(struct dns_reader *r, uint32_t *ret_number);
bool dns_take_name(struct dns_reader *r, struct buf *out); /* with its dot at the end */
/* NULL: none. */
const char *dns_take_name_text(struct dns_reader *r, struct arena *arena);

/* Fills data and serial from a record's bytes; false when they are not what its type has. */
bool dns_data_read(struct dns_reader *r, struct dns_record *record, struct arena *arena);

#endif
