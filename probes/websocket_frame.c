/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket frames as a client sends and reads them. Called by websocket.c; see websocket_frame.h. Whatever comes, no more
 * than one message of the allowed size is kept.
 */
#include "probes/websocket_frame.h"

#include <string.h>

#define BIT_FINAL 0x80
#define BITS_RESERVED 0x70
#define BIT_MASKED 0x80
#define LENGTH_16 126
#define LENGTH_64 127
#define FIRST_ROOM 1024

const char *websocket_close_words(int code)
{
    static const struct {
        int code;
        const char *words;
    } all[] = {
        {1000, "normal closure"},
        {1001, "going away"},
        {1002, "protocol error"},
        {1003, "unsupported data"},
        {1005, "no code given"},
        {1007, "invalid data"},
        {1008, "policy violation"},
        {1009, "message too big"},
        {1010, "an extension is missing"},
        {1011, "internal error"},
        {1012, "service restart"},
        {1013, "try again later"},
        {1014, "bad gateway"},
        {0},
    };
    size_t i = 0;

    while (all[i].words && all[i].code != code)
        i++;
    return all[i].words ? all[i].words : "";
}

/* ---- writing ---- */

static void number_write(struct buf *out, uint64_t value, int bytes)
{
    while (bytes-- > 0)
        buf_add_byte(out, (char)(value >> (8 * bytes)));
}

void websocket_frame_write(struct buf *out, enum websocket_opcode opcode,
                           struct bytes payload, const unsigned char mask[4])
{
    buf_add_byte(out, (char)(BIT_FINAL | (int)opcode));
    if (payload.len < LENGTH_16) {
        buf_add_byte(out, (char)(BIT_MASKED | (int)payload.len));
    } else if (payload.len <= UINT16_MAX) {
        buf_add_byte(out, (char)(BIT_MASKED | LENGTH_16));
        number_write(out, payload.len, 2);
    } else {
        buf_add_byte(out, (char)(BIT_MASKED | LENGTH_64));
        number_write(out, payload.len, 8);
    }
    buf_add(out, mask, 4);
    for (size_t i = 0; i < payload.len; i++)
        buf_add_byte(out, (char)((unsigned char)payload.ptr[i] ^ mask[i % 4]));
}

/* ---- reading: the head of a frame ---- */

static bool is_control(int opcode)
{
    return opcode >= WEBSOCKET_CLOSE;
}

static bool opcode_accept(struct websocket_reader *r, struct err *e)
{
    switch (r->frame) {
    case WEBSOCKET_CONTINUATION:
        return r->opcode || err_set(e, "continued a message that it had not begun");
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        if (r->opcode)
            return err_set(e, "began a message within another");
        r->opcode = r->frame;
        return true;
    case WEBSOCKET_CLOSE:
    case WEBSOCKET_PING:
    case WEBSOCKET_PONG:
        return r->is_final || err_set(e, "sent a control frame in fragments");
    default:
        return err_set(e, "sent a frame of the unknown kind %d", r->frame);
    }
}

/* How many bytes the head has; known from its second byte on. */
static size_t head_size(const struct websocket_reader *r)
{
    const int length = r->head_len < 2 ? 0 : r->head[1] & 0x7f;

    if (length == LENGTH_16)
        return 4;
    return length == LENGTH_64 ? 10 : 2;
}

static bool length_read(struct websocket_reader *r, struct err *e)
{
    const size_t size = head_size(r);
    const uint64_t least = size == 2 ? 0 : size == 4 ? LENGTH_16 : UINT16_MAX + 1;

    r->left = size == 2 ? (uint64_t)(r->head[1] & 0x7f) : 0;
    for (size_t i = 2; i < size; i++)
        r->left = r->left << 8 | (unsigned char)r->head[i];
    if (r->left < least)
        return err_set(e, "wrote a length in more bytes than it needs");
    if (is_control(r->frame))
        return r->left <= WEBSOCKET_MAX_CONTROL ||
               err_set(e, "sent a control frame of more than 125 bytes");
    return true;
}

/* 0, or the code to close with. */
static int head_read(struct websocket_reader *r, struct err *e)
{
    const unsigned char first = (unsigned char)r->head[0];

    r->is_final = first & BIT_FINAL;
    r->frame = first & 0x0f;
    if (first & BITS_RESERVED) {
        err_set(e, "used an extension, and none was agreed on");
        return WEBSOCKET_CLOSE_PROTOCOL;
    }
    if ((unsigned char)r->head[1] & BIT_MASKED) {
        err_set(e, "masked a frame, which only clients do");
        return WEBSOCKET_CLOSE_PROTOCOL;
    }
    if (!opcode_accept(r, e) || !length_read(r, e))
        return WEBSOCKET_CLOSE_PROTOCOL;
    if (is_control(r->frame) || r->left <= r->max - r->len)
        return 0;
    err_set(e, "sent a message of more than %zu bytes (`max_message`)", r->max);
    return WEBSOCKET_CLOSE_TOO_BIG;
}

/* ---- reading: what it holds ---- */

