/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short array of texts that are shared and counted, and how far the first was read. Called by stream.c. Refuses what
 * is too much, and lets its owner decide.
 */
#include "collector/unread.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

struct shared_text *shared_text_create(size_t max)
{
    struct shared_text *t = memory_take(sizeof(*t));
    *t = (struct shared_text){BUF_MAX(max), 1};
    return t;
}

void shared_text_release(struct shared_text *t)
{
    if (--t->holds > 0)
        return;
    buf_finish(&t->buf);
    free(t);
}

bool unread_put(struct unread *b, struct shared_text *t)
{
    if (b->count == UNREAD_MAX)
        return false;
    t->holds++;
    b->texts[b->count++] = t;
    return true;
}

static void drop_first(struct unread *b)
{
    shared_text_release(b->texts[0]);
    b->count--;
    memmove(b->texts, b->texts + 1, b->count * sizeof(b->texts[0]));
    b->sent = 0;
}

size_t unread_read(struct unread *b, char *to, size_t room)
{
    size_t written = 0;
    while (b->count > 0 && written < room) {
        const struct buf *text = &b->texts[0]->buf;
        const size_t left = text->len - b->sent;
        const size_t part = left < room - written ? left : room - written;
        if (part > 0)
            memcpy(to + written, text->ptr + b->sent, part);
        written += part;
        b->sent += part;
        if (b->sent == text->len)
            drop_first(b);
    }
    return written;
}

void unread_finish(struct unread *b)
{
    while (b->count > 0)
        drop_first(b);
}
