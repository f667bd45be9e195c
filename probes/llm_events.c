/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of events cut out of bytes as they come: server-sent events, or a JSON document a line. Called by llm_answer.c
 * with each piece; knows nothing of what the events mean.
 */
#include "probes/llm.h"

static bool take_event(void *ctx, const struct sse_event *event)
{
    const struct llm_events *v = ctx;
    return v->take(v->ctx, event->data);
}

void llm_events_init(struct llm_events *v, enum llm_framing framing,
                     bool (*take)(void *ctx, struct bytes data), void *ctx)
{
    *v = (struct llm_events){.framing = framing,
                             .take = take,
                             .ctx = ctx,
                             .line = BUF_MAX(LLM_EVENT_MAX_BYTES)};
    sse_init(&v->sse, LLM_EVENT_MAX_BYTES, take_event, v);
}

void llm_events_finish(void *events)
{
    struct llm_events *v = events;
    sse_finish(&v->sse);
    buf_finish(&v->line);
}

bool llm_events_overflow(const struct llm_events *v)
{
    return v->sse.is_over || v->line.overflow;
}

/* Empty lines are nothing. */
static bool end_line(struct llm_events *v)
{
    const struct bytes line = bytes_trim(buf_bytes(&v->line));
    const bool wants_more = line.len == 0 || v->take(v->ctx, line);
    buf_clear(&v->line);
    return wants_more;
}

static bool feed_lines(struct llm_events *v, struct bytes piece)
{
    while (piece.len > 0) {
        const ptrdiff_t end = bytes_find_byte(piece, '\n');
        const size_t len = end < 0 ? piece.len : (size_t)end;
        buf_add_bytes(&v->line, bytes_slice(piece, 0, len));
        if (v->line.overflow)
            return false;
        if (end < 0)
            return true;
        piece = bytes_slice(piece, len + 1, piece.len);
        if (!end_line(v))
            return false;
    }
    return true;
}

bool llm_events_feed(struct llm_events *v, struct bytes piece)
{
    return v->framing == LLM_LINES ? feed_lines(v, piece) : sse_feed(&v->sse, piece);
}
