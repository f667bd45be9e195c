/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a stream, whole and split at every byte: the same events; and as a refusal's body. */
#include <assert.h>
#include <stdint.h>

#include "lib/core/json.h"
#include "probes/llm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_stream(enum llm_provider provider, struct bytes text, size_t step,
                        struct llm_stream *ret_stream, struct arena *arena)
{
    struct llm_events v;
    *ret_stream = (struct llm_stream){.provider = provider,
                                      .arena = arena,
                                      .most_pieces = llm_stream_most_pieces(1),
                                      .text = BUF_MAX(LLM_TEXT_MAX_BYTES),
                                      .finish = BUF_MAX(LLM_FINISH_MAX_BYTES)};
    llm_events_init(&v, provider == LLM_OLLAMA ? LLM_LINES : LLM_SSE, llm_stream_take,
                    ret_stream);
    bool wants_more = true;
    for (size_t at = 0; at < text.len && wants_more; at += step)
        wants_more = llm_events_feed(&v, bytes_slice(text, at, at + step));
    llm_events_finish(&v);
    buf_finish(&ret_stream->text);
    buf_finish(&ret_stream->finish);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes text = {(const char *)data, size};
    struct arena *arena = arena_create(0);
    struct err e;
    for (int provider = LLM_OPENAI; provider <= LLM_OLLAMA; provider++) {
        struct llm_stream whole, split;
        read_stream((enum llm_provider)provider, text, size ? size : 1, &whole, arena);
        read_stream((enum llm_provider)provider, text, 1, &split, arena);
        assert(whole.events == split.events && whole.is_whole == split.is_whole);
        assert(whole.input == split.input && whole.output == split.output);
        assert(whole.input >= 0 && whole.output >= 0);
    }
    llm_fault_of(429, json_read(arena, text, size, &e), arena);
    arena_destroy(arena);
    return 0;
}