static void message_append(struct websocket_reader *r, struct bytes piece)
{
    if (r->len + piece.len > r->size) {
        size_t size = r->size ? r->size * 2 : FIRST_ROOM;
        while (size < r->len + piece.len)
            size *= 2;
        size = size < r->max ? size : r->max;
        char *text = arena_alloc(r->arena, size);
        if (r->len)
            memcpy(text, r->text, r->len);
        r->text = text;
        r->size = size;
    }
    if (piece.len)
        memcpy(r->text + r->len, piece.ptr, piece.len);
    r->len += piece.len;
}

static void payload_take(struct websocket_reader *r, struct bytes *in)
{
    struct bytes piece;

    bytes_take(in, r->left < in->len ? (size_t)r->left : in->len, &piece);
    r->left -= piece.len;
    if (!is_control(r->frame)) {
        message_append(r, piece);
    } else if (piece.len) {
        memcpy(r->control + r->control_len, piece.ptr, piece.len);
        r->control_len += piece.len;
    }
}

/* RFC 6455 §7.4: what may stand in a close frame. */
static bool is_close_code(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static enum websocket_heard close_end(struct bytes payload, struct bytes *ret_payload,
                                      int *ret_code, struct err *e)
{
    *ret_code = WEBSOCKET_CLOSE_PROTOCOL;
    *ret_payload = (struct bytes){"", 0};
    if (payload.len == 1) {
        err_set(e, "closed with half a code");
        return WEBSOCKET_HEARD_FAULT;
    }
    if (payload.len == 0) {
        *ret_code = WEBSOCKET_CLOSE_NONE;
        return WEBSOCKET_HEARD_CLOSE;
    }
    const int code = (unsigned char)payload.ptr[0] << 8 | (unsigned char)payload.ptr[1];
    const struct bytes reason = bytes_slice(payload, 2, payload.len);
    if (!is_close_code(code)) {
        err_set(e, "closed with %d, which is no code for that", code);
        return WEBSOCKET_HEARD_FAULT;
    }
    if (!bytes_is_utf8(reason)) {
        err_set(e, "closed with a reason that is no UTF-8");
        return WEBSOCKET_HEARD_FAULT;
    }
    *ret_code = code;
    *ret_payload = reason;
    return WEBSOCKET_HEARD_CLOSE;
}

static enum websocket_heard message_end(struct websocket_reader *r,
                                        struct bytes *ret_payload, int *ret_code,
                                        struct err *e)
{
    const bool is_text = r->opcode == WEBSOCKET_TEXT;

    *ret_payload = (struct bytes){r->len ? r->text : "", r->len};
    r->opcode = 0;
    r->len = 0;
    if (!is_text)
        return WEBSOCKET_HEARD_BINARY;
    if (bytes_is_utf8(*ret_payload))
        return WEBSOCKET_HEARD_TEXT;
    *ret_code = WEBSOCKET_CLOSE_DATA;
    err_set(e, "sent a text that is no UTF-8");
    return WEBSOCKET_HEARD_FAULT;
}

/* A frame came whole. */
static enum websocket_heard frame_end(struct websocket_reader *r,
                                      struct bytes *ret_payload, int *ret_code,
                                      struct err *e)
{
    const struct bytes control = {r->control, r->control_len};

    r->is_in_payload = false;
    r->head_len = r->control_len = 0;
    switch (r->frame) {
    case WEBSOCKET_CLOSE:
        return close_end(control, ret_payload, ret_code, e);
    case WEBSOCKET_PING:
        *ret_payload = control;
        return WEBSOCKET_HEARD_PING;
    case WEBSOCKET_PONG:
        *ret_payload = control;
        return WEBSOCKET_HEARD_PONG;
    default:
        return r->is_final ? message_end(r, ret_payload, ret_code, e)
                           : WEBSOCKET_HEARD_LITTLE;
    }
}

void websocket_reader_init(struct websocket_reader *r, struct arena *arena, size_t max)
{
    *r = (struct websocket_reader){.arena = arena, .max = max};
}

enum websocket_heard websocket_hear(struct websocket_reader *r, struct bytes *in,
                                    struct bytes *ret_payload, int *ret_code,
                                    struct err *e)
{
    for (;;) {
        struct bytes one;
        while (!r->is_in_payload && r->head_len < head_size(r) && bytes_take(in, 1, &one))
            r->head[r->head_len++] = one.ptr[0];
        if (!r->is_in_payload && (r->head_len < 2 || r->head_len < head_size(r)))
            return WEBSOCKET_HEARD_LITTLE;
        const int fault = r->is_in_payload ? 0 : head_read(r, e);
        if (fault) {
            *ret_code = fault;
            return WEBSOCKET_HEARD_FAULT;
        }
        r->is_in_payload = true;
        payload_take(r, in);
        if (r->left)
            return WEBSOCKET_HEARD_LITTLE;
        const enum websocket_heard heard = frame_end(r, ret_payload, ret_code, e);
        if (heard != WEBSOCKET_HEARD_LITTLE)
            return heard;
    }
}
