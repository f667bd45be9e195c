/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message that a run puts into a queue, and the tag in it by which it is known again: "healthd:<probe>:<UUIDv7>". The
 * UUID tells when it was made, so that what a killed run left can be told from what another one waits for. Pure.
 */
#include <ctype.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/core/tmpl.h"
#include "lib/core/uuid.h"
#include "probes/queue.h"

#define NAME_MAX_BYTES 64
#define UUID_LEN (UUID_SIZE - 1)
#define MILLISECOND_DIGITS 12 /* of a UUIDv7 (RFC 9562 §5.7): 8, a hyphen, 4 */

struct tag_scope {
    struct scope scope;
    const char *tag;
};

/* A name that can stand in keys, channels and LIKE patterns. */
static const char *plain_name(struct run *run)
{
    char *name = arena_strndup(run_arena(run), run_name(run),
                               strnlen(run_name(run), NAME_MAX_BYTES));

    for (char *at = name; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
            *at = '_';
    }
    return name;
}

const char *queue_tag_prefix(struct run *run)
{
    return arena_printf(run_arena(run), "healthd:%s:", plain_name(run));
}

static bool tag_lookup(void *ctx, struct bytes name, struct arena *arena,
                       struct bytes *ret_value, struct err *e)
{
    const struct tag_scope *s = ctx;
    (void)arena, (void)e;

    if (!bytes_is(name, "tag"))
        return false;
    *ret_value = bytes_of(s->tag);
    return true;
}

static bool expand(struct run *run, const char *row, const char *text, const char *tag,
                   const char **ret_text, struct err *e)
{
    struct tag_scope s = {.tag = tag};

    s.scope = (struct scope){.outer = run_scope(run), .lookup = tag_lookup, .ctx = &s};
    if (!tmpl_expand(text, &s.scope, run_arena(run), ret_text, e))
        return err_wrap(e, "`%s`", row);
    return strlen(*ret_text) <= QUEUE_MAX_MESSAGE ||
           err_set(e, "`%s` is longer than %u KiB", row, QUEUE_MAX_MESSAGE >> 10);
}

static bool make_fields(struct run *run, struct err *e)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    const size_t count = conf->fields.count;
    struct pair *pairs = arena_alloc(run_arena(run), (count + 1) * sizeof(*pairs));

    for (size_t i = 0; i < count; i++) {
        pairs[i].key = conf->fields.items[i].key;
        if (!expand(run, "fields", conf->fields.items[i].value, state->tag,
                    &pairs[i].value, e))
            return false;
    }
    state->fields = (struct pairs){pairs, count};
    return true;
}

static bool make_reply(struct run *run, struct err *e)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);

    return !conf->reply[0] ||
           expand(run, "reply", conf->reply, state->tag, &state->reply, e);
}

const char *queue_reply_of(struct run *run, struct bytes tag)
{
    const struct queue_conf *conf = run_conf(run);
    const char *text = NULL;
    struct err ignored = {0};

    /* Without the tag in it, it may be somebody else's reply by now. */
    if (!strstr(conf->reply, "${tag}"))
        return NULL;
    return expand(run, "reply", conf->reply,
                  arena_strndup(run_arena(run), tag.ptr, tag.len), &text, &ignored)
               ? text
               : NULL;
}

bool queue_message_make(struct run *run, struct err *e)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    char uuid[UUID_SIZE];

    uuid_make(run_wall(run), uuid);
    state->tag = arena_printf(run_arena(run), "%s%s", queue_tag_prefix(run), uuid);
    return expand(run, "message", conf->message, state->tag, &state->message, e) &&
           make_fields(run, e) && make_reply(run, e);
}

static bool read_time(struct bytes uuid, struct wall *ret_made)
{
    int64_t ms = 0;
    int digits = 0;

    for (size_t i = 0; i < uuid.len && digits < MILLISECOND_DIGITS; i++) {
        if (uuid.ptr[i] == '-')
            continue;
        const int digit = hex_digit(uuid.ptr[i]);
        if (digit < 0)
            return false;
        ms = ms << 4 | digit;
        digits++;
    }
    /* Times beyond the year 2262 are no times of ours, and do not fit. */
    if (digits < MILLISECOND_DIGITS || ms > INT64_MAX / NSEC_PER_MSEC)
        return false;
    *ret_made = (struct wall){ms * NSEC_PER_MSEC};
    return true;
}

bool queue_tag_read(const char *prefix, struct bytes text, struct bytes *ret_tag,
                    struct wall *ret_made)
{
    const size_t prefix_len = strlen(prefix);
    const ptrdiff_t at = bytes_find(text, bytes_of(prefix));

    if (at < 0)
        return false;
    const struct bytes tag =
        bytes_slice(text, (size_t)at, (size_t)at + prefix_len + UUID_LEN);
    const struct bytes uuid = bytes_slice(tag, prefix_len, tag.len);
    if (uuid.len != UUID_LEN || !read_time(uuid, ret_made))
        return false;
    *ret_tag = tag;
    return true;
}

bool queue_tag_find(struct run *run, struct bytes text, struct bytes *ret_tag,
                    struct wall *ret_made)
{
    return queue_tag_read(queue_tag_prefix(run), text, ret_tag, ret_made);
}

/* Twice the time that a run of this probe has: also another healthd's with the same probe has given up by then. */
bool queue_is_leftover(struct run *run, struct wall made)
{
    const struct queue_state *state = run_state(run);

    return run_wall(run).ns - made.ns > 2 * state->budget;
}
