/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from a server of the Model Context Protocol: as a stream of events, whole and byte by byte, with the same
 * messages; as the answer to each step; and as a lock, which then differs from itself in nothing.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/core/runner.h"
#include "lib/core/sse.h"
#include "probes/mcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct mcp_state *s;
    size_t events, bytes, responses;
};

static void ignore(struct mcp_state *s, enum mcp_kind kind, struct bytes text)
{
    assert(kind == MCP_RESPONSE && text.len > 0);
}

static const char *peer(const struct mcp_state *s)
{
    return "it";
}

static enum mcp_taken last_heard;

static void note(struct mcp_state *s, enum mcp_taken taken, struct bytes text,
                 const struct err *e)
{
    last_heard = taken;
}

static const struct mcp_way way = {.send = ignore, .peer = peer, .heard = note};

static bool is_response(struct mcp_state *s, struct bytes text)
{
    last_heard = MCP_TAKEN;
    mcp_hear(s, text);
    return last_heard == MCP_IS_RESPONSE;
}

static void state_init(struct mcp_state *s, struct mcp_conf *conf, struct arena *arena,
                       enum mcp_step step)
{
    *conf = (struct mcp_conf){
        .max_size = 1u << 16, .max_tools = 50, .lock = "", .call = {.tool = "search"}};
    *s = (struct mcp_state){.run = runner_blank(arena, NULL, NULL),
                            .conf = conf,
                            .way = &way,
                            .step = step,
                            .revision = MCP_2025_11_25,
                            .id = 1,
                            .session = "",
                            .text = "",
                            .finding = {.health = HEALTH_UP, .detail = ""}};
}

static bool on_event(void *ctx, const struct sse_event *event)
{
    struct heard *h = ctx;
    h->events++;
    h->bytes += event->data.len + event->name.len;
    h->responses += is_response(h->s, event->data);
    return true;
}

static struct heard listen_to(struct bytes stream, size_t step)
{
    struct arena *arena = arena_create(0);
    struct mcp_conf conf;
    struct mcp_state s;
    struct sse sse;
    struct heard heard = {.s = &s};
    state_init(&s, &conf, arena, MCP_STEP_LIST);
    sse_init(&sse, 1u << 14, on_event, &heard);
    for (size_t at = 0; at < stream.len; at += step) {
        if (!sse_feed(&sse, bytes_slice(stream, at, at + step)))
            break;
    }
    sse_finish(&sse);
    arena_destroy(arena);
    return heard;
}

static void read_at(enum mcp_step step, struct bytes text)
{
    struct arena *arena = arena_create(0);
    struct mcp_conf conf;
    struct mcp_state s;
    state_init(&s, &conf, arena, step);
    if (is_response(&s, text)) {
        bool is_fine = false;
        if (step == MCP_STEP_LIST)
            is_fine = mcp_read_page(&s);
        else if (step == MCP_STEP_CALL)
            is_fine = mcp_read_result(&s);
        else
            is_fine = mcp_read_agreement(&s);
        assert(is_fine || s.finding.health == HEALTH_DOWN);
        assert(s.tools.count <= 50);
    }
    arena_destroy(arena);
}

static void read_lock(struct bytes text)
{
    struct arena *arena = arena_create(0);
    struct mcp_lock lock;
    struct err e;
    if (mcp_lock_parse(text, arena, &lock, &e)) {
        struct mcp_changes *changes = arena_alloc(arena, sizeof(*changes));
        mcp_drift(&lock, &lock.tools, false, arena, changes);
        assert(changes->count == 0);
    }
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes text = {(const char *)data, size};
    const struct heard whole = listen_to(text, size ? size : 1),
                       split = listen_to(text, 1);
    assert(whole.events == split.events && whole.bytes == split.bytes);
    assert(whole.responses == split.responses);
    read_at(MCP_STEP_INITIALIZE, text);
    read_at(MCP_STEP_DISCOVER, text);
    read_at(MCP_STEP_LIST, text);
    read_at(MCP_STEP_CALL, text);
    read_lock(text);
    return 0;
}
