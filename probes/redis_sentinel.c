/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentinel: the masters that it watches, what it is told to do about each, whether enough sentinels agree, and how many
 * replicas and sentinels are well. Called when INFO says that the server is one.
 */
#include <string.h>

#include "probes/redis.h"

#define SENTINEL_MAX_MASTERS 100

struct watched {           /* one master */
    const char *labels[2]; /* name, address */
};

static const struct {
    const char *name;
    enum redis_family family;
    double scale;
} settings[] = {
    {"quorum", REDIS_SENTINEL_SET_QUORUM, 1},
    {"failover-timeout", REDIS_SENTINEL_SET_FAILOVER, 1},
    {"parallel-syncs", REDIS_SENTINEL_SET_SYNCS, 1},
    {"down-after-milliseconds", REDIS_SENTINEL_SET_DOWN, 1},
    {"config-epoch", REDIS_SENTINEL_EPOCH, 1},
    {"last-ok-ping-reply", REDIS_SENTINEL_PING, 1e-3},
};

static bool is_well(const struct resp_value *instance)
{
    struct bytes flags = resp_text(resp_field(instance, "flags")), flag;

    while (bytes_token(&flags, ',', &flag)) {
        if (bytes_is(flag, "s_down") || bytes_is(flag, "o_down"))
            return false;
    }
    return true;
}

static void count_well(struct run *run, const struct watched *w,
                       const struct resp_value *value, enum redis_family family,
                       double count)
{
    if (value->kind != RESP_LIST) {
        redis_part_failed(run, REDIS_PART_SENTINEL, value);
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        count += is_well(value->items[i]);
    redis_part_enter(run, REDIS_PART_SENTINEL);
    redis_sample(run, family, w->labels, count);
}

static void on_sentinels(struct run *run, const struct resp_value *value, void *ctx)
{
    count_well(run, ctx, value, REDIS_SENTINEL_OK_SENTINELS, 1); /* and this one */
}

static void on_replicas(struct run *run, const struct resp_value *value, void *ctx)
{
    count_well(run, ctx, value, REDIS_SENTINEL_OK_REPLICAS, 0);
}

/* "+OK 3 usable Sentinels. …" or "-NOQUORUM …". The numbers in it would make a series each: the first word will do. */
static void on_quorum(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct watched *w = ctx;
    struct bytes text = value->kind == RESP_ERROR ? value->text : resp_text(value), word;
    const bool is_met = value->kind == RESP_STATUS;

    if (value->kind == RESP_ERROR && !bytes_starts(text, "NOQUORUM") &&
        !bytes_starts(text, "NOGOODSLAVE")) {
        redis_part_failed(run, REDIS_PART_SENTINEL, value);
        return;
    }
    if (!bytes_token(&text, ' ', &word))
        word = bytes_of("");
    const char *const values[] = {w->labels[0],
                                  arena_strndup(run_arena(run), word.ptr, word.len)};
    redis_part_enter(run, REDIS_PART_SENTINEL);
    redis_sample(run, REDIS_SENTINEL_QUORUM, values, is_met);
}

static void add_master(struct run *run, const struct resp_value *master)
{
    const struct bytes name = resp_text(resp_field(master, "name"));
    const struct bytes ip = resp_text(resp_field(master, "ip"));
    const struct bytes port = resp_text(resp_field(master, "port"));
    struct watched *w = arena_alloc(run_arena(run), sizeof(*w));
    double number;

    if (!name.len || name.len > REDIS_MAX_KEY_BYTES)
        return;
    w->labels[0] = arena_strndup(run_arena(run), name.ptr, name.len);
    w->labels[1] = arena_printf(run_arena(run), "%.*s:%.*s", (int)ip.len, ip.ptr,
                                (int)port.len, port.ptr);
    redis_part_enter(run, REDIS_PART_SENTINEL);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (resp_number(resp_field(master, settings[i].name), &number))
            redis_sample(run, settings[i].family, w->labels, number * settings[i].scale);
    }
    redis_ask_text(run, on_quorum, w, "SENTINEL CKQUORUM", w->labels[0]);
    redis_ask_text(run, on_sentinels, w, "SENTINEL SENTINELS", w->labels[0]);
    redis_ask_text(run, on_replicas, w, "SENTINEL SLAVES", w->labels[0]);
}

static void on_masters(struct run *run, const struct resp_value *value, void *ctx)
{
    if (value->kind != RESP_LIST) {
        redis_part_failed(run, REDIS_PART_SENTINEL, value);
        return;
    }
    for (size_t i = 0; i < value->count && i < SENTINEL_MAX_MASTERS; i++)
        add_master(run, value->items[i]);
}

void redis_sentinel_ask(struct run *run)
{
    if (redis_part_begin(run, REDIS_PART_SENTINEL))
        redis_ask_text(run, on_masters, NULL, "SENTINEL MASTERS", NULL);
}
