/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of events cut out of bytes as they come: server-sent events as WHATWG HTML §9.2 has them, or a JSON document
 * a line. Called by llm.c with each piece; knows nothing of what the events mean.
 */
#include "probes/llm.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

void llm_events_init(struct llm_events *v, enum llm_framing framing,
                     bool (*take)(void *, struct bytes, struct bytes), void *ctx)
{
    *v = (struct llm_events){.framing = framing,
                             .take = take,
                             .ctx = ctx,
                             .line = BUF_MAX(LLM_EVENT_MAX_BYTES),
                             .name = BUF_MAX(256),
                             .data = BUF_MAX(LLM_EVENT_MAX_BYTES)};
}

void llm_events_finish(void *ctx)
{
    struct llm_events *v = ctx;
    buf_finish(&v->line);
    buf_finish(&v->name);
    buf_finish(&v->data);
}

bool llm_events_overflow(const struct llm_events *v)
{
    return v->line.overflow || v->data.overflow;
}

static bool dispatch(struct llm_events *v)
{
    const bool has_event = v->has_data;
    bool wants_more = true;
    if (has_event)
        wants_more = v->take(v->ctx, buf_bytes(&v->name), buf_bytes(&v->data));
    buf_clear(&v->name);
    buf_clear(&v->data);
    v->has_data = false;
    return wants_more;
}

static void take_field(struct llm_events *v, struct bytes line)
{
    struct bytes field;
    const bool has_colon = bytes_find_byte(line, ':') >= 0;
    bytes_token(&line, ':', &field);
    if (has_colon && bytes_starts(line, " "))
        line = bytes_slice(line, 1, line.len);
    if (bytes_is(field, "event")) {
        buf_clear(&v->name);
        buf_add_bytes(&v->name, line);
    } else if (bytes_is(field, "data")) {
        if (v->has_data)
            buf_add_byte(&v->data, '\n');
        buf_add_bytes(&v->data, line);
        v->has_data = true;
    }
}

static bool end_line(struct llm_events *v)
{
    struct bytes line = buf_bytes(&v->line);
    bool wants_more = true;
    if (!v->is_past_mark && bytes_starts(line, BYTE_ORDER_MARK))
        line = bytes_slice(line, sizeof(BYTE_ORDER_MARK) - 1, line.len);
    v->is_past_mark = true;
    if (v->framing == LLM_LINES) {
        line = bytes_trim(line);
        wants_more = line.len == 0 || v->take(v->ctx, bytes_of(""), line);
    } else if (line.len == 0) {
        wants_more = dispatch(v);
    } else {
        take_field(v, line);
    }
    buf_clear(&v->line);
    return wants_more;
}

bool llm_events_feed(struct llm_events *v, struct bytes piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        const char c = piece.ptr[i];
        const bool is_second_half = c == '\n' && v->was_cr;
        v->was_cr = c == '\r';
        if (is_second_half)
            continue;
        if (c != '\n' && c != '\r')
            buf_add_byte(&v->line, c);
        else if (!llm_events_overflow(v) && !end_line(v))
            return false;
        if (llm_events_overflow(v))
            return false;
    }
    return true;
}
