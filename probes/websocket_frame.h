/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket frames (RFC 6455 §5) as bytes: one written, and messages put together from those that come. Pure; what a
 * client may send and must refuse. Knows no connection and no handshake.
 */
#ifndef HEALTHD_PROBES_WEBSOCKET_FRAME_H
#define HEALTHD_PROBES_WEBSOCKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define WEBSOCKET_MAX_CONTROL 125 /* payload of a close, ping or pong */
#define WEBSOCKET_MAX_HEADER 14

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10
};

/* RFC 6455 §7.4.1: those that are said or told apart here. */
enum websocket_close {
    WEBSOCKET_CLOSE_NORMAL = 1000,
    WEBSOCKET_CLOSE_PROTOCOL = 1002,
    WEBSOCKET_CLOSE_NONE = 1005, /* never sent: a close frame without a code */
    WEBSOCKET_CLOSE_DATA = 1007,
    WEBSOCKET_CLOSE_TOO_BIG = 1009,
    WEBSOCKET_CLOSE_INTERNAL = 1011
};
/* "1011, internal error"'s words; "" for a code that has none. */
const char *websocket_close_words(int code);

/* A whole frame of a client, masked. */
void websocket_frame_write(struct buf *out, enum websocket_opcode opcode,
                           struct bytes payload, const unsigned char mask[4]);

enum websocket_heard {
    WEBSOCKET_HEARD_LITTLE, /* everything that came was taken, and more is needed */
    WEBSOCKET_HEARD_TEXT,
    WEBSOCKET_HEARD_BINARY,
    WEBSOCKET_HEARD_PING,
    WEBSOCKET_HEARD_PONG,
    WEBSOCKET_HEARD_CLOSE,
    WEBSOCKET_HEARD_FAULT /* the peer may not do this; nothing more can be read */
};

struct websocket_reader {
    struct arena *arena;
    size_t max; /* bytes of a message */
    /* The message under way, of fragments. */
    char *text;
    size_t len, size;
    int opcode; /* 0: none is */
    /* The frame under way. */
    char head[WEBSOCKET_MAX_HEADER];
    size_t head_len;
    bool is_in_payload, is_final;
    int frame;     /* its opcode */
    uint64_t left; /* bytes of its payload still to come */
    char control[WEBSOCKET_MAX_CONTROL];
    size_t control_len;
};

void websocket_reader_init(struct websocket_reader *r, struct arena *arena, size_t max);
/* Takes bytes up to the end of the next message or control frame. ret_payload is valid until the next call; of a close,
 * ret_code is its code and ret_payload its reason; of a fault, ret_code is what to close with and e what is wrong. */
enum websocket_heard websocket_hear(struct websocket_reader *r, struct bytes *in,
                                    struct bytes *ret_payload, int *ret_code,
                                    struct err *e);

#endif
