/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who works on a BullMQ queue: its workers name their connections "<prefix>:<base64 of the queue>", with ":w:<name>" behind
 * it when they have one, and CLIENT LIST tells. A user who may not ask that does not know, and is not told down.
 */
#include <math.h>
#include <string.h>

#include "probes/queue.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 §4. */
static const char *base64(struct arena *arena, const char *text)
{
    const size_t len = strlen(text);
    char *out = arena_alloc(arena, (len + 2) / 3 * 4 + 1), *at = out;

    for (size_t i = 0; i < len; i += 3) {
        const unsigned char c[3] = {(unsigned char)text[i],
                                    i + 1 < len ? (unsigned char)text[i + 1] : 0,
                                    i + 2 < len ? (unsigned char)text[i + 2] : 0};
        *at++ = base64_digits[c[0] >> 2];
        *at++ = base64_digits[(c[0] & 3) << 4 | c[1] >> 4];
        *at++ = i + 1 < len ? base64_digits[(c[1] & 15) << 2 | c[2] >> 6] : '=';
        *at++ = i + 2 < len ? base64_digits[c[2] & 63] : '=';
    }
    *at = '\0';
    return out;
}

/* The value of name=… in a line of "id=3 addr=127.0.0.1:5 name=x age=0 …". */
static struct bytes name_of(struct bytes line)
{
    struct bytes part;

    while (bytes_token(&line, ' ', &part)) {
        if (bytes_starts(part, "name="))
            return bytes_slice(part, sizeof("name=") - 1, part.len);
    }
    return (struct bytes){0};
}

double queue_workers_count(struct arena *arena, struct bytes clients, const char *prefix,
                           const char *name)
{
    const char *unnamed = arena_printf(arena, "%s:%s", prefix, base64(arena, name));
    const char *named = arena_printf(arena, "%s:w:", unnamed);
    struct bytes line;
    double count = 0;

    while (bytes_token(&clients, '\n', &line)) {
        const struct bytes client = name_of(line);
        count += bytes_is(client, unnamed) || bytes_starts(client, named);
    }
    return count;
}

static void on_clients(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    struct queue_session *session = run_session(run)->state;

    if (value->kind == RESP_TEXT) {
        state->workers =
            queue_workers_count(run_arena(run), value->text, conf->prefix, conf->name);
        return;
    }
    session->may_not_list = true;
    run_trace(run, "workers", "not known: the server answered CLIENT LIST with %s",
              resp_said(run, value));
}

void queue_workers_ask(struct run *run)
{
    const struct queue_session *session = run_session(run)->state;

    if (!session->may_not_list)
        queue_redis_ask(run, on_clients, "CLIENT", "LIST", NULL);
}
