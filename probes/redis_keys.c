/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long keys are: those that the configuration lists, and those that a pattern found. Each is asked for its type, then
 * for its length in that type's command. Called after INFO, and by the search for patterns.
 */
#include <string.h>

#include "probes/redis.h"

#define VALUE_MAX_BYTES 64 /* a longer string is no number */

struct measuring { /* one key's way through its questions */
    struct redis_measured found;
    enum redis_part part;
};

static const struct {
    const char *type, *command;
} lengths[] = {
    {"list", "LLEN"}, {"set", "SCARD"},   {"zset", "ZCARD"},
    {"hash", "HLEN"}, {"stream", "XLEN"}, {"string", "STRLEN"},
};

const char *redis_database_name(struct run *run, int64_t database)
{
    return arena_printf(run_arena(run), "db%lld", (long long)database);
}

static void add_key(struct run *run, const struct measuring *m, enum redis_family family,
                    double value)
{
    const char *const values[] = {redis_database_name(run, m->found.key->database),
                                  m->found.key->name};

    redis_part_enter(run, m->part);
    redis_sample(run, family, values, value);
}

static void set_length(struct run *run, struct measuring *m, double length)
{
    m->found.length = length;
    m->found.has_length = true;
    add_key(run, m, REDIS_KEY_SIZE, length);
}

/* A key that changed its type in between is measured the next time. */
static void key_failed(struct run *run, const struct measuring *m,
                       const struct resp_value *value)
{
    if (value->kind == RESP_ERROR && bytes_starts(value->text, "WRONGTYPE"))
        return;
    redis_part_missing(run, m->part, "key %s: the server said %s", m->found.key->name,
                       resp_said(run, value));
}

static void on_value(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct measuring *m = ctx;
    double number;

    if (value->kind == RESP_ERROR)
        key_failed(run, m, value);
    else if (resp_number(value, &number))
        add_key(run, m, REDIS_KEY_VALUE, number);
}

static void on_length(struct run *run, const struct resp_value *value, void *ctx)
{
    struct measuring *m = ctx;

    if (value->kind == RESP_NUMBER)
        set_length(run, m, (double)value->number);
    else
        key_failed(run, m, value);
}

static void on_string_length(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct measuring *m = ctx;
    const struct bytes words[] = {bytes_of("GETRANGE"), bytes_of(m->found.key->name),
                                  bytes_of("0"), bytes_of("63")};

    on_length(run, value, ctx);
    if (value->kind != RESP_NUMBER || !value->number || value->number > VALUE_MAX_BYTES)
        return;
    redis_ask_in(run, m->found.key->database);
    redis_ask(run, on_value, ctx, words, ARRAY_LEN(words));
}

static void on_type(struct run *run, const struct resp_value *value, void *ctx)
{
    struct measuring *m = ctx;
    const struct bytes type = resp_text(value);

    if (value->kind != RESP_STATUS) {
        key_failed(run, m, value);
        return;
    }
    if (bytes_is(type, "none")) { /* an empty list is no key */
        set_length(run, m, 0);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        if (!bytes_is(type, lengths[i].type))
            continue;
        redis_answer *answer = bytes_is(type, "string") ? on_string_length : on_length;
        redis_ask_in(run, m->found.key->database);
        redis_ask_text(run, answer, m, lengths[i].command, m->found.key->name);
        if (bytes_is(type, "stream"))
            redis_stream_ask(run, &m->found, m->part);
        return;
    }
    redis_part_missing(run, m->part, "key %s is of type %s, which has no length",
                       m->found.key->name, resp_said(run, value));
}

void redis_measure(struct run *run, const struct redis_key *key, enum redis_part part)
{
    struct redis_state *state = run_state(run);
    struct measuring *m = arena_alloc(run_arena(run), sizeof(*m));

    *m = (struct measuring){.found.key = key, .part = part};
    if (part == REDIS_PART_KEYS) {
        m->found.next = state->measured;
        state->measured = &m->found;
    }
    redis_ask_in(run, key->database);
    redis_ask_text(run, on_type, m, "TYPE", key->name);
}

void redis_keys_ask(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);

    if (!conf->key_list.count || !redis_part_begin(run, REDIS_PART_KEYS))
        return;
    redis_part_enter(run, REDIS_PART_KEYS);
    for (size_t i = 0; i < conf->key_list.count; i++)
        redis_measure(run, &conf->key_list.items[i], REDIS_PART_KEYS);
}
