/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that go on (Server-Sent Events): microhttpd asks for more as fast as the client reads, and its connection is
 * suspended while there is nothing. Knows neither what is sent nor when; stream.c does.
 */
#include <sys/socket.h>

#include "collector/web_parts.h"

#define BLOCK (16u << 10)

/* Its client took something: from now on it has as long as any request to take more. */
static void renew(struct exchange *x)
{
    client_due_in(x->client, x->listener->web->request_timeout);
}

static ssize_t read_feed(void *ctx, uint64_t position, char *to, size_t room)
{
    struct exchange *x = ctx;
    if (x->feed_ends)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    const size_t got = x->feed.read(x->feed.ctx, to, room);
    if (got > 0) {
        renew(x);
        return (ssize_t)got;
    }
    x->feed_waits = true;
    client_waits(x->client);
    MHD_suspend_connection(x->connection);
    return 0;
}

void exchange_reply_feed(struct exchange *x, const char *type, const struct feed *feed)
{
    x->feed = *feed;
    exchange_reply_made(
        x, MHD_HTTP_OK, type,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_feed, x, NULL));
}

bool exchange_feed_waits(const struct exchange *x)
{
    return x && x->feed_waits;
}

void exchange_feed_more(struct exchange *x)
{
    if (!x->feed_waits)
        return;
    x->feed_waits = false;
    renew(x);
    MHD_resume_connection(x->connection);
    listener_pump(x->listener);
}

void exchange_feed_end(struct exchange *x)
{
    x->feed_ends = true;
    shutdown(x->client->fd, SHUT_RDWR);
    exchange_feed_more(x);
}
