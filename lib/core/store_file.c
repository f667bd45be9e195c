/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a store: opened with the settings of a single writer, brought to the newest schema, renamed aside when it
 * is damaged; and the reserve beside it, bytes to give back when the disk is full. Called by store.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/log.h"
#include "lib/core/store_impl.h"

#define RESERVE_BYTES ((off_t)4 << 20)
enum { PATH_SIZE = 4096 }; /* db->path and a suffix */

static bool is_memory(const char *path)
{
    return !strcmp(path, ":memory:");
}

/* ---- reserve ---- */

static const char *reserve_path(const struct store_db *db, char ret_path[PATH_SIZE])
{
    snprintf(ret_path, PATH_SIZE, "%s.reserve", db->path);
    return ret_path;
}

/* Best effort: without it a full disk is a fault a little sooner. */
static void reserve_make(struct store_db *db)
{
    char path[PATH_SIZE];
    const int fd =
        open(reserve_path(db, path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    db->has_reserve = posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
    close(fd);
    if (!db->has_reserve)
        unlink(path);
}

bool db_release_reserve(struct store_db *db)
{
    char path[PATH_SIZE];
    if (!db->has_reserve)
        return false;
    db->has_reserve = false;
    return unlink(reserve_path(db, path)) == 0;
}

/* ---- opening ---- */

static bool settings(struct store_db *db, bool is_durable, struct err *e)
{
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, 2000);
    return db_exec(db, "PRAGMA journal_mode=WAL", e) &&
           db_exec(db,
                   is_durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
                   e) &&
           db_exec(db,
                   "PRAGMA cache_size=-512;"
                   "PRAGMA wal_autocheckpoint=256;"
                   "PRAGMA journal_size_limit=1048576;"
                   "PRAGMA temp_store=MEMORY;"
                   "PRAGMA trusted_schema=OFF",
                   e);
}

static bool first_text(void *ctx, struct store_row *r)
{
    snprintf(ctx, 200, "%s", store_text(r, 0));
    return false;
}

static bool is_sound(struct store_db *db, struct err *e)
{
    char answer[200] = "";
    if (!store_query(db, e, first_text, answer, "PRAGMA quick_check(1)", ""))
        return false;
    if (!strcmp(answer, "ok"))
        return true;
    db->fault = STORE_CORRUPT;
    return err_set(e, "%s: %s", db->path, answer);
}

static bool schema_apply(struct store_db *db, const char *const *schema, struct err *e)
{
    char text[200] = "0";
    if (!store_query(db, e, first_text, text, "PRAGMA user_version", ""))
        return false;
    long version = strtol(text, NULL, 10);
    long count = 0;
    while (schema[count])
        count++;
    if (version > count) {
        db->fault = STORE_BUG;
        return err_set(e,
                       "%s: was written by a newer version (schema %ld, this one knows "
                       "%ld); start that version, or move the file away",
                       db->path, version, count);
    }
    for (; version < count; version++) {
        char mark[64];
        snprintf(mark, sizeof(mark), "PRAGMA user_version=%ld", version + 1);
        if (!db_exec(db, "BEGIN IMMEDIATE", e) || !db_exec(db, schema[version], e) ||
            !db_exec(db, mark, e) || !db_exec(db, "COMMIT", e))
            return false;
    }
    return true;
}

/* Made by root in a directory of healthd's user (healthctl by hand): it is healthd's all the same. */
static void give_to_owner(const struct store_db *db, int fd)
{
    char path[PATH_SIZE];
    struct stat folder, named, file;
    const char *slash = strrchr(db->path, '/');
    if (geteuid() != 0 || !slash)
        return;
    snprintf(path, sizeof(path), "%.*s", (int)(slash - db->path + 1), db->path);
    /* Never what that user has put in the way: a link to something of root's. */
    const bool is_plain = lstat(db->path, &named) == 0 && fstat(fd, &file) == 0 &&
                          S_ISREG(named.st_mode) && named.st_ino == file.st_ino &&
                          named.st_dev == file.st_dev && file.st_nlink == 1 &&
                          file.st_size == 0;
    if (!is_plain || stat(path, &folder) != 0 || folder.st_uid == 0)
        return;
    if (fchown(fd, folder.st_uid, folder.st_gid) != 0)
        log_warning(EV("state file is root's"), STR("path", db->path),
                    STR("why", strerror(errno)));
}

static bool open_once(struct store_db *db, const struct store_conf *conf, struct err *e)
{
    if (!is_memory(conf->path)) {
        /* SQLite would make it readable for the group. */
        const int fd = open(conf->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            db->fault = errno == ENOSPC                     ? STORE_FULL
                        : errno == EROFS || errno == EACCES ? STORE_READ_ONLY
                                                            : STORE_IO;
            return err_errno(e, errno, "%s", conf->path);
        }
        give_to_owner(db, fd);
        close(fd);
    }
    /* Pages are taken one by one, not twenty ahead. Refused, and in force, once a first file is open. */
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(conf->path, &db->sqlite, flags, NULL) != SQLITE_OK)
        return db_failed(db, e);
    return settings(db, conf->is_durable, e) && is_sound(db, e) &&
           schema_apply(db, conf->schema, e);
}

static void forget_connection(struct store_db *db)
{
    db_finalize_all(db);
    sqlite3_close_v2(db->sqlite);
    db->sqlite = NULL;
}

/* Out of the way, with the log that belongs to it: what is in them may still be of use to somebody. */
static bool rename_aside(const struct store_db *db, struct err *e)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct err why = *e;
    const long long at = (long long)(wall_read().ns / NSEC_PER_SEC);
    char to[PATH_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char from[PATH_SIZE];
        snprintf(from, sizeof(from), "%s%s", db->path, suffixes[i]);
        snprintf(to, sizeof(to), "%s.corrupt-%lld%s", db->path, at, suffixes[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            return err_errno(e, errno, "%s: is damaged and cannot be renamed", from);
    }
    err_set(e, "%s; it was kept as %s.corrupt-%lld and a new one was begun", why.text,
            db->path, at);
    return true;
}

bool db_open(struct store_db *db, const struct store_conf *conf,
             enum store_fault *ret_fault, struct err *e)
{
    *db = (struct store_db){0};
    if (strlen(conf->path) >= sizeof(db->path)) {
        *ret_fault = STORE_IO;
        return err_set(e, "the path of the state is longer than %zu bytes",
                       sizeof(db->path) - 1);
    }
    memcpy(db->path, conf->path, strlen(conf->path));
    bool is_open = open_once(db, conf, e);
    *ret_fault = is_open ? STORE_OK : db->fault;
    if (!is_open && db->fault == STORE_CORRUPT && !is_memory(conf->path)) {
        struct err again = {0};
        forget_connection(db);
        is_open = rename_aside(db, e) && open_once(db, conf, &again);
        if (!is_open && again.text[0])
            *e = again;
    }
    if (!is_open) {
        db_close(db);
        return false;
    }
    if (conf->is_durable && !conf->has_no_reserve && !is_memory(conf->path))
        reserve_make(db);
    return true;
}

void db_close(struct store_db *db)
{
    forget_connection(db);
}
