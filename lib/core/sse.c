/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sse.h. A byte is part of a line; a line is a field of the event that an empty line ends.
 */
#include "lib/core/sse.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define MAX_RETRY_MSEC (24u * 60 * 60 * 1000)

void sse_init(struct sse *s, size_t max_bytes,
              bool (*take)(void *ctx, const struct sse_event *event), void *ctx)
{
    *s = (struct sse){.take = take,
                      .ctx = ctx,
                      .max_bytes = max_bytes,
                      .line = BUF_MAX(max_bytes),
                      .name = BUF_MAX(SSE_MAX_NAME_BYTES),
                      .data = BUF_MAX(max_bytes),
                      .id = BUF_MAX(SSE_MAX_NAME_BYTES),
                      .retry = -1};
}

void sse_finish(void *sse)
{
    struct sse *s = sse;
    buf_finish(&s->line);
    buf_finish(&s->name);
    buf_finish(&s->data);
    buf_finish(&s->id);
}

static void set(struct buf *to, struct bytes text)
{
    buf_clear(to);
    buf_add_bytes(to, text);
}

static void take_retry(struct sse *s, struct bytes text)
{
    uint64_t msec;
    if (bytes_to_u64(text, &msec))
        s->retry = (nsec)(msec < MAX_RETRY_MSEC ? msec : MAX_RETRY_MSEC) * NSEC_PER_MSEC;
}

static void take_field(struct sse *s, struct bytes line)
{
    struct bytes field;
    bytes_token(&line, ':', &field);
    if (bytes_starts(line, " "))
        line = bytes_slice(line, 1, line.len);
    if (bytes_is(field, "event")) {
        set(&s->name, line);
    } else if (bytes_is(field, "data")) {
        if (s->has_data)
            buf_add_byte(&s->data, '\n');
        buf_add_bytes(&s->data, line);
        s->has_data = true;
    } else if (bytes_is(field, "id") && bytes_find_byte(line, '\0') < 0) {
        set(&s->id, line);
    } else if (bytes_is(field, "retry")) {
        take_retry(s, line);
    }
}

static bool dispatch(struct sse *s)
{
    const struct sse_event event = {buf_bytes(&s->name), buf_bytes(&s->data)};
    const bool wants_more = !s->has_data || s->take(s->ctx, &event);
    buf_clear(&s->name);
    buf_clear(&s->data);
    s->has_data = false;
    return wants_more;
}

static bool end_line(struct sse *s)
{
    struct bytes line = buf_bytes(&s->line);
    bool wants_more = true;
    if (!s->is_past_mark && bytes_starts(line, BYTE_ORDER_MARK))
        line = bytes_slice(line, sizeof(BYTE_ORDER_MARK) - 1, line.len);
    s->is_past_mark = true;
    if (line.len == 0)
        wants_more = dispatch(s);
    else
        take_field(s, line);
    buf_clear(&s->line);
    return wants_more;
}

/* Bytes up to the end of the line, or all. */
static size_t line_len(struct bytes b)
{
    size_t len = 0;
    while (len < b.len && b.ptr[len] != '\n' && b.ptr[len] != '\r')
        len++;
    return len;
}

bool sse_feed(struct sse *s, struct bytes piece)
{
    struct bytes part;
    while (piece.len > 0) {
        if (s->was_cr && bytes_starts(piece, "\n"))
            bytes_take(&piece, 1, &part);
        s->was_cr = false;
        if (!bytes_take(&piece, line_len(piece), &part))
            return true;
        buf_add_bytes(&s->line, part);
        const bool is_whole = bytes_take(&piece, 1, &part);
        s->was_cr = is_whole && *part.ptr == '\r';
        const bool wants_more = s->line.overflow || !is_whole || end_line(s);
        s->is_over = s->line.overflow || s->data.overflow;
        if (s->is_over || !wants_more)
            return false;
    }
    return true;
}
