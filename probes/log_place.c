/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where reading goes on, for files that are known by what they are, not by their names: rotation renames them. Called by
 * log_tail.c, and by log.c for the memo. Pure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/log.h"

struct log_place *log_places_find(struct log_places *p, uint64_t device, uint64_t inode)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].device == device && p->items[i].inode == inode)
            return &p->items[i];
    }
    return NULL;
}

/* To the front; the one that was there longest goes when there are too many. */
void log_places_put(struct log_places *p, const struct log_place *place)
{
    const struct log_place copy = *place;
    const struct log_place *same = log_places_find(p, copy.device, copy.inode);
    size_t behind = same ? (size_t)(same - p->items) : p->count;
    if (behind == LOG_MAX_PLACES)
        behind--;
    memmove(&p->items[1], &p->items[0], behind * sizeof(copy));
    p->items[0] = copy;
    if (!same && p->count < LOG_MAX_PLACES)
        p->count++;
}

void log_places_print(const struct log_places *p, struct buf *out)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct log_place *at = &p->items[i];
        buf_printf(out,
                   "file %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                   at->device, at->inode, at->offset, at->head_len, at->head_hash);
    }
}

static bool parse_line(struct bytes line, struct log_place *ret)
{
    uint64_t numbers[5];
    struct bytes word;
    if (!bytes_token(&line, ' ', &word) || !bytes_is(word, "file"))
        return false;
    for (size_t i = 0; i < 5; i++) {
        if (!bytes_token(&line, ' ', &word) || !bytes_to_u64(word, &numbers[i]))
            return false;
    }
    *ret = (struct log_place){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
    return ret->head_len <= LOG_HEAD_BYTES && ret->offset <= INT64_MAX;
}

void log_places_parse(struct log_places *p, struct bytes memo)
{
    struct bytes line;
    *p = (struct log_places){0};
    while (p->count < LOG_MAX_PLACES && bytes_token(&memo, '\n', &line)) {
        if (parse_line(line, &p->items[p->count]))
            p->count++;
    }
}
