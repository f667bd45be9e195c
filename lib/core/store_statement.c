/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL within one piece of the store's work: statements prepared once, bound by position, read by column; and what
 * SQLite's answers mean. Called by work functions on the store's thread.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>

#include "lib/core/store_impl.h"

struct store_row {
    sqlite3_stmt *statement;
};

static enum store_fault fault_of(int code, int system_error)
{
    if (system_error == ENOSPC || system_error == EDQUOT)
        return STORE_FULL;
    if (system_error == EROFS)
        return STORE_READ_ONLY;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return STORE_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return STORE_READ_ONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_CORRUPT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
        return STORE_IO;
    default:
        return STORE_BUG;
    }
}

bool db_failed(struct store_db *db, struct err *e)
{
    const int code = sqlite3_extended_errcode(db->sqlite);
    const bool is_io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    db->fault = fault_of(code, is_io ? sqlite3_system_errno(db->sqlite) : 0);
    return err_set(e, "%s: %s (SQLite %d)", db->path, sqlite3_errmsg(db->sqlite), code);
}

bool db_exec(struct store_db *db, const char *sql, struct err *e)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return db_failed(db, e);
}

void db_finalize_all(struct store_db *db)
{
    for (size_t i = 0; i < db->prepared_count; i++)
        sqlite3_finalize(db->prepared[i].statement);
    db->prepared_count = 0;
}

/* Ready to be bound; NULL and e when the SQL cannot be. */
static sqlite3_stmt *statement_of(struct store_db *db, const char *sql, struct err *e)
{
    for (size_t i = 0; i < db->prepared_count; i++) {
        if (db->prepared[i].sql == sql)
            return db->prepared[i].statement;
    }
    assert(db->prepared_count < STORE_MAX_STATEMENTS);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           NULL) != SQLITE_OK) {
        db_failed(db, e);
        return NULL;
    }
    db->prepared[db->prepared_count++] = (struct prepared){sql, statement};
    return statement;
}

static int bind_one(sqlite3_stmt *statement, int at, char type, va_list *args)
{
    struct bytes bytes;
    switch (type) {
    case 'i':
        return sqlite3_bind_int64(statement, at, va_arg(*args, int64_t));
    case 'd':
        return sqlite3_bind_double(statement, at, va_arg(*args, double));
    case 't':
        return sqlite3_bind_text(statement, at, va_arg(*args, const char *), -1,
                                 SQLITE_STATIC);
    case 'b':
        bytes = va_arg(*args, struct bytes);
        return sqlite3_bind_text64(statement, at, bytes.ptr ? bytes.ptr : "", bytes.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    default:
        return SQLITE_MISUSE;
    }
}

static sqlite3_stmt *bound(struct store_db *db, const char *sql, const char *types,
                           va_list *args, struct err *e)
{
    sqlite3_stmt *statement = statement_of(db, sql, e);
    if (!statement)
        return NULL;
    int at = 0;
    for (const char *type = types ? types : ""; *type; type++) {
        if (bind_one(statement, ++at, *type, args) == SQLITE_OK)
            continue;
        db_failed(db, e);
        sqlite3_clear_bindings(statement);
        return NULL;
    }
    return statement;
}

static bool finish(struct store_db *db, sqlite3_stmt *statement, int code, struct err *e)
{
    const bool is_good = code == SQLITE_DONE || code == SQLITE_ROW;
    if (!is_good)
        db_failed(db, e);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return is_good;
}

bool store_run(struct store_db *db, struct err *e, const char *sql, const char *types,
               ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = bound(db, sql, types, &args, e);
    va_end(args);
    return statement && finish(db, statement, sqlite3_step(statement), e);
}

bool store_query(struct store_db *db, struct err *e,
                 bool (*row)(void *ctx, struct store_row *r), void *ctx, const char *sql,
                 const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = bound(db, sql, types, &args, e);
    va_end(args);
    if (!statement)
        return false;
    struct store_row r = {statement};
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW && row(ctx, &r))
        code = sqlite3_step(statement);
    return finish(db, statement, code, e);
}

int64_t store_last_id(struct store_db *db)
{
    return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t store_changes(struct store_db *db)
{
    return sqlite3_changes(db->sqlite);
}

int64_t store_int(struct store_row *r, int column)
{
    return sqlite3_column_int64(r->statement, column);
}

double store_double(struct store_row *r, int column)
{
    return sqlite3_column_double(r->statement, column);
}

const char *store_text(struct store_row *r, int column)
{
    const char *text = (const char *)sqlite3_column_text(r->statement, column);
    return text ? text : "";
}

bool store_is_null(struct store_row *r, int column)
{
    return sqlite3_column_type(r->statement, column) == SQLITE_NULL;
}
