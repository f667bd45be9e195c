/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MongoDB's messages: OP_MSG with one document, and its answer, with every length checked before it is used. Called by
 * mongodb.c. Never asks for compression, exhaust cursors or checksums; a checksum that comes is verified.
 */
#include <inttypes.h>
#include <string.h>

#include "probes/mongodb.h"

enum { OP_REPLY = 1, OP_COMPRESSED = 2012, OP_MSG = 2013 };
enum { HEADER_BYTES = 16, FLAGS_BYTES = 4, CHECKSUM_BYTES = 4, LENGTH_BYTES = 4 };
enum { FLAG_CHECKSUM = 1, FLAG_MORE = 2, FLAGS_REQUIRED = 0xffff };
enum { SECTION_BODY = 0, SECTION_SEQUENCE = 1 };

static uint32_t read_u32(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;

    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
           (uint32_t)byte[3] << 24;
}

static char *write_u32(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *at++ = (char)(value >> (8 * i));
    return at;
}

struct bytes mongodb_message(struct arena *arena, int32_t id, struct bytes document)
{
    const size_t len = HEADER_BYTES + FLAGS_BYTES + 1 + document.len;
    char *message = arena_alloc(arena, len), *at = message;

    at = write_u32(at, (uint32_t)len);
    at = write_u32(at, (uint32_t)id);
    at = write_u32(at, 0);
    at = write_u32(at, OP_MSG);
    at = write_u32(at, 0);
    *at++ = SECTION_BODY;
    memcpy(at, document.ptr, document.len);
    return (struct bytes){message, len};
}

/* ---- answers ---- */

/* CRC-32C (RFC 3720 B.4), four bits at a time. */
static uint32_t crc32c(struct bytes data)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                       0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                       0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < data.len; i++) {
        crc ^= (unsigned char)data.ptr[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static enum mongodb_heard wrong(enum reason *ret_reason, enum reason reason)
{
    *ret_reason = reason;
    return MONGODB_WRONG;
}

/* What is no message of MongoDB's is often a known protocol's. */
static enum mongodb_heard stranger(struct bytes in, enum reason *ret_reason,
                                   struct err *e)
{
    if (bytes_starts(in, "HTTP/")) {
        err_set(e, "is a web server: it answered in HTTP");
        return wrong(ret_reason, REASON_PROTOCOL);
    }
    if (bytes_starts(in, "\x15\x03")) {
        err_set(e, "answered with a TLS alert: it wants TLS, and `tls` is off");
        return wrong(ret_reason, REASON_IS_TLS);
    }
    err_set(e,
            "does not speak MongoDB's protocol: its answer starts with a length of "
            "%" PRIu32 " and operation %" PRIu32,
            read_u32(in.ptr), in.len >= HEADER_BYTES ? read_u32(in.ptr + 12) : 0);
    return wrong(ret_reason, REASON_PROTOCOL);
}

/* Finds the one body among the sections. */
static bool find_body(struct bytes rest, struct bytes *ret_document, struct err *e)
{
    struct bytes kind, part;
    bool has_body = false;

    while (bytes_take(&rest, 1, &kind)) {
        if (rest.len < LENGTH_BYTES)
            return err_set(e, "sent a message that ends within a section");
        const uint32_t len = read_u32(rest.ptr);
        if (len <= LENGTH_BYTES || !bytes_take(&rest, len, &part))
            return err_set(e,
                           "sent a section of %" PRIu32 " bytes where %zu are left of "
                           "its message",
                           len, rest.len);
        if (kind.ptr[0] == SECTION_BODY && has_body)
            return err_set(e, "sent a message with two bodies");
        if (kind.ptr[0] == SECTION_BODY)
            *ret_document = part;
        else if (kind.ptr[0] != SECTION_SEQUENCE)
            return err_set(e, "sent a section of kind %d, which there is not",
                           (unsigned char)kind.ptr[0]);
        has_body = has_body || kind.ptr[0] == SECTION_BODY;
    }
    return has_body || err_set(e, "sent a message without a body");
}

static bool open_message(struct bytes message, struct bytes *ret_document, struct err *e)
{
    const uint32_t flags = read_u32(message.ptr + HEADER_BYTES);
    struct bytes sections = bytes_slice(message, HEADER_BYTES + FLAGS_BYTES, message.len);

    if (flags & FLAGS_REQUIRED & ~(uint32_t)(FLAG_CHECKSUM | FLAG_MORE))
        return err_set(e, "sent a message with flags that are not known: %#" PRIx32,
                       flags);
    if (flags & FLAG_MORE)
        return err_set(e, "announces more messages, which it was not asked for");
    if (flags & FLAG_CHECKSUM) {
        if (sections.len < CHECKSUM_BYTES)
            return err_set(e, "sent a message too short for its checksum");
        const size_t end = message.len - CHECKSUM_BYTES;
        if (crc32c(bytes_slice(message, 0, end)) != read_u32(message.ptr + end))
            return err_set(e, "sent a message whose checksum is wrong");
        sections.len -= CHECKSUM_BYTES;
    }
    return find_body(sections, ret_document, e);
}

static enum mongodb_heard check_header(struct bytes in, int32_t id,
                                       enum reason *ret_reason, struct err *e)
{
    const uint32_t len = read_u32(in.ptr), operation = read_u32(in.ptr + 12);

    if (operation == OP_COMPRESSED)
        err_set(e, "compressed its answer, which it was not asked for");
    else if (operation == OP_REPLY)
        err_set(e,
                "answered in a form older than OP_MSG: healthd speaks with MongoDB 3.6 "
                "and newer");
    if (operation == OP_REPLY)
        return wrong(ret_reason, REASON_VERSION);
    if (operation == OP_COMPRESSED)
        return wrong(ret_reason, REASON_PROTOCOL);
    if (operation != OP_MSG || len < HEADER_BYTES + FLAGS_BYTES + 1 + LENGTH_BYTES + 1)
        return stranger(in, ret_reason, e);
    if (len > MONGODB_MAX_MESSAGE) {
        err_set(e, "announces an answer of %" PRIu32 " bytes; healthd reads at most %u",
                len, MONGODB_MAX_MESSAGE);
        return wrong(ret_reason, REASON_TOO_LARGE);
    }
    if (read_u32(in.ptr + 8) == (uint32_t)id)
        return MONGODB_MESSAGE;
    err_set(e, "answered another question: %" PRIu32 " instead of %" PRId32,
            read_u32(in.ptr + 8), id);
    return wrong(ret_reason, REASON_PROTOCOL);
}

enum mongodb_heard mongodb_take_message(struct bytes *in, int32_t id,
                                        struct bytes *ret_document,
                                        enum reason *ret_reason, struct err *e)
{
    struct bytes message;

    if (in->len >= 5 && (bytes_starts(*in, "HTTP/") || bytes_starts(*in, "\x15\x03")))
        return stranger(*in, ret_reason, e);
    if (in->len < HEADER_BYTES)
        return MONGODB_TOO_LITTLE;
    const enum mongodb_heard heard = check_header(*in, id, ret_reason, e);
    if (heard != MONGODB_MESSAGE)
        return heard;
    if (!bytes_take(in, read_u32(in->ptr), &message))
        return MONGODB_TOO_LITTLE;
    if (open_message(message, ret_document, e))
        return MONGODB_MESSAGE;
    return wrong(ret_reason, REASON_PROTOCOL);
}
