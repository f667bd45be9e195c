/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the postgres probe share. */
#ifndef HEALTHD_PROBES_POSTGRES_H
#define HEALTHD_PROBES_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/custom_metric.h"
#include "lib/core/limit.h"
#include "lib/core/pg.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"
#include "probes/postgres_families.h"

enum postgres_connection { POSTGRES_KEPT, POSTGRES_FRESH };

struct postgres_query { /* a custom metric */
    struct custom_metric metric;
    const char *sql;
};

struct postgres_conf {
    struct secret url;
    const char *host, *user, *database;
    int64_t port;
    struct secret password;
    int sslmode; /* index into a table, 0: not said */
    struct tls_conf tls;
    int connection;
    const char *query;
    struct sections queries; /* struct postgres_query */
    struct texts collectors, exclude, databases, activity_labels;
    int64_t max_databases, max_tables, statements;
    /* From validate. */
    struct pg_words words;
};
extern const struct opt postgres_opts[];
bool postgres_validate(void *conf, struct arena *arena, struct err *e);
bool postgres_collects(const struct postgres_conf *conf, const char *collector);

/* ---- what is asked ---- */

#define POSTGRES_MAX_ROWS 100                /* of `query` */
#define POSTGRES_ELSEWHERE "other databases" /* the group of their tables */
#define POSTGRES_MAX_DATABASES 64
#define POSTGRES_MAX_COLLECTORS 32

struct postgres_state;

struct postgres_collector {
    const char *name; /* its group, and the label `collector` */
    size_t labels;    /* columns before the families' */
    enum postgres_family first, last;
    enum postgres_family alias; /* the same values also go here; 0: nowhere */
    bool is_of_database;        /* shows only the database that is connected to */
    bool is_asked_for;          /* off unless its option says so */
    /* Instead of labels and families in order; may be NULL. */
    void (*row)(struct run *run, const struct pg_row *row);
    struct {
        int from; /* server_version_num */
        const char *text;
    } sql[2]; /* newest first; none that fits: not asked */
};
extern const struct postgres_collector postgres_collectors[]; /* ended by name NULL */
extern const struct group postgres_groups[];
const struct postgres_collector *postgres_collector_find(const char *name);
bool postgres_collector_has_interval(const struct postgres_collector *c);
/* NULL when the version has nothing to be asked. */
const char *postgres_sql(const struct postgres_collector *c, int version,
                         const struct postgres_conf *conf, struct arena *arena);

/* postgres_rows.c: rows to samples, into the run's current group. */
void postgres_row(const struct postgres_collector *c, struct run *run,
                  const struct pg_row *row);
void postgres_slot_row(struct run *run, const struct pg_row *row);
void postgres_vacuum_row(struct run *run, const struct pg_row *row);
void postgres_setting_row(struct run *run, const struct pg_row *row);
/* A setting as a base unit: "16MB" and 4 are 64 MiB in bytes. Appends "_seconds", "_bytes" or nothing to name. */
double postgres_setting(struct buf *name, const char *unit, double value);
/* A row's cells, as custom metrics and `rows` have them; cells has room for PG_MAX_COLUMNS. */
size_t postgres_cells(const struct pg_row *row, struct cell *cells);

/* ---- one run, and what is kept between runs ---- */

struct postgres_session {
    struct pg *pg; /* kept; NULL: none */
    bool
        is_pooled; /* start-up options are refused: each question is a transaction of its own settings */
    double scrapes;
    double largest_database, xid_age; /* as last seen, for variables; 0: never */
    struct custom_kept custom;
};

enum postgres_step {
    POSTGRES_CONNECTING,
    POSTGRES_ASKING,    /* the verdict's question */
    POSTGRES_GATHERING, /* collectors */
    POSTGRES_CUSTOM,
    POSTGRES_ABROAD, /* other databases */
    POSTGRES_OVER
};

struct postgres_state { /* of a run */
    enum postgres_step step;
    bool was_kept;     /* the connection is an earlier run's */
    bool was_reopened; /* it turned out dead, and a fresh one was made */
    bool is_up;
    struct custom_rows *rows; /* of `query`; NULL before its answer */
    nsec login_took, answer_took;
    struct mono asked;
    const char *version;
    /* Gathering. */
    size_t next; /* collector or custom query */
    size_t asked_together
        [POSTGRES_MAX_COLLECTORS]; /* collectors; next is of the one that answers */
    size_t together_count, together_at;
    struct mono gathering_since, question_since;
    bool has_failed;
    struct custom_rows *custom_rows;
    const char *databases[POSTGRES_MAX_DATABASES]; /* the others */
    size_t database_count, database;
    struct pg *abroad;
    /* The question under way. */
    const struct pg_asking *asking;
    struct pg *asked_of;
    const char *sql;
    struct pg_trouble trouble;
    /* For variables; NaN: not known. */
    double connections, connections_limit, lag, is_replica, largest_database, xid_age,
        idle_in_transaction;
};

/* postgres_ask.c: one question, in a transaction of its own where a pooler leaves no other way to limit it. */
void postgres_ask(struct run *run, struct pg *pg, const char *sql,
                  const struct pg_asking *asking);

/* postgres_gather.c: everything after the verdict; ends with postgres_finish. */
void postgres_gather(struct run *run);
/* The deadline came, or the connection went: what was not had is said. */
void postgres_gather_fail(struct run *run, const char *why);
/* postgres_custom.c, postgres_abroad.c: steps of it, each ended by a call of postgres_next. */
void postgres_custom(struct run *run);
void postgres_abroad(struct run *run);
void postgres_abroad_cancel(struct run *run);
void postgres_next(struct run *run, enum postgres_step done);
void postgres_collector_over(struct run *run, const char *name, const char *why,
                             nsec took);

/* postgres.c */
struct pg_conf postgres_pg_conf(struct run *run, const char *database);
void postgres_finish(struct run *run);
bool postgres_is_vanished(const struct pg_trouble *why);

extern const struct var postgres_vars[];
extern const struct limit postgres_limits[];

#endif
