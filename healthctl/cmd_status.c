/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl status`: every probe's confirmed health, worst first. JSON is the API's document. */
#include <stdlib.h>
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/outcome.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

#define TIMEOUT (10 * NSEC_PER_SEC)

static const struct column columns[] = {
    {.key = "health", .title = "HEALTH"},
    {.key = "probe", .title = "PROBE", .is_elastic = false},
    {.key = "type", .title = "TYPE"},
    {.key = "since", .title = "SINCE", .is_right = true},
    {.key = "reason", .title = "REASON"},
    {.key = "detail", .title = "WHY", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };
#define UNCONFIRMED "unconfirmed"

struct counts {
    size_t of[HEALTH_DOWN + 1], unconfirmed;
};

struct entry {
    json_t *probe;
    enum health health, last;
    size_t order;
};

/* Down, degraded, unknown, up; among equals those whose last run was worse, then as configured. */
static int rank(const struct entry *x)
{
    static const int ranks[] = {
        [HEALTH_UNKNOWN] = 2, [HEALTH_UP] = 3, [HEALTH_DEGRADED] = 1, [HEALTH_DOWN] = 0};
    return ranks[x->health] * 4 + ranks[x->last];
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (rank(x) != rank(y))
        return rank(x) < rank(y) ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static struct entry *sorted(struct arena *arena, json_t *probes)
{
    const size_t count = json_array_size(probes);
    struct entry *entries = arena_alloc(arena, (count + 1) * sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        json_t *probe = json_array_get(probes, i);
        entries[i] = (struct entry){
            .probe = probe,
            .health = health_of_name(remote_text(probe, "health")),
            .last = health_of_name(remote_text(json_object_get(probe, "last"), "health")),
            .order = i,
        };
    }
    qsort(entries, count, sizeof(*entries), compare);
    return entries;
}

/* Nothing is confirmed, though healthd could ask, or has not asked yet: no word of health fits. */
static bool is_unconfirmed(const struct entry *x)
{
    const bool has_run = json_is_object(json_object_get(x->probe, "last"));
    return x->health == HEALTH_UNKNOWN && (!has_run || x->last != HEALTH_UNKNOWN);
}

/* The sentence; and when the last run found another health than what is confirmed, that. */
static const char *why(struct arena *arena, const struct entry *x)
{
    const json_t *last = json_object_get(x->probe, "last");
    const char *detail = remote_text(last, "detail");
    const char *turning = remote_turning(arena, x->probe);
    if (!json_is_object(last))
        return "has not run yet";
    if (x->last == x->health)
        return detail;
    if (x->last == HEALTH_UNKNOWN)
        return arena_printf(arena, "could not be asked%s%s", *detail ? ": " : "", detail);
    return arena_printf(arena, "not yet confirmed: %s%s%s",
                        *turning ? turning : health_name(x->last), *detail ? ": " : "",
                        detail);
}

static void add_row(struct arena *arena, struct cell *row, const struct entry *x)
{
    const json_t *last = json_object_get(x->probe, "last");
    const bool is_good = x->health == HEALTH_UP && x->last == HEALTH_UP;
    row[0] = is_unconfirmed(x) ? cell_toned(health_tone(HEALTH_UNKNOWN), UNCONFIRMED)
                               : cell_health(x->health);
    row[1] = cell_text(remote_text(x->probe, "name"));
    row[2] = cell_text(remote_text(x->probe, "type"));
    row[3] = cell_age(remote_time(x->probe, "since"));
    row[4] = cell_text(is_good ? "" : remote_text(last, "reason"));
    row[5] = cell_text(is_good ? "" : why(arena, x));
}

/* The first fault: its sentence, the line and the caret. */
static void say_rejected(struct invocation *in, const char *text)
{
    struct bytes rest = bytes_of(text), line;
    write_say(in->out, TONE_WARN,
              "The last reload was rejected; the configuration before it is in force. "
              "`healthctl reload` says all that is wrong with the new one:");
    for (int i = 0; i < 3 && bytes_token(&rest, '\n', &line); i++)
        write_say(in->out, TONE_PLAIN, "  %.*s", (int)line.len, line.ptr);
}

static void say_head(struct invocation *in, json_t *status, const struct counts *counts)
{
    struct buf text = BUF_MAX(4096);
    const char *site = remote_text(status, "site");
    const size_t total = json_array_size(json_object_get(status, "probes"));
    buf_printf(&text, "healthd %s%s%s, generation %jd: %zu probe%s",
               remote_text(status, "version"), *site ? " at " : "", site,
               (intmax_t)json_integer_value(json_object_get(status, "generation")), total,
               total == 1 ? "" : "s");
    const char *separator = ", ";
    for (int h = HEALTH_DOWN; h >= HEALTH_UNKNOWN; h--) {
        if (counts->of[h])
            buf_printf(&text, "%s%zu %s", separator, counts->of[h],
                       health_name((enum health)h));
    }
    if (counts->unconfirmed)
        buf_printf(&text, "%s%zu " UNCONFIRMED, separator, counts->unconfirmed);
    write_say(in->out, TONE_STRONG, "%s", buf_text(&text));
    buf_finish(&text);
    if (json_is_false(json_object_get(status, "last_reload_ok")))
        say_rejected(in, remote_text(status, "last_reload_text"));
}

static int run(struct invocation *in)
{
    json_t *status;
    const int code = client_ask_json(in, "GET", "/api/status", TIMEOUT, &status);
    if (code)
        return code;
    json_t *probes = json_object_get(status, "probes");
    const size_t count = json_array_size(probes);
    const struct entry *entries = sorted(in->arena, probes);
    struct cell *cells = arena_alloc(in->arena, (count * COLUMNS + 1) * sizeof(*cells));
    struct counts counts = {0};

    writer_set_now(in->out, remote_time(status, "now"));
    for (size_t i = 0; i < count; i++) {
        add_row(in->arena, cells + i * COLUMNS, &entries[i]);
        if (is_unconfirmed(&entries[i]))
            counts.unconfirmed++;
        else
            counts.of[entries[i].health]++;
    }
    write_json(in->out, NULL, json_incref(status));
    say_head(in, status, &counts);
    write_table(in->out, &(struct table){NULL, columns, COLUMNS, cells, count});
    return counts.of[HEALTH_DOWN] ? CODE_FAILED : CODE_PASS;
}

const struct command command_status = {
    .name = "status",
    .group = GROUP_AT_NIGHT,
    .run = run,
    .needs_daemon = true,
    .summary = "Every probe's health, worst first",
    .operands = "",
    .doc = "SINCE is how long the confirmed health has held. WHY says what the last run "
           "found, when "
           "that is not good, or not what is confirmed. Nothing is confirmed of a probe "
           "that is unconfirmed: it has not run, or not often enough; of one that is "
           "unknown healthd could not ask.\n\nExits 1 when a probe is down.",
    .examples =
        (const struct example[]){{"healthctl status", "What is wrong now"},
                                 {"healthctl status --format json | jq -r '.probes[] | "
                                  "select(.health == \"down\").name'",
                                  "The names of what is down"},
                                 {0}},
};
