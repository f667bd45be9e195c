/* SPDX-License-Identifier: Apache-2.0 */
/* What expectations may name of a PostgreSQL server. Called by expressions, after the answer is there. */
#include <math.h>
#include <string.h>

#include "probes/postgres.h"

static const struct custom_rows *rows_of(struct run *run, struct err *why)
{
    const struct postgres_state *state = run_state(run);

    if (state->is_up)
        return state->rows;
    err_set(why, "there was no answer");
    return NULL;
}

static bool get_rows(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct custom_rows *rows = rows_of(run, why);

    if (rows)
        *ret_value = value_json(custom_rows_json(rows, arena));
    return rows != NULL;
}

static bool get_value(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct custom_rows *rows = rows_of(run, why);

    if (!rows)
        return false;
    if (!custom_rows_count(rows) || !custom_rows_columns(rows))
        return err_set(why, "the answer has no rows");
    const json_t *row = json_array_get(custom_rows_json(rows, arena), 0);
    *ret_value = value_json(json_object_get(row, custom_rows_column(rows, 0)));
    return true;
}

static bool get_queries(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct postgres_conf *conf = run_conf(run);
    const struct postgres_session *session = run_session(run)->state;
    (void)why;

    *ret_value = value_json(custom_json(&session->custom, &conf->queries,
                                        sizeof(struct postgres_query), arena));
    return true;
}

/* A collector's number, which may be off, refused, or not due in this run. */
static bool known(double number, const char *collector, struct err *why)
{
    return !isnan(number) ||
           err_set(why, "the collector %s gave no number in this run", collector);
}

#define NUMBER_VAR(name, field, collector)                           \
    static bool get_##name(struct run *run, struct arena *arena,     \
                           struct value *ret_value, struct err *why) \
    {                                                                \
        const struct postgres_state *state = run_state(run);         \
        (void)arena;                                                 \
        if (!known(state->field, collector, why))                    \
            return false;                                            \
        *ret_value = value_number(state->field);                     \
        return true;                                                 \
    }

NUMBER_VAR(connections, connections, "connections")
NUMBER_VAR(connections_limit, connections_limit, "connections")

static bool get_connections_used(struct run *run, struct arena *arena,
                                 struct value *ret_value, struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena;

    if (!known(state->connections, "connections", why))
        return false;
    *ret_value =
        (struct value){.type = VALUE_PERCENT,
                       .number = 100 * state->connections / state->connections_limit};
    return true;
}

static bool get_lag(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena;

    if (!known(state->lag, "server", why))
        return false;
    *ret_value = value_duration(nsec_from_sec(state->lag));
    return true;
}

static bool get_is_replica(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena;

    if (!known(state->is_replica, "server", why))
        return false;
    *ret_value = value_bool(state->is_replica != 0);
    return true;
}

static bool get_idle(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena;

    if (!known(state->idle_in_transaction, "connections", why))
        return false;
    *ret_value = value_duration(nsec_from_sec(state->idle_in_transaction));
    return true;
}

static bool get_size(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct postgres_session *session = run_session(run)->state;
    const double size = session->largest_database;
    (void)arena;

    if (!known(size > 0 ? size : NAN, "database_size", why))
        return false;
    *ret_value = (struct value){.type = VALUE_SIZE, .number = size};
    return true;
}

static bool get_xid_age(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct postgres_session *session = run_session(run)->state;
    (void)arena;

    if (!known(session->xid_age > 0 ? session->xid_age : NAN, "database", why))
        return false;
    *ret_value = value_number(session->xid_age);
    return true;
}

static bool get_version(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena;

    if (!state->version[0])
        return err_set(why, "the server did not say its version");
    *ret_value = value_text(bytes_of(state->version));
    return true;
}

static bool get_login(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena, (void)why;

    *ret_value = value_duration(state->login_took);
    return true;
}

static bool get_answer(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct postgres_state *state = run_state(run);
    (void)arena, (void)why;

    *ret_value = value_duration(state->answer_took);
    return true;
}

const struct var postgres_vars[] = {
    {"rows", VALUE_JSON, "The answer to `query`: a list of rows, each with its columns.",
     get_rows},
    {"value", VALUE_JSON, "The first column of its first row.", get_value},
    {"queries", VALUE_JSON,
     "The latest answers to `queries`, by name, each as `rows` is: "
     "queries.orders[0].open.",
     get_queries},
    {"version", VALUE_TEXT, "The server's version.", get_version},
    {"login_time", VALUE_DURATION,
     "How long the login took; 0s on a connection that was kept.", get_login},
    {"query_time", VALUE_DURATION, "How long `query` took.", get_answer},
    {"connections", VALUE_NUMBER, "Connections of clients.", get_connections},
    {"connections_limit", VALUE_NUMBER, "Connections that clients can have.",
     get_connections_limit},
    {"connections_used", VALUE_PERCENT, "Share of those that are in use.",
     get_connections_used},
    {"replication_lag", VALUE_DURATION, "How far a standby is behind; 0s on a primary.",
     get_lag},
    {"is_replica", VALUE_BOOL, "Whether it is a standby.", get_is_replica},
    {"idle_in_transaction", VALUE_DURATION,
     "How long the oldest session has been idle within a transaction.", get_idle},
    {"database_size", VALUE_SIZE, "Size of the largest database.", get_size},
    {"xid_age", VALUE_NUMBER,
     "Transactions since the oldest id that is not frozen, in the worst database.",
     get_xid_age},
    {0}};
