/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of PostgreSQL's views as samples. Called by postgres_gather.c and postgres_abroad.c while an answer comes. A value
 * that is NULL or no number is no sample.
 */
#include <math.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/words.h"
#include "probes/postgres.h"

#define MAX_LABEL_BYTES 256

static const char *label(struct run *run, const struct pg_row *row, size_t column)
{
    if (column >= row->columns || pg_row_is_null(row, column))
        return "";
    const struct bytes text = bytes_cut(pg_row_text(row, column), MAX_LABEL_BYTES);
    return words_label(run_arena(run), text);
}

/* NaN when there is none. */
static double number(const struct pg_row *row, size_t column)
{
    double value;

    if (column >= row->columns || pg_row_is_null(row, column) ||
        !bytes_to_double(pg_row_text(row, column), &value))
        return NAN;
    return value;
}

static void show(struct run *run, enum postgres_family family, const char *const *labels,
                 double value)
{
    if (!isnan(value))
        run_sample_with(run, &postgres_families[family], labels, value);
}

static void keep_larger(double *kept, double value)
{
    if (isnan(*kept) || value > *kept)
        *kept = value;
}

/* What variables name. */
static void note(struct postgres_state *state, enum postgres_family family, double value)
{
    if (family == POSTGRES_CONNECTIONS)
        state->connections = value;
    else if (family == POSTGRES_CONNECTIONS_LIMIT)
        state->connections_limit = value;
    else if (family == POSTGRES_IDLE_IN_TX)
        state->idle_in_transaction = value;
    else if (family == POSTGRES_LAG)
        state->lag = value;
    else if (family == POSTGRES_IS_REPLICA)
        state->is_replica = value;
    else if (family == POSTGRES_DB_SIZE)
        keep_larger(&state->largest_database, value);
    else if (family == POSTGRES_DB_XID_AGE)
        keep_larger(&state->xid_age, value);
}

/* The first columns, for all samples of the row. NULL: it has none. */
static const char *const *row_labels(struct run *run, const struct pg_row *row,
                                     size_t count)
{
    const char **labels =
        count ? arena_alloc(run_arena(run), count * sizeof(*labels)) : NULL;

    for (size_t i = 0; i < count; i++) {
        const char *text = label(run, row, i);
        labels[i] = text[0] ? text : NULL;
    }
    return labels;
}

void postgres_row(const struct postgres_collector *c, struct run *run,
                  const struct pg_row *row)
{
    const char *const *labels = row_labels(run, row, c->labels);

    for (size_t i = 0; i <= (size_t)(c->last - c->first); i++) {
        const enum postgres_family family = (enum postgres_family)(c->first + i);
        const double value = number(row, c->labels + i);
        if (isnan(value))
            continue;
        run_sample_kept(run, &postgres_families[family], labels, value);
        note(run_state(run), family, value);
        if (c->alias)
            run_sample_kept(run, &postgres_families[c->alias + i], labels, value);
    }
}

/* name, type, database, status; where WAL is, what is confirmed, active, safe size, what is held back. */
void postgres_slot_row(struct run *run, const struct pg_row *row)
{
    const char *name = label(run, row, 0), *database = label(run, row, 2);
    const char *const slot[] = {name, label(run, row, 1), label(run, row, 3)};
    const char *const of_database[] = {name, database[0] ? database : "unknown"};

    show(run, POSTGRES_SLOT_LSN, slot, number(row, 4));
    show(run, POSTGRES_SLOT_FLUSH, slot, number(row, 5));
    show(run, POSTGRES_SLOT_IS_ACTIVE, slot, number(row, 6));
    show(run, POSTGRES_SLOT_SAFE, slot, number(row, 7));
    if (slot[2][0])
        show(run, POSTGRES_SLOT_STATUS, slot, 1);
    show(run, POSTGRES_SLOT_ACTIVE, of_database, number(row, 6));
    show(run, POSTGRES_SLOT_DIFF, of_database, number(row, 8));
}

static const char *const vacuum_phases[] = {"initializing",
                                            "scanning heap",
                                            "vacuuming indexes",
                                            "vacuuming heap",
                                            "cleaning up indexes",
                                            "truncating heap",
                                            "performing final cleanup",
                                            NULL};

/* database, table, phase; then numbers. */
void postgres_vacuum_row(struct run *run, const struct pg_row *row)
{
    const char *table[] = {label(run, row, 0), label(run, row, 1), NULL};
    const char *phase = label(run, row, 2);
    const enum postgres_family numbers[] = {
        POSTGRES_VACUUM_BLKS,  POSTGRES_VACUUM_SCANNED, POSTGRES_VACUUM_VACUUMED,
        POSTGRES_VACUUM_INDEX, POSTGRES_VACUUM_MAX,     POSTGRES_VACUUM_NUM};

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        show(run, numbers[i], table, number(row, 3 + i));
    for (const char *const *known = vacuum_phases; *known; known++) {
        table[2] = *known;
        show(run, POSTGRES_VACUUM_PHASE, table, !strcmp(*known, phase));
    }
}

/* ---- settings ---- */

static const struct {
    const char *unit;
    double factor;
    const char *suffix;
} units[] = {
    {"us", 1e-6, "_seconds"},
    {"ms", 1e-3, "_seconds"},
    {"s", 1, "_seconds"},
    {"min", 60, "_seconds"},
    {"h", 3600, "_seconds"},
    {"d", 86400, "_seconds"},
    {"B", 1, "_bytes"},
    {"kB", 1024, "_bytes"},
    {"MB", 1048576, "_bytes"},
    {"GB", 1073741824, "_bytes"},
    {"TB", 1099511627776.0, "_bytes"},
};

double postgres_setting(struct buf *name, const char *unit, double value)
{
    size_t digits = 0;
    uint64_t times = 1;

    while (unit[digits] >= '0' && unit[digits] <= '9') /* "8kB" */
        digits++;
    if (digits && !bytes_to_u64((struct bytes){unit, digits}, &times))
        return value;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strcmp(units[i].unit, unit + digits) != 0)
            continue;
        buf_add_text(name, units[i].suffix);
        /* -1 and -2 mean something else than an amount. */
        return value < 0 ? value : value * units[i].factor * (double)times;
    }
    return value;
}

/* name, setting, unit, what it is, type. */
void postgres_setting_row(struct run *run, const struct pg_row *row)
{
    const char *type = label(run, row, 4);
    struct buf name = BUF_MAX(300);
    double value = number(row, 1);

    if (!strcmp(type, "bool"))
        value = bytes_is(pg_row_text(row, 1), "on");
    if (isnan(value))
        return;
    buf_printf(&name, "pg_settings_%s", label(run, row, 0));
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '.' || name.ptr[i] == '-')
            name.ptr[i] = '_';
    }
    value = postgres_setting(&name, label(run, row, 2), value);
    const struct metric *metric = batch_metric(run_batch(run), buf_text(&name),
                                               METRIC_GAUGE, label(run, row, 3), NULL);
    if (metric)
        run_sample(run, metric, value);
    buf_finish(&name);
}
