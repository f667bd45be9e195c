/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: their ends, and for each consumer group what it was not handed yet (lag) and has not acknowledged (pending).
 * Called for keys that are streams. One series a consumer is made only when the configuration asks for it.
 */
#include "probes/redis.h"

struct stream {
    struct redis_measured *found;
    enum redis_part part;
    const char *labels[4]; /* db, stream, group, consumer */
};

static void add(struct run *run, const struct stream *s, enum redis_family family,
                double value)
{
    redis_part_enter(run, s->part);
    redis_sample(run, family, s->labels, value);
}

static void add_field(struct run *run, const struct stream *s, enum redis_family family,
                      const struct resp_value *list, const char *name)
{
    double number;

    if (resp_number(resp_field(list, name), &number))
        add(run, s, family, number);
}

/* Of an id, "1526919030474-55", the time part in milliseconds. */
static void add_id(struct run *run, const struct stream *s, enum redis_family family,
                   const struct resp_value *id)
{
    struct bytes text = resp_text(id), part;
    double number;

    if (bytes_token(&text, '-', &part) && bytes_to_double(part, &number))
        add(run, s, family, number);
}

static const struct resp_value *entry_id(const struct resp_value *entry)
{
    return entry && entry->count ? entry->items[0] : NULL;
}

static bool is_list(struct run *run, const struct stream *s,
                    const struct resp_value *value)
{
    if (value->kind == RESP_LIST)
        return true;
    redis_part_missing(run, s->part, "stream %s: the server said %s", s->labels[1],
                       resp_said(run, value));
    return false;
}

static void on_stream(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct stream *s = ctx;

    if (!is_list(run, s, value))
        return;
    add_field(run, s, REDIS_STREAM_LENGTH, value, "length");
    add_field(run, s, REDIS_STREAM_RADIX_KEYS, value, "radix-tree-keys");
    add_field(run, s, REDIS_STREAM_RADIX_NODES, value, "radix-tree-nodes");
    add_field(run, s, REDIS_STREAM_GROUPS, value, "groups");
    add_field(run, s, REDIS_STREAM_ADDED, value, "entries-added");
    add_id(run, s, REDIS_STREAM_LAST, resp_field(value, "last-generated-id"));
    add_id(run, s, REDIS_STREAM_DELETED, resp_field(value, "max-deleted-entry-id"));
    add_id(run, s, REDIS_STREAM_FIRST_ENTRY, entry_id(resp_field(value, "first-entry")));
    add_id(run, s, REDIS_STREAM_LAST_ENTRY, entry_id(resp_field(value, "last-entry")));
}

static void on_consumers(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct stream *group = ctx;
    double idle;

    if (!is_list(run, group, value))
        return;
    for (size_t i = 0; i < value->count && i < REDIS_MAX_CONSUMERS; i++) {
        const struct bytes name = resp_text(resp_field(value->items[i], "name"));
        struct stream s = *group;
        s.labels[3] = arena_strndup(run_arena(run), name.ptr, name.len);
        add_field(run, &s, REDIS_CONSUMER_PENDING, value->items[i], "pending");
        if (resp_number(resp_field(value->items[i], "idle"), &idle))
            add(run, &s, REDIS_CONSUMER_IDLE, idle / 1e3);
    }
}

/* For expectations: of a stream's groups, the one that is worst off. */
static void note_group(struct redis_measured *m, const struct resp_value *group)
{
    double number;

    if (resp_number(resp_field(group, "pending"), &number) && number > m->pending)
        m->pending = number;
    if (resp_number(resp_field(group, "lag"), &number)) {
        m->lag = !m->has_lag || number > m->lag ? number : m->lag;
        m->has_lag = true;
    }
}

static void add_group(struct run *run, const struct stream *stream,
                      const struct resp_value *group)
{
    const struct redis_conf *conf = run_conf(run);
    const struct bytes name = resp_text(resp_field(group, "name"));
    struct stream *s = arena_memdup(run_arena(run), stream, sizeof(*stream));

    if (!name.len)
        return;
    s->labels[2] = arena_strndup(run_arena(run), name.ptr, name.len);
    add_field(run, s, REDIS_GROUP_CONSUMERS, group, "consumers");
    add_field(run, s, REDIS_GROUP_PENDING, group, "pending");
    add_field(run, s, REDIS_GROUP_READ, group, "entries-read");
    add_field(run, s, REDIS_GROUP_LAG, group, "lag");
    add_id(run, s, REDIS_GROUP_DELIVERED, resp_field(group, "last-delivered-id"));
    note_group(s->found, group);
    if (!conf->stream_consumers || name.len > REDIS_MAX_KEY_BYTES)
        return;
    const struct bytes words[] = {bytes_of("XINFO"), bytes_of("CONSUMERS"),
                                  bytes_of(s->labels[1]), name};
    redis_ask_in(run, s->found->key->database);
    redis_ask(run, on_consumers, s, words, ARRAY_LEN(words));
}

static void on_groups(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct stream *s = ctx;

    if (!is_list(run, s, value))
        return;
    s->found->is_stream = true;
    for (size_t i = 0; i < value->count && i < REDIS_MAX_GROUPS; i++)
        add_group(run, s, value->items[i]);
}

void redis_stream_ask(struct run *run, struct redis_measured *m, enum redis_part part)
{
    struct stream *s = arena_alloc(run_arena(run), sizeof(*s));

    *s = (struct stream){
        .found = m,
        .part = part,
        .labels = {redis_database_name(run, m->key->database), m->key->name}};
    redis_ask_text(run, on_stream, s, "XINFO STREAM", m->key->name);
    redis_ask_text(run, on_groups, s, "XINFO GROUPS", m->key->name);
}
