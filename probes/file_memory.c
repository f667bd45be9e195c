/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file stood there before this one: kept in the session, and as its memo over restarts. A file that only grew, and
 * within an hour, is still the same one: its writer paused. Pure; called on the loop.
 */
#include <inttypes.h>

#include "probes/file.h"

#define PAUSE NSEC_PER_HOUR

bool file_mark_equal(const struct file_mark *a, const struct file_mark *b)
{
    return a->path_hash == b->path_hash && a->device == b->device &&
           a->inode == b->inode && a->size == b->size && a->modified_ns == b->modified_ns;
}

/* Without the device, whose number may be another after a restart of the machine. */
static bool is_next(const struct file_mark *old, const struct file_mark *now)
{
    if (old->path_hash != now->path_hash)
        return true;
    if (old->size == now->size && old->modified_ns == now->modified_ns)
        return false;
    return old->inode != now->inode || now->size < old->size ||
           now->modified_ns > old->modified_ns + PAUSE;
}

void file_remember(struct file_memory *m, const struct file_mark *now,
                   const struct file_mark *before)
{
    const bool is_new = !m->is_known || is_next(&m->known, now);
    if (is_new && before) {
        m->has_previous = true;
        m->previous_size = before->size;
    } else if (is_new && m->is_known) {
        m->has_previous = true;
        m->previous_size = m->known.size;
    }
    m->is_known = true;
    m->known = *now;
}

static bool take_number(struct bytes *text, uint64_t *ret_value)
{
    struct bytes word;
    return bytes_token(text, ' ', &word) && bytes_to_u64(word, ret_value);
}

void file_memo_read(const char *memo, struct file_memory *ret_memory)
{
    struct bytes text = bytes_of(memo);
    struct file_memory m = {.is_known = true};
    struct bytes modified;
    *ret_memory = (struct file_memory){0};
    if (!take_number(&text, &m.known.path_hash) || !take_number(&text, &m.known.inode) ||
        !take_number(&text, &m.known.size) || !bytes_token(&text, ' ', &modified) ||
        !bytes_to_i64(modified, &m.known.modified_ns))
        return;
    m.has_previous = take_number(&text, &m.previous_size);
    *ret_memory = m;
}

const char *file_memo(const struct file_memory *m, struct arena *arena)
{
    const struct file_mark *k = &m->known;
    if (!m->is_known)
        return "";
    const char *known =
        arena_printf(arena, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64, k->path_hash,
                     k->inode, k->size, k->modified_ns);
    return m->has_previous ? arena_printf(arena, "%s %" PRIu64, known, m->previous_size)
                           : known;
}
