/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that fit a pattern: looked for with SCAN, a thousand at a time, within limits of keys and time, and not in every
 * run. Found keys are measured, or only counted. Called after INFO; what a limit cut off is said by a sample.
 */
#include <string.h>

#include "lib/base/map.h"
#include "probes/redis.h"

#define STEP_KEYS 1000
#define STEP_TEXT "1000"
#define CURSOR_MAX_BYTES 32

struct redis_scan {
    struct mono started;
    nsec time;            /* that it may take */
    struct map *measured; /* "0:jobs" to itself: SCAN may name a key twice */
    size_t pattern;       /* of those to measure, then of those to count */
    double seen;          /* keys looked at for this pattern */
    double fits;
};

static bool is_counted(const struct redis_conf *conf, const struct redis_scan *scan)
{
    return scan->pattern >= conf->pattern_list.count;
}

static const struct redis_key *pattern_of(const struct redis_conf *conf,
                                          const struct redis_scan *scan)
{
    if (!is_counted(conf, scan))
        return &conf->pattern_list.items[scan->pattern];
    const size_t at = scan->pattern - conf->pattern_list.count;
    return at < conf->count_list.count ? &conf->count_list.items[at] : NULL;
}

static void on_scanned(struct run *run, const struct resp_value *value, void *ctx);

static void ask_step(struct run *run, const struct redis_key *pattern,
                     struct bytes cursor)
{
    const struct bytes words[] = {bytes_of("SCAN"),  cursor,
                                  bytes_of("MATCH"), bytes_of(pattern->name),
                                  bytes_of("COUNT"), bytes_of(STEP_TEXT)};

    redis_ask_in(run, pattern->database);
    redis_ask(run, on_scanned, NULL, words, ARRAY_LEN(words));
}

static void begin_pattern(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);
    struct redis_state *state = run_state(run);
    struct redis_session *session = run_session(run)->state;
    const struct redis_key *pattern = pattern_of(conf, state->scan);

    state->scan->seen = state->scan->fits = 0;
    if (pattern)
        ask_step(run, pattern, bytes_of("0"));
    else
        session->next_scan = mono_add(mono_read(), conf->scan_interval);
}

static void end_pattern(struct run *run, bool is_complete)
{
    const struct redis_conf *conf = run_conf(run);
    struct redis_scan *scan = ((struct redis_state *)run_state(run))->scan;
    const struct redis_key *pattern = pattern_of(conf, scan);
    const char *const values[] = {redis_database_name(run, pattern->database),
                                  pattern->name};

    redis_part_enter(run, REDIS_PART_SCAN);
    redis_sample(run, REDIS_KEYS_COUNT, values, scan->fits);
    redis_sample(run, REDIS_KEYS_COMPLETE, values, is_complete);
    scan->pattern++;
    begin_pattern(run);
}

/* A name that cannot stand on a series, or is one too many, is counted but not measured. */
static void measure_found(struct run *run, const struct redis_key *pattern,
                          struct bytes name)
{
    struct redis_state *state = run_state(run);

    if (!name.len || name.len > REDIS_MAX_KEY_BYTES || !bytes_is_utf8(name) ||
        memchr(name.ptr, '\0', name.len) ||
        map_count(state->scan->measured) >= REDIS_MAX_KEYS)
        return;
    struct redis_key *key = arena_alloc(run_arena(run), sizeof(*key));
    *key = (struct redis_key){arena_strndup(run_arena(run), name.ptr, name.len),
                              pattern->database};
    const char *id =
        arena_printf(run_arena(run), "%lld:%s", (long long)key->database, key->name);
    if (!map_put(state->scan->measured, bytes_of(id), key))
        redis_measure(run, key, REDIS_PART_SCAN);
}

static bool is_over(struct run *run, const struct redis_scan *scan)
{
    const struct redis_conf *conf = run_conf(run);

    return scan->seen >= (double)conf->scan_keys ||
           mono_since(mono_read(), scan->started) > scan->time;
}

/* [cursor, [key, …]] */
static void on_scanned(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct redis_conf *conf = run_conf(run);
    struct redis_scan *scan = ((struct redis_state *)run_state(run))->scan;
    const struct redis_key *pattern = pattern_of(conf, scan);

    if (value->kind != RESP_LIST || value->count != 2) {
        redis_part_failed(run, REDIS_PART_SCAN, value);
        return;
    }
    const struct bytes cursor = resp_text(value->items[0]);
    const struct resp_value *keys = value->items[1];
    scan->seen += STEP_KEYS;
    scan->fits += (double)keys->count;
    for (size_t i = 0; i < keys->count && !is_counted(conf, scan); i++)
        measure_found(run, pattern, resp_text(keys->items[i]));
    if (bytes_is(cursor, "0"))
        end_pattern(run, true);
    else if (!cursor.len || cursor.len > CURSOR_MAX_BYTES || is_over(run, scan))
        end_pattern(run, false);
    else
        ask_step(run, pattern, cursor);
}

static void map_end(void *map)
{
    map_destroy(map);
}

void redis_scan_ask(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);
    struct redis_state *state = run_state(run);
    const struct redis_session *session = run_session(run)->state;
    const bool is_due =
        !session->next_scan.ns || mono_reached(mono_read(), session->next_scan);

    if ((!conf->pattern_list.count && !conf->count_list.count) || !is_due ||
        !redis_part_begin(run, REDIS_PART_SCAN))
        return;
    /* At most half of what is left of the run: a large database is no reason to call the server down. */
    const nsec half = run_left(run) / 2;
    state->scan = arena_alloc(run_arena(run), sizeof(*state->scan));
    *state->scan = (struct redis_scan){
        .started = mono_read(),
        .time = conf->scan_time < half ? conf->scan_time : half,
        .measured = map_create(),
    };
    arena_cleanup(run_arena(run), map_end, state->scan->measured);
    redis_part_enter(run, REDIS_PART_SCAN);
    begin_pattern(run);
}
