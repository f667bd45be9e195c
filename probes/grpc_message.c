/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HealthCheckRequest and HealthCheckResponse of grpc.health.v1 in Protocol Buffers' wire format, behind the prefix that
 * gRPC puts before a message. Called by grpc.c and grpc_status.c. Knows these two messages and no other.
 *
 * https://protobuf.dev/programming-guides/encoding/ and PROTOCOL-HTTP2.md of the gRPC project.
 */
#include "probes/grpc.h"

#define PREFIX_BYTES 5
#define VARINT_MAX_BYTES 10
#define FIELD_SERVICE 1
#define FIELD_STATUS 1

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static void varint_write(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_add_byte(out, (char)(value | 0x80));
    buf_add_byte(out, (char)value);
}

static void u32_write(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_byte(out, (char)(value >> shift));
}

void grpc_request_write(const char *service, struct buf *out)
{
    struct buf message = BUF_MAX(GRPC_MAX_SERVICE + 16);
    const struct bytes name = bytes_of(service);

    if (name.len) { /* an empty text is proto3's default, which is not written */
        varint_write(&message, FIELD_SERVICE << 3 | WIRE_BYTES);
        varint_write(&message, name.len);
        buf_add_bytes(&message, name);
    }
    buf_add_byte(out, 0); /* not compressed */
    u32_write(out, (uint32_t)message.len);
    buf_add_bytes(out, buf_bytes(&message));
    buf_finish(&message);
}

static bool varint_take(struct bytes *in, uint64_t *ret_value)
{
    struct bytes one;
    uint64_t value = 0;

    for (int i = 0; i < VARINT_MAX_BYTES && bytes_take(in, 1, &one); i++) {
        const unsigned char byte = (unsigned char)one.ptr[0];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool value_skip(struct bytes *in, unsigned wire)
{
    struct bytes skipped;
    uint64_t number;

    switch (wire) {
    case WIRE_VARINT:
        return varint_take(in, &number);
    case WIRE_64:
        return bytes_take(in, 8, &skipped);
    case WIRE_32:
        return bytes_take(in, 4, &skipped);
    case WIRE_BYTES:
        return varint_take(in, &number) && number <= in->len &&
               bytes_take(in, (size_t)number, &skipped);
    default: /* groups, which proto3 has not */
        return false;
    }
}

/* Fields that newer servers may add are passed over; of several statuses the last one counts. */
static bool message_read(struct bytes in, int *ret_serving)
{
    uint64_t key, number;
    int serving = GRPC_SERVING_UNKNOWN;

    while (in.len) {
        if (!varint_take(&in, &key) || key >> 3 == 0)
            return false;
        if (key != (FIELD_STATUS << 3 | WIRE_VARINT)) {
            if (!value_skip(&in, (unsigned)(key & 7)))
                return false;
            continue;
        }
        if (!varint_take(&in, &number))
            return false;
        serving = (int)(int32_t)(uint32_t)number;
    }
    *ret_serving = serving;
    return true;
}

bool grpc_response_read(struct bytes body, int *ret_serving, struct err *e)
{
    struct bytes prefix, rest = body;
    uint32_t len = 0;

    if (!bytes_take(&rest, PREFIX_BYTES, &prefix))
        return err_set(e, "expected a message, got %zu bytes", body.len);
    for (size_t i = 1; i < PREFIX_BYTES; i++)
        len = len << 8 | (unsigned char)prefix.ptr[i];
    if (prefix.ptr[0] != 0)
        return err_set(e, "expected a message that is not compressed, as none was asked "
                          "for");
    if (len > rest.len)
        return err_set(e, "expected a message of %u bytes, got %zu of them",
                       (unsigned)len, rest.len);
    if (len < rest.len)
        return err_set(e, "expected one message, got %zu bytes behind it",
                       rest.len - (size_t)len);
    return message_read(rest, ret_serving) ||
           err_set(e, "its message is no HealthCheckResponse of grpc.health.v1");
}
