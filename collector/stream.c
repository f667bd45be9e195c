/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of viewers, and a timer that runs while there are any: it makes the text of what has changed, and gives it
 * to each. Called by api_page.c, and told of verdicts by daemon.c. Waits for no viewer.
 */
#include "collector/stream.h"

#include <assert.h>
#include <stdlib.h>

#include "collector/overview.h"
#include "collector/page_file.h"
#include "collector/unread.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

#define TICK NSEC_PER_SEC
#define HEARTBEAT_TICKS 15
#define TEXT_MAX (16u << 20)

struct viewer {
    struct list link;
    struct stream *stream;
    struct exchange *exchange;
    struct unread unread;
};

struct stream {
    struct daemon *daemon;
    struct list viewers;
    size_t viewer_count;
    struct timer *timer;
    uint64_t generation; /* last told */
    uint64_t alerts;     /* number of the text last told; 0: nothing yet */
    unsigned quiet_ticks;
    bool has_news; /* some probe ran since the last tick */
};

/* ---- texts ---- */

static void add_hello(struct buf *out, const struct daemon *d)
{
    buf_printf(
        out, "retry: 2000\nevent: hello\ndata: {\"page\":\"%s\",\"generation\":%ju}\n\n",
        page_files_hash, (uintmax_t)d->generation->number);
}

static void add_probes(struct stream *s, struct buf *out)
{
    const struct schedule *schedule = s->daemon->schedule;
    const char *before = "event: probes\ndata: [";
    for (size_t i = 0; i < schedule_count(schedule); i++) {
        struct tracked *t = schedule_at(schedule, i);
        if (!t->is_news)
            continue;
        t->is_news = false;
        buf_add_text(out, before);
        overview_brief_print(out, s->daemon, t);
        before = ",";
    }
    if (*before == ',')
        buf_add_text(out, "]\n\n");
    s->has_news = false;
}

static void add_alerts(struct stream *s, struct buf *out)
{
    uint64_t number;
    const char *alerts = overview_alerts(s->daemon->overview, &number);
    if (number == s->alerts)
        return;
    s->alerts = number;
    buf_add_text(out, "event: alerts\ndata: ");
    buf_add_text(out, alerts);
    buf_add_text(out, "\n\n");
}

static void add_generation(struct stream *s, struct buf *out)
{
    const uint64_t number = s->daemon->generation->number;
    if (number == s->generation)
        return;
    s->generation = number;
    buf_printf(out, "event: generation\ndata: {\"generation\":%ju}\n\n",
               (uintmax_t)number);
}

/* ---- viewers ---- */

static size_t viewer_read(void *ctx, char *to, size_t room)
{
    struct viewer *v = ctx;
    return unread_read(&v->unread, to, room);
}

static void viewer_gone(void *ctx)
{
    struct viewer *v = ctx;
    unread_finish(&v->unread);
    list_remove(&v->link);
    if (--v->stream->viewer_count == 0 && v->stream->timer)
        timer_stop(v->stream->timer);
    free(v);
}

/* One that is too far behind, or whose news are too long, is let go, and starts again with the overview. */
static void viewer_give(struct viewer *v, struct shared_text *t)
{
    if (!t->buf.overflow && unread_put(&v->unread, t))
        exchange_feed_more(v->exchange);
    else
        exchange_feed_end(v->exchange);
}

static void on_tick(void *ctx)
{
    struct stream *s = ctx;
    struct shared_text *t = shared_text_create(TEXT_MAX);
    add_generation(s, &t->buf);
    if (s->has_news)
        add_probes(s, &t->buf);
    add_alerts(s, &t->buf);
    s->quiet_ticks = t->buf.len ? 0 : s->quiet_ticks + 1;
    if (s->quiet_ticks == HEARTBEAT_TICKS) {
        buf_add_text(&t->buf, ":\n\n");
        s->quiet_ticks = 0;
    }
    LIST_EACH (at, &s->viewers) {
        if (t->buf.len > 0)
            viewer_give(LIST_ITEM(at, struct viewer, link), t);
    }
    shared_text_release(t);
    timer_at(s->timer, mono_add(loop_now(s->daemon->frame.loop), TICK));
}

/* What ran while nobody looked is no news: whoever comes has read the overview. */
static void begin(struct stream *s)
{
    struct buf ignored = BUF_MAX(0);
    s->generation = s->daemon->generation->number;
    s->alerts = 0;
    add_probes(s, &ignored);
    buf_finish(&ignored);
    if (!s->timer)
        s->timer = loop_timer_create(s->daemon->frame.loop, "stream", on_tick, s);
    timer_at(s->timer, mono_add(loop_now(s->daemon->frame.loop), TICK));
}

void stream_note(struct stream *s, struct tracked *t)
{
    t->is_news = s->has_news = true;
}

void stream_answer(struct stream *s, struct exchange *x)
{
    if (s->viewer_count >= STREAM_VIEWERS_MAX) {
        exchange_add_header(x, "Retry-After", "10");
        exchange_error(x, 503, "%d viewers look already; ask /api/overview instead.",
                       STREAM_VIEWERS_MAX);
        return;
    }
    struct viewer *v = memory_take(sizeof(*v));
    *v = (struct viewer){.stream = s, .exchange = x};
    struct shared_text *hello = shared_text_create(TEXT_MAX);
    add_hello(&hello->buf, s->daemon);
    unread_put(&v->unread, hello);
    shared_text_release(hello);
    list_append(&s->viewers, &v->link);
    if (s->viewer_count++ == 0)
        begin(s);
    exchange_add_header(x, "Cache-Control", "no-store");
    exchange_add_header(x, "X-Accel-Buffering", "no"); /* nginx passes it on at once */
    exchange_reply_feed(x, "text/event-stream",
                        &(struct feed){viewer_read, viewer_gone, v});
}

/* ---- life ---- */

struct stream *stream_create(struct daemon *d)
{
    struct stream *s = memory_take(sizeof(*s));
    *s = (struct stream){.daemon = d};
    list_init(&s->viewers);
    return s;
}

void stream_destroy(struct stream *s)
{
    if (!s)
        return;
    assert(s->viewer_count == 0);
    timer_destroy(s->timer);
    free(s);
}
