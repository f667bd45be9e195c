/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every talk probe against a peer that says anything, in pieces of any size. Whatever comes, there is an answer
 * when the peer closes or the deadline comes, and it is never "we could not ask".
 * Input: which configuration, how it ends, then pieces: a length byte and so many bytes.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/core/runner.h"
#include "lib/core/talk.h"
#include "probes/registry.h"
#include "tests/dialogue/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Besides the types' own examples. */
static const char *const confs[] = {
    "tcp: {address: \"h:1\", query_response: [{expect: \"(a+)(b*)\", send: \"${1}$2$$\", "
    "capture: {x: \"$0\"}},"
    " {expect: \"\"}, {expect_bytes: \"\\x01\\x02\"}, {starttls: true}, {expect: "
    "\"^c$\"}]}",
    "tls: {address: h, starttls: smtp}",
    "tls: {address: h, starttls: imap}",
    "tls: {address: h, starttls: pop3}",
    "tls: {address: h, starttls: ftp}",
    "tls: {address: h, starttls: postgres}",
    "websocket: {url: \"ws://h/\", key: \"dGhlIHNhbXBsZSBub25jZQ==\", subprotocols: [a], "
    "query_response: [{send: hi}, {expect: \"(a+)\", send: \"${1}\"}, {expect: b}]}",
};

static const char *conf_of(uint8_t choice)
{
    size_t count = 0;

    for (const struct probe_type *const *type = probe_types; *type; type++)
        count += (*type)->talk != NULL;
    size_t at = choice % (ARRAY_LEN(confs) + count);
    if (at < ARRAY_LEN(confs))
        return confs[at];
    at -= ARRAY_LEN(confs);
    for (const struct probe_type *const *type = probe_types;; type++) {
        if ((*type)->talk && at-- == 0)
            return (*type)->example;
    }
}

/* The peer's part until the probe has its answer. */
static void feed(struct talk_script *script, enum talk_event event, struct bytes in,
                 struct buf *said)
{
    enum talk next = talk_script_feed(script, event, in, said);

    for (int i = 0; i < 100 && (next == TALK_STARTTLS || next == TALK_OFFLOAD); i++) {
        static const struct tls_cert leaf = {.subject = "CN=x",
                                             .issuer = "CN=y",
                                             .names = "",
                                             .addresses = "",
                                             .serial = "",
                                             .fingerprint = ""};
        static const struct tls_peer peer = {
            .chain = &leaf, .chain_count = 1, .verified = true, .why = ""};
        run_set_peer(talk_script_run(script), &peer);
        next = talk_script_feed(script, TALK_RESUMED, (struct bytes){0}, said);
    }
    buf_clear(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame = {0};
    struct buf said = BUF_MAX(1u << 20);
    const struct probe_type *type;
    struct bytes piece;

    if (size < 2)
        return 0;
    struct bytes rest = {(const char *)data + 2, size - 2};
    struct arena *arena = arena_create(0);
    const void *conf = dialogue_conf(arena, conf_of(data[0]), &type);
    assert(conf);
    struct talk_script *script = talk_script_create(&frame, type, conf);
    feed(script, TALK_OPEN, (struct bytes){0}, &said);
    while (bytes_take(&rest, 1, &piece)) {
        size_t len = (unsigned char)piece.ptr[0];
        bytes_take(&rest, len < rest.len ? len : rest.len, &piece);
        feed(script, TALK_DATA, piece, &said);
    }
    if (data[1] & 1)
        feed(script, TALK_EOF, (struct bytes){0}, &said);
    else
        talk_script_expire(script);
    const struct verdict *v = talk_script_verdict(script);
    assert(v && v->health != HEALTH_UNKNOWN && v->detail);
    assert(v->health == HEALTH_UP || (v->reason != REASON_NONE && v->detail[0]));
    talk_script_destroy(script);
    buf_finish(&said);
    arena_destroy(arena);
    return 0;
}
