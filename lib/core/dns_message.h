/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages (RFC 1035) as bytes and as text: a question to write, an answer to read, records in the form that zone
 * files and dig have. For the dns probe; names that healthd itself looks up go through resolve.h. Pure.
 */
#ifndef HEALTHD_CORE_DNS_MESSAGE_H
#define HEALTHD_CORE_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define DNS_MAX_MESSAGE 65535
#define DNS_MAX_RECORDS 4096 /* of one message, in all sections */
#define DNS_NAME_SIZE 1100   /* of a name as text: 255 bytes, each escaped, and a NUL */

enum dns_type { /* those that code names; dns_type_find knows more */
                DNS_A = 1,
                DNS_NS = 2,
                DNS_CNAME = 5,
                DNS_SOA = 6,
                DNS_PTR = 12,
                DNS_HINFO = 13,
                DNS_MX = 15,
                DNS_TXT = 16,
                DNS_AAAA = 28,
                DNS_SRV = 33,
                DNS_NAPTR = 35,
                DNS_DNAME = 39,
                DNS_OPT = 41,
                DNS_DS = 43,
                DNS_SSHFP = 44,
                DNS_RRSIG = 46,
                DNS_NSEC = 47,
                DNS_DNSKEY = 48,
                DNS_TLSA = 52,
                DNS_SPF = 99,
                DNS_ANY = 255,
                DNS_CAA = 257
};

struct dns_question {
    const char *name; /* as a person writes it: with or without the dot at its end */
    uint16_t type, class;
};

struct dns_record {
    const char *name; /* with its dot at the end, odd bytes escaped */
    uint16_t type, class;
    uint32_t ttl;
    /* "10 mail.example.com."; \# and hex digits for a type that is not taken apart */
    const char *data;
    /* all of it, with tabs between, as dig prints it and blackbox_exporter matches it */
    const char *text;
    uint32_t serial; /* of a SOA */
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTION_COUNT };

struct dns_message {
    uint16_t id;
    bool is_response, is_authoritative, is_truncated, is_recursive; /* QR AA TC RA */
    int rcode;
    struct dns_question question; /* the first; name "" when there is none */
    const struct dns_record *records[DNS_SECTION_COUNT];
    size_t counts[DNS_SECTION_COUNT];
};

/* Appends a query. False (and e) when name is no domain name: a label over 63 bytes, or 255 in all. */
bool dns_query_write(struct buf *out, uint16_t id, bool wants_recursion,
                     const struct dns_question *question, struct err *e);
/* Reads a whole message. False (and e) when it is none: what is wrong, and at which byte. */
bool dns_message_read(struct arena *arena, struct bytes message,
                      struct dns_message *ret_message, struct err *e);
/* Names are equal but for case, and a dot at the end. */
bool dns_name_equal(const char *a, const char *b);

/* Words: "AAAA", "TYPE65280"; "IN", "CLASS7"; "NXDOMAIN", "RCODE24". Finding is for upper case, as blackbox_exporter's
 * files have it, and false for what is none. The text of an unknown number is in arena. */
bool dns_type_find(const char *word, uint16_t *ret_type);
bool dns_class_find(const char *word, uint16_t *ret_class);
bool dns_rcode_find(const char *word, int *ret_rcode);
const char *dns_type_name(uint16_t type, struct arena *arena);
const char *dns_class_name(uint16_t class, struct arena *arena);
const char *dns_rcode_name(int rcode, struct arena *arena);

#endif
