/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of events cut out of bytes as they come: server-sent events (lib/core/sse.h), or a JSON document a line. Called
 * by llm.c with each piece; knows nothing of what the events mean.
 */
#include "probes/llm.h"

static bool on_event(void *ctx, const struct sse_event *event)
{
    struct llm_events *v = ctx;
    return v->take(v->ctx, event->name, event->data);
}

void llm_events_init(struct llm_events *v, enum llm_framing framing,
                     bool (*take)(void *, struct bytes, struct bytes), void *ctx)
{
    *v = (struct llm_events){.framing = framing,
                             .take = take,
                             .ctx = ctx,
                             .line = BUF_MAX(LLM_EVENT_MAX_BYTES)};
    sse_init(&v->sse, LLM_EVENT_MAX_BYTES, on_event, v);
}

void llm_events_finish(void *ctx)
{
    struct llm_events *v = ctx;
    sse_finish(&v->sse);
    buf_finish(&v->line);
}

bool llm_events_overflow(const struct llm_events *v)
{
    return v->sse.is_over || v->line.overflow;
}

static bool end_line(struct llm_events *v)
{
    const struct bytes line = bytes_trim(buf_bytes(&v->line));
    const bool wants_more = line.len == 0 || v->take(v->ctx, bytes_of(""), line);
    buf_clear(&v->line);
    return wants_more;
}

bool llm_events_feed(struct llm_events *v, struct bytes piece)
{
    if (v->framing == LLM_SSE)
        return sse_feed(&v->sse, piece);
    for (size_t i = 0; i < piece.len; i++) {
        if (piece.ptr[i] != '\n')
            buf_add_byte(&v->line, piece.ptr[i]);
        else if (!end_line(v))
            return false;
        if (v->line.overflow)
            return false;
    }
    return true;
}
