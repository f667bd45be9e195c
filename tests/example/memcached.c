/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probe that docs/writing-a-probe.md builds: memcached, by its `stats`. It is built and run against a server by
 * tests/loopback/test_example.c, and no part of healthd.
 */
#include <math.h>

#include "lib/core/limit.h"
#include "lib/core/reason.h"
#include "lib/core/run.h"
#include "lib/core/talk.h"

#define LINE_MAX_BYTES 1024
#define LINES_MAX 500 /* memcached 1.6 sends about 90 */

struct memcached_conf {
    const char *address, *min_version;
};

enum { STAT_CONNECTIONS, STAT_ITEMS, STAT_BYTES, STAT_MEMORY, STAT_EVICTIONS, STATS };

struct memcached_state {
    double values[STATS];
    const char *version; /* in the run's arena; NULL until it came */
    size_t lines;
    bool is_memcached; /* it has answered as one */
};

/* What of an answer is shown, by the server's name for it; the families are memcached_exporter's. */
static const struct {
    const char *stat;
    struct metric metric;
} stats[STATS] = {
    [STAT_CONNECTIONS] = {"curr_connections",
                          {.name = "memcached_current_connections",
                           .help = "Connections that are open"}},
    [STAT_ITEMS] = {"curr_items",
                    {.name = "memcached_current_items", .help = "Items that are stored"}},
    [STAT_BYTES] = {"bytes",
                    {.name = "memcached_current_bytes",
                     .unit = "bytes",
                     .help = "What the stored items take"}},
    [STAT_MEMORY] = {"limit_maxbytes",
                     {.name = "memcached_limit_bytes",
                      .unit = "bytes",
                      .help = "What items may take"}},
    [STAT_EVICTIONS] = {"evictions",
                        {.name = "memcached_items_evicted_total",
                         .kind = METRIC_COUNTER,
                         .help = "Items that made room for others before they expired"}},
};
static const struct metric version_metric = {
    .name = "memcached_version",
    .help = "The server's version; always 1",
    .labels = {"version"},
};
static const struct metric up_metric = {
    .name = "memcached_up",
    .help = "Whether the server answered",
};

/* ---- the answer ---- */

/* "1.6.9" before "1.6.10": number by number; what is missing is 0. */
static bool is_older(struct bytes version, struct bytes wanted)
{
    while (version.len || wanted.len) {
        struct bytes a = {0}, b = {0};
        uint64_t left = 0, right = 0;
        bytes_token(&version, '.', &a);
        bytes_token(&wanted, '.', &b);
        (void)bytes_to_u64(a, &left);
        (void)bytes_to_u64(b, &right);
        if (left != right)
            return left < right;
    }
    return false;
}

static enum talk judge(struct run *run)
{
    const struct memcached_conf *conf = run_conf(run);
    struct memcached_state *state = run_state(run);

    for (size_t i = 0; i < STATS; i++) {
        if (!isnan(state->values[i]))
            run_sample(run, &stats[i].metric, state->values[i]);
    }
    if (!state->version)
        return run_down(run, REASON_PROTOCOL,
                        "expected a line \"STAT version …\", got %zu others",
                        state->lines);
    state->is_memcached = true;
    run_sample_with(run, &version_metric, &state->version, 1);
    if (is_older(bytes_of(state->version), bytes_of(conf->min_version)))
        return run_down(run, REASON_VERSION,
                        "expected memcached %s or newer (`min_version`), got %s",
                        conf->min_version, run_quoted(run, bytes_of(state->version)));
    return run_up(run);
}

/* "STAT curr_items 7": a name and a value. False when it is none. */
static bool take_stat(struct run *run, struct bytes line)
{
    struct memcached_state *state = run_state(run);
    struct bytes word, name;

    if (!bytes_split(&line, ' ', &word) || !bytes_is(word, "STAT") ||
        !bytes_split(&line, ' ', &name))
        return false;
    if (bytes_is(name, "version"))
        state->version = arena_strndup(run_arena(run), line.ptr, line.len);
    for (size_t i = 0; i < STATS; i++) {
        if (bytes_is(name, stats[i].stat) && !bytes_to_double(line, &state->values[i]))
            return false;
    }
    return true;
}

