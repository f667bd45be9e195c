/* SPDX-License-Identifier: Apache-2.0 */
/* Frames on their way to the server: masked, and texts traced. Called by websocket.c and websocket_steps.c. Waits for nothing. */
#include <string.h>
#include <sys/random.h>

#include "lib/base/buf.h"
#include "probes/websocket.h"

/* Where the call is forbidden, the time has to do: nothing here is secret from the peer. */
void websocket_random(void *ptr, size_t len)
{
    memset(ptr, 0, len);
    if (getrandom(ptr, len, 0) != (ssize_t)len) {
        const struct mono now = mono_read();
        memcpy(ptr, &now.ns, len < sizeof(now.ns) ? len : sizeof(now.ns));
    }
}

void websocket_say(struct run *run, enum websocket_opcode opcode, struct bytes payload)
{
    struct buf out = BUF_MAX(WEBSOCKET_MAX_SENT + WEBSOCKET_MAX_HEADER);
    unsigned char mask[4];

    websocket_random(mask, sizeof(mask));
    websocket_frame_write(&out, opcode, payload, mask);
    run_say(run, buf_bytes(&out));
    buf_finish(&out);
}

void websocket_say_close(struct run *run, int code)
{
    const char payload[] = {(char)(code >> 8), (char)code};

    websocket_say(run, WEBSOCKET_CLOSE, (struct bytes){payload, sizeof(payload)});
}

void websocket_say_text(struct run *run, const char *text)
{
    if (!text || !text[0])
        return;
    run_trace_quoted(run, "sent", bytes_of(text));
    websocket_say(run, WEBSOCKET_TEXT, bytes_of(text));
}
