/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as frames of a server, whole and in two pieces cut anywhere: the same is heard, never more than the largest
 * message is kept, and what our own writer wrote is a masked frame, which a client refuses.
 * Input: where to cut, how large a message may be, then frames.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/websocket_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    uint64_t hash;
    int faults;
};

static void listen(struct websocket_reader *r, struct bytes in, struct heard *heard)
{
    while (!heard->faults) {
        struct bytes payload = {"", 0};
        struct err e = {0};
        int code = 0;
        const enum websocket_heard what = websocket_hear(r, &in, &payload, &code, &e);
        if (what == WEBSOCKET_HEARD_LITTLE)
            break;
        assert(payload.len <= r->max || payload.len <= WEBSOCKET_MAX_CONTROL);
        assert((what == WEBSOCKET_HEARD_FAULT) == (e.text[0] != '\0'));
        assert(what != WEBSOCKET_HEARD_TEXT || bytes_is_utf8(payload));
        heard->hash = heard->hash * 31 + (uint64_t)what + bytes_hash64(payload) * 7 +
                      (uint64_t)code;
        heard->faults += what == WEBSOCKET_HEARD_FAULT;
    }
    assert(heard->faults || in.len == 0);
}

static struct heard hear(struct bytes in, size_t cut, size_t max)
{
    struct arena *arena = arena_create(0);
    struct websocket_reader reader;
    struct heard heard = {0};

    websocket_reader_init(&reader, arena, max);
    listen(&reader, bytes_slice(in, 0, cut), &heard);
    listen(&reader, bytes_slice(in, cut, in.len), &heard);
    arena_destroy(arena);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char mask[4] = {1, 2, 3, 4};

    if (size < 2)
        return 0;
    const struct bytes in = {(const char *)data + 2, size - 2};
    const size_t max = (size_t)data[1] * 4 + 1;
    const struct heard whole = hear(in, in.len, max), cut = hear(in, data[0], max);
    assert(whole.hash == cut.hash && whole.faults == cut.faults);
    struct buf out = BUF_MAX(1u << 20);
    websocket_frame_write(&out, WEBSOCKET_TEXT, in, mask);
    assert(hear(buf_bytes(&out), data[0], max).faults == 1);
    buf_finish(&out);
    return 0;
}