/* ---- the dialogue ---- */

static void begin(struct run *run)
{
    struct memcached_state *state = run_state(run);

    for (size_t i = 0; i < STATS; i++)
        state->values[i] = NAN;
    run_say_text(run, "stats\r\n");
}

static enum talk memcached_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct memcached_state *state = run_state(run);
    struct bytes line;

    if (event == TALK_OPEN)
        begin(run);
    while (bytes_line(in, &line)) {
        if (bytes_is(line, "END"))
            return judge(run);
        if (++state->lines > LINES_MAX)
            return run_down(run, REASON_TOO_LARGE, "`stats` had no END after %d lines",
                            LINES_MAX);
        if (!take_stat(run, line))
            return run_down(run, REASON_PROTOCOL,
                            "expected \"STAT …\" or \"END\", got %s",
                            run_quoted(run, line));
    }
    if (in->len <= LINE_MAX_BYTES)
        return TALK_MORE;
    return run_down(run, REASON_PROTOCOL,
                    "expected a line, got %zu bytes without a newline that start %s",
                    in->len, run_quoted(run, *in));
}

static void memcached_report(struct run *run)
{
    const struct memcached_state *state = run_state(run);

    run_sample(run, &up_metric, state->is_memcached);
}

static bool memcached_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                          struct err *e)
{
    const struct memcached_conf *conf = ctx;

    if (!conf->address[0])
        return true; /* `host`, or `unix` */
    ret_dial->unix_path = NULL;
    return dial_split(arena, conf->address, &ret_dial->host, &ret_dial->port, e);
}

/* ---- what conditions may name ---- */

static bool memory_used(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct memcached_state *state = run_state(run);

    if (!(state->values[STAT_MEMORY] > 0) || isnan(state->values[STAT_BYTES]))
        return err_set(why, "the server told no `bytes` or no `limit_maxbytes`");
    *ret_value = value_number(state->values[STAT_BYTES] / state->values[STAT_MEMORY]);
    return true;
}

/* ---- the table ---- */

#define OPT_STRUCT struct memcached_conf
const struct probe_type probe_memcached = {
    .name = "memcached",
    .job = "memcached",
    .summary = "Memcached servers: whether they answer, their version, items and memory.",
    .example = "memcached: {address: \"cache:11211\", min_version: \"1.6\"}",
    .port = 11211,
    .is_critical = true,
    .keeps_connection = true,
    .conf_size = sizeof(struct memcached_conf),
    .state_size = sizeof(struct memcached_state),
    .aim = memcached_aim,
    .talk = memcached_talk,
    .report = memcached_report,
    .metrics =
        (const struct metric *const[]){
            &up_metric, &stats[STAT_CONNECTIONS].metric, &stats[STAT_ITEMS].metric,
            &stats[STAT_BYTES].metric, &stats[STAT_MEMORY].metric,
            &stats[STAT_EVICTIONS].metric, &version_metric, NULL},
    .vars = (const struct var[]){{"memory_used", VALUE_NUMBER,
                                  "Share of the memory for items that is taken, 0 to 1.",
                                  memory_used},
                                 {0}},
    .limits =
        (const struct limit[]){
            {.name = "memory_used",
             .alert = "MemcachedMemoryUsed",
             .expr = "memcached_current_bytes{$probe} / memcached_limit_bytes{$probe}",
             .unit = LIMIT_SHARE,
             .side = LIMIT_ABOVE,
             .release = 0.05,
             .hold_for = NSEC_PER_MINUTE,
             .summary =
                 "{{ $labels.probe }} has {{ $value | humanizePercentage }} of its "
                 "memory for items taken",
             .runbook = "",
             .doc = "Share of the memory for items that is taken."},
            {0}},
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("address", address, "", "host:port; port 11211 when left out.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_TEXT("min_version", min_version, "", "An older server is down."),
            {0}},
};
