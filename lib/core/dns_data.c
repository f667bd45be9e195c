/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a DNS record, as zone files write it: a pattern of parts for each type that is taken apart, and \# with hex
 * digits (RFC 3597) for the others. Called by dns_message.c.
 */
#include <arpa/inet.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/core/dns_impl.h"

/* A record's text is its parts with a space between. */
enum part {
    END,
    BYTE,    /* number of 8 bits */
    SHORT,   /* 16 */
    LONG,    /* 32 */
    NAME,    /* domain name */
    TEXT,    /* a length and so many bytes, in quotes */
    TEXTS,   /* of these as many as there are */
    VALUE,   /* the rest, in quotes */
    TAG,     /* a length and so many bytes, bare */
    TYPE,    /* of a record */
    TIME,    /* 20261127041500 */
    HEX,     /* the rest: AB12 */
    HEX_LOW, /* ab12 */
    BASE64,  /* the rest */
    TYPES,   /* a bitmap (RFC 4034 §4.1.2) */
    ADDRESS4,
    ADDRESS6
};

static const struct {
    uint16_t type;
    enum part parts[10];
} shapes[] = {
    {DNS_A, {ADDRESS4}},
    {DNS_NS, {NAME}},
    {DNS_CNAME, {NAME}},
    {DNS_SOA, {NAME, NAME, LONG, LONG, LONG, LONG, LONG}},
    {DNS_PTR, {NAME}},
    {DNS_HINFO, {TEXT, TEXT}},
    {DNS_MX, {SHORT, NAME}},
    {DNS_TXT, {TEXTS}},
    {DNS_AAAA, {ADDRESS6}},
    {DNS_SRV, {SHORT, SHORT, SHORT, NAME}},
    {DNS_NAPTR, {SHORT, SHORT, TEXT, TEXT, TEXT, NAME}},
    {DNS_DNAME, {NAME}},
    {DNS_DS, {SHORT, BYTE, BYTE, HEX}},
    {DNS_SSHFP, {BYTE, BYTE, HEX}},
    {DNS_RRSIG, {TYPE, BYTE, BYTE, LONG, TIME, TIME, SHORT, NAME, BASE64}},
    {DNS_NSEC, {NAME, TYPES}},
    {DNS_DNSKEY, {SHORT, BYTE, BYTE, BASE64}},
    {DNS_TLSA, {BYTE, BYTE, BYTE, HEX_LOW}},
    {DNS_SPF, {TEXTS}},
    {DNS_CAA, {BYTE, TAG, VALUE}},
};

static struct bytes rest_of(struct dns_reader *r)
{
    const struct bytes rest = bytes_slice(r->whole, r->at, r->end);

    r->at = r->end;
    return rest;
}

static void quoted_print(struct bytes text, struct buf *out)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < ' ' || c > '~')
            buf_printf(out, "\\%03u", c);
        else
            buf_add_byte(out, (char)c);
    }
    buf_add_byte(out, '"');
}

static bool text_take(struct dns_reader *r, struct bytes *ret_text)
{
    unsigned len;

    return dns_take_u8(r, &len) && dns_take(r, len, ret_text);
}

static bool texts_print(struct dns_reader *r, struct buf *out)
{
    struct bytes text;

    for (bool is_first = true; r->at < r->end; is_first = false) {
        if (!text_take(r, &text))
            return false;
        buf_add_text(out, is_first ? "" : " ");
        quoted_print(text, out);
    }
    return true;
}

static void hex_print(struct bytes data, bool is_low, struct buf *out)
{
    for (size_t i = 0; i < data.len; i++)
        buf_printf(out, is_low ? "%02x" : "%02X", (unsigned char)data.ptr[i]);
}

static bool address_print(struct dns_reader *r, int family, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];
    struct bytes raw;

    if (!dns_take(r, family == AF_INET ? 4 : 16, &raw))
        return false;
    inet_ntop(family, raw.ptr, text, sizeof(text));
    buf_add_text(out, text);
    return true;
}

/* Seconds since 1970 as a date; only in signatures (RFC 4034 §3.2). */
static void time_print(uint32_t seconds, struct buf *out)
{
    const struct civil c = wall_to_civil((struct wall){(int64_t)seconds * NSEC_PER_SEC});

    buf_printf(out, "%04d%02d%02d%02d%02d%02d", c.year, c.month, c.day, c.hour, c.minute,
               c.second);
}

