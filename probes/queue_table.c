/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL tables as queues. By itself the probe inserts a row into a table of its own and takes it as workers do, with
 * FOR UPDATE SKIP LOCKED and DELETE. With `answered` the row goes into the application's table, and a worker has to delete
 * it, to make `done` true of it, or to write a row into `reply`. queue_rows.c measures.
 */
#include <string.h>

#include "lib/core/pg_quote.h"
#include "probes/queue.h"

static bool is_own(struct run *run)
{
    return !queue_is_answered(run_conf(run));
}

static const char *name(struct run *run, const char *text)
{
    return pg_quote_name(run_arena(run), text);
}

static const char *quoted(struct run *run, const char *text)
{
    return pg_quote_text(run_arena(run), bytes_of(text));
}

/* ---- putting it in ---- */

static void on_inserted(struct run *run, const struct pg_trouble *why)
{
    struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE) {
        state->is_out = false;
        queue_postgres_fail(run,
                            arena_printf(run_arena(run),
                                         "the message could not be put into %s",
                                         state->place),
                            why);
        return;
    }
    if (!state->row) {
        state->is_out = false;
        queue_fail(run, REASON_REJECTED,
                   "%s took the row and has none: a trigger or rule turns it away",
                   state->place);
        return;
    }
    state->entry = state->row;
    queue_next(run);
}

static void table_publish(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    struct arena *arena = run_arena(run);
    const char *columns = name(run, conf->field), *values = quoted(run, state->message);

    /* The probe's own table has none of the application's columns, unless it is the same. */
    const bool has_fields = !is_own(run) || !strcmp(conf->own, conf->name);
    for (size_t i = 0; has_fields && i < state->fields.count; i++) {
        columns =
            arena_printf(arena, "%s, %s", columns, name(run, state->fields.items[i].key));
        values = arena_printf(arena, "%s, %s", values,
                              quoted(run, state->fields.items[i].value));
    }
    state->is_out = true;
    state->place = is_own(run) ? conf->own : conf->name;
    queue_postgres_ask(
        run,
        arena_printf(arena, "INSERT INTO %s (%s) VALUES (%s) RETURNING %s::text",
                     name(run, state->place), columns, values, name(run, conf->id)),
        NULL, on_inserted);
}

/* ---- seeing it arrive ---- */

static void on_taken(struct run *run, const struct pg_trouble *why)
{
    struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE)
        queue_postgres_fail(run, "the message could not be taken out again", why);
    else if (!state->row)
        queue_look_again(run); /* somebody holds a lock on it */
    else if (strstr(state->row, state->tag) || !strstr(state->message, state->tag))
        queue_arrived(run);
    else
        queue_fail(run, REASON_BODY, "%s went into %s, and %s came out",
                   run_quoted(run, bytes_of(state->message)), state->place,
                   run_quoted(run, bytes_of(state->row)));
}

/* As a worker takes its next row; but this one and no other. */
static void take(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    const char *table = name(run, state->place), *id = name(run, conf->id);

    queue_postgres_ask(
        run,
        arena_printf(run_arena(run),
                     "DELETE FROM %s WHERE %s IN (SELECT %s FROM %s WHERE %s = %s "
                     "FOR UPDATE SKIP LOCKED) RETURNING %s::text",
                     table, id, id, table, id, quoted(run, state->entry),
                     name(run, conf->field)),
        NULL, on_taken);
}

static void on_seen(struct run *run, const struct pg_trouble *why)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE) {
        queue_postgres_fail(run, "whether it is answered could not be asked", why);
        return;
    }
    if (!state->row || strcmp(state->row, "t") != 0) {
        queue_look_again(run);
        return;
    }
    state->is_taken = true;
    if (conf->reply[0])
        state->reply_text = "";
    queue_arrived(run);
}

static void see(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    struct arena *arena = run_arena(run);
    const char *row =
        arena_printf(arena, "FROM %s WHERE %s = %s", name(run, state->place),
                     name(run, conf->id), quoted(run, state->entry));
    const char *sql;

    if (conf->reply[0])
        sql = arena_printf(arena, "SELECT EXISTS (SELECT FROM %s WHERE %s = %s)",
                           name(run, conf->reply), name(run, conf->reply_field),
                           quoted(run, state->entry));
    else if (conf->done[0])
        sql = arena_printf(arena,
                           "SELECT NOT EXISTS (SELECT %s) OR EXISTS (SELECT %s AND (%s))",
                           row, row, conf->done);
    else
        sql = arena_printf(arena, "SELECT NOT EXISTS (SELECT %s)", row);
    queue_postgres_ask(run, sql, NULL, on_seen);
}

static void table_look(struct run *run)
{
    if (is_own(run))
        take(run);
    else
        see(run);
}

static const char *table_tell(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);

    if (is_own(run))
        return NULL;
    return arena_printf(run_arena(run),
                        conf->reply[0]  ? "no row for it was written into %s"
                        : conf->done[0] ? "no worker was done with the row of %s"
                                        : "no worker took the row from %s",
                        conf->reply[0] ? conf->reply : state->place);
}

/* ---- leaving nothing ---- */

static void on_cleaned(struct run *run, const struct pg_trouble *why)
{
    const struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE)
        queue_leave(run, "the row could not be removed from %s: %s", state->place,
                    why->trouble.detail);
    queue_next(run);
}

static void on_reply_removed(struct run *run, const struct pg_trouble *why)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE)
        queue_leave(run, "the reply could not be removed from %s: %s", conf->reply,
                    why->trouble.detail);
    queue_postgres_ask(run,
                       arena_printf(run_arena(run), "DELETE FROM %s WHERE %s = %s",
                                    name(run, state->place), name(run, conf->id),
                                    quoted(run, state->entry)),
                       NULL, on_cleaned);
}

static void table_clean(struct run *run)
{
    static const struct pg_trouble none;
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);

    if (!state->entry || (is_own(run) && state->has_arrived)) {
        queue_next(run); /* taken out by having arrived; or a later run has to look */
        return;
    }
    if (!conf->reply[0] || is_own(run)) {
        on_reply_removed(run, &none);
        return;
    }
    queue_postgres_ask(run,
                       arena_printf(run_arena(run), "DELETE FROM %s WHERE %s = %s",
                                    name(run, conf->reply), name(run, conf->reply_field),
                                    quoted(run, state->entry)),
                       NULL, on_reply_removed);
}

const struct queue_kind queue_table = {
    .name = "table",
    .is_postgres = true,
    .sweep = queue_rows_sweep,
    .measure = queue_rows_measure,
    .publish = table_publish,
    .look = table_look,
    .clean = table_clean,
    .tell = table_tell,
};
