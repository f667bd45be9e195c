/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a queue in a table: how many wait and since when, and those that an earlier run left. Called by
 * queue_table.c. What it removes has this probe's tag, and is older than anybody waits.
 */
#include <string.h>

#include "lib/core/pg_quote.h"
#include "probes/queue.h"

static const char *name(struct run *run, const char *text)
{
    return pg_quote_name(run_arena(run), text);
}

/* ---- what earlier runs left ---- */

static const char *place_of(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    return name(run, queue_is_answered(conf) ? conf->name : conf->own);
}

static void on_swept(struct run *run, const struct pg_trouble *why)
{
    struct queue_session *session = run_session(run)->state;
    const struct queue_state *state = run_state(run);
    uint64_t count = 0;

    if (why->trouble.reason != REASON_NONE) {
        queue_postgres_fail(run, "what earlier runs left could not be removed", why);
        return;
    }
    if (state->row && bytes_to_u64(bytes_of(state->row), &count))
        session->swept += (double)count;
    session->is_swept = !state->has_young;
    queue_next(run);
}

/* id, message */
static void on_found_row(struct run *run, const struct pg_row *row)
{
    struct queue_state *state = run_state(run);
    struct bytes tag;
    struct wall made;

    if (!queue_tag_find(run, pg_row_text(row, 1), &tag, &made))
        return;
    if (!queue_is_leftover(run, made)) {
        state->has_young = true;
        return;
    }
    const char *id = pg_quote_text(run_arena(run), pg_row_text(row, 0));
    state->leftovers = state->leftovers
                           ? arena_printf(run_arena(run), "%s, %s", state->leftovers, id)
                           : id;
}

static void on_found(struct run *run, const struct pg_trouble *why)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_session *session = run_session(run)->state;
    const struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE) {
        queue_postgres_fail(run, "what earlier runs left could not be looked for", why);
        return;
    }
    if (!state->leftovers) {
        session->is_swept = !state->has_young;
        queue_next(run);
        return;
    }
    queue_postgres_ask(run,
                       arena_printf(run_arena(run),
                                    "WITH gone AS (DELETE FROM %s WHERE %s IN (%s) "
                                    "RETURNING 1) SELECT count(*) FROM gone",
                                    place_of(run), name(run, conf->id), state->leftovers),
                       NULL, on_swept);
}

void queue_rows_sweep(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_session *session = run_session(run)->state;

    if (session->is_swept || !strstr(conf->message, "${tag}")) {
        queue_next(run);
        return;
    }
    queue_postgres_ask(
        run,
        arena_printf(
            run_arena(run),
            "SELECT %s::text, %s::text FROM %s WHERE position(%s in %s::text) > 0 "
            "LIMIT %d",
            name(run, conf->id), name(run, conf->field), place_of(run),
            pg_quote_text(run_arena(run), bytes_of(queue_tag_prefix(run))),
            name(run, conf->field), QUEUE_MAX_SWEPT),
        on_found_row, on_found);
}

/* ---- measuring ---- */

static void take_number(const struct pg_row *row, size_t column, double *number)
{
    if (column < row->columns && !pg_row_is_null(row, column))
        bytes_to_double(pg_row_text(row, column), number);
}

/* waiting, failed, age */
static void on_numbers(struct run *run, const struct pg_row *row)
{
    struct queue_state *state = run_state(run);

    take_number(row, 0, &state->counts[QUEUE_WAITING]);
    take_number(row, 1, &state->counts[QUEUE_FAILED]);
    take_number(row, 2, &state->oldest[QUEUE_WAITING]);
}

static void on_measured(struct run *run, const struct pg_trouble *why)
{
    if (!strcmp(why->sqlstate, "42P01")) {
        queue_postgres_fail(run, "the queue could not be measured", why);
        return;
    }
    if (why->trouble.reason != REASON_NONE)
        queue_unmeasured(run, "%s", why->trouble.detail);
    queue_next(run);
}

static const char *count_of(struct run *run, const char *condition)
{
    const struct queue_conf *conf = run_conf(run);

    return arena_printf(
        run_arena(run),
        "(SELECT count(*) FROM (SELECT FROM %s WHERE %s LIMIT %d) AS counted)",
        name(run, conf->name), condition, QUEUE_MAX_COUNTED);
}

void queue_rows_measure(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct arena *arena = run_arena(run);
    const char *age = "NULL";

    if (!conf->name[0]) {
        queue_next(run);
        return;
    }
    if (conf->created[0])
        age = arena_printf(
            arena,
            "(SELECT coalesce(greatest(extract(epoch FROM now() - min(%s)), 0), 0) "
            "FROM %s WHERE %s)",
            name(run, conf->created), name(run, conf->name), conf->waiting);
    queue_postgres_ask(
        run,
        arena_printf(arena, "SELECT %s, %s, %s", count_of(run, conf->waiting),
                     conf->failed[0] ? count_of(run, conf->failed) : "NULL", age),
        on_numbers, on_measured);
}