static bool types_print(struct dns_reader *r, struct arena *arena, struct buf *out)
{
    unsigned window, len;
    struct bytes bits;

    for (bool is_first = true; r->at < r->end;) {
        if (!dns_take_u8(r, &window) || !dns_take_u8(r, &len) || len > 32 ||
            !dns_take(r, len, &bits))
            return false;
        for (unsigned i = 0; i < len * 8; i++) {
            if (!((unsigned char)bits.ptr[i / 8] & (0x80u >> i % 8)))
                continue;
            buf_printf(out, "%s%s", is_first ? "" : " ",
                       dns_type_name((uint16_t)(window << 8 | i), arena));
            is_first = false;
        }
    }
    return true;
}

static bool number_print(struct dns_reader *r, enum part part, struct arena *arena,
                         struct buf *out)
{
    unsigned number = 0;
    uint32_t large = 0;
    const bool ok = part == BYTE                    ? dns_take_u8(r, &number)
                    : part == SHORT || part == TYPE ? dns_take_u16(r, &number)
                                                    : dns_take_u32(r, &large);

    if (part == TYPE)
        buf_add_text(out, dns_type_name((uint16_t)number, arena));
    else if (part == TIME)
        time_print(large, out);
    else
        buf_add_u64(out, part == LONG ? large : number);
    return ok;
}

static bool part_print(struct dns_reader *r, enum part part, struct arena *arena,
                       struct buf *out)
{
    struct bytes text = {0};

    switch (part) {
    case BYTE:
    case SHORT:
    case LONG:
    case TYPE:
    case TIME:
        return number_print(r, part, arena, out);
    case NAME:
        return dns_take_name(r, out);
    case TEXT:
    case TAG:
        if (!text_take(r, &text))
            return false;
        if (part == TEXT)
            quoted_print(text, out);
        else
            buf_add_bytes(out, text);
        return true;
    case TEXTS:
        return texts_print(r, out);
    case VALUE:
        quoted_print(rest_of(r), out);
        return true;
    case HEX:
    case HEX_LOW:
        hex_print(rest_of(r), part == HEX_LOW, out);
        return true;
    case BASE64:
        base64_add(out, rest_of(r));
        return true;
    case TYPES:
        return types_print(r, arena, out);
    case ADDRESS4:
    case ADDRESS6:
        return address_print(r, part == ADDRESS4 ? AF_INET : AF_INET6, out);
    case END:
        break;
    }
    return false;
}

static const enum part *shape_of(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (shapes[i].type == type)
            return shapes[i].parts;
    }
    return NULL;
}

static bool data_print(struct dns_reader *r, const enum part *parts, struct arena *arena,
                       struct buf *out)
{
    if (!parts) {
        const struct bytes data = rest_of(r);
        buf_printf(out, "\\# %zu%s", data.len, data.len ? " " : "");
        hex_print(data, true, out);
        return true;
    }
    for (size_t i = 0; parts[i] != END; i++) {
        buf_add_text(out, i ? " " : "");
        if (!part_print(r, parts[i], arena, out))
            return false;
    }
    return r->at == r->end;
}

/* Of a SOA: the first number behind its two names. */
static uint32_t serial_of(struct dns_reader r, struct arena *arena)
{
    uint32_t serial = 0;

    const bool has_server = dns_take_name_text(&r, arena);
    const bool has_mailbox = has_server && dns_take_name_text(&r, arena);
    if (has_mailbox)
        dns_take_u32(&r, &serial);
    return serial;
}

bool dns_data_read(struct dns_reader *r, struct dns_record *record, struct arena *arena)
{
    /* A byte becomes at most four characters; a name may come from elsewhere in the message. */
    struct buf text = BUF_MAX(4u * DNS_MAX_MESSAGE + 2u * DNS_NAME_SIZE);

    if (record->type == DNS_SOA)
        record->serial = serial_of(*r, arena);
    const bool ok = data_print(r, shape_of(record->type), arena, &text);
    record->data = arena_strndup(arena, buf_text(&text), text.len);
    buf_finish(&text);
    return ok;
}
