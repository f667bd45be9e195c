/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the store, shared by store.c (queue and thread), store_file.c (the file) and store_statement.c (SQL). */
#ifndef HEALTHD_CORE_STORE_IMPL_H
#define HEALTHD_CORE_STORE_IMPL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/core/store.h"

#define STORE_MAX_STATEMENTS 64

struct prepared {
    const char *sql; /* its address is the key */
    sqlite3_stmt *statement;
};

struct store_db { /* one thread at a time */
    sqlite3 *sqlite;
    char path[4000];        /* as given, for files and messages */
    bool has_reserve;       /* the reserve file is there, to be released */
    enum store_fault fault; /* of the piece under way */
    struct prepared prepared[STORE_MAX_STATEMENTS];
    size_t prepared_count;
};

/* store_file.c. The path is copied. */
bool db_open(struct store_db *db, const struct store_conf *conf,
             enum store_fault *ret_fault, struct err *e);
void db_close(struct store_db *db);
/* Gives the reserved bytes back to the file system; false when that was done before. */
bool db_release_reserve(struct store_db *db);

/* store_statement.c */
bool db_exec(struct store_db *db, const char *sql, struct err *e);
/* Notes the fault of SQLite's last answer and says it in e. Returns false. */
bool db_failed(struct store_db *db, struct err *e);
void db_finalize_all(struct store_db *db);

#endif
