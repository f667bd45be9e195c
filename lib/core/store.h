/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite on a thread of its own: the one user of it. Work is queued and runs in order, each piece in one transaction
 * (BEGIN IMMEDIATE … COMMIT, synchronous=FULL for files that say so); the answer comes back on the loop. A disk that
 * is full, read-only or slow never blocks the loop: it fails the piece, with the reason.
 */
#ifndef HEALTHD_CORE_STORE_H
#define HEALTHD_CORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

struct loop;
struct store;
struct store_db; /* within work only */

struct store_conf {
    const char *path; /* the file; made with mode 600. ":memory:" in tests */
    /* statements by version, NULL-terminated: PRAGMA user_version says how many ran */
    const char *const *schema;
    bool is_durable; /* synchronous=FULL; else NORMAL */
    /* a durable file without 4 MiB to give back when the disk is full */
    bool has_no_reserve;
    /* tests and healthctl without a loop: work and done run within store_submit */
    bool is_inline;
};

enum store_fault { /* what kind of trouble, for what to do about it */
                   STORE_OK,
                   STORE_FULL, /* SQLITE_FULL, ENOSPC: a reserve file was released once */
                   STORE_READ_ONLY,
                   STORE_IO,
                   STORE_CORRUPT, /* at open: the file was renamed aside and a new one started */
                   STORE_BUG /* SQL that cannot be, or work that refused by itself */
};

/* Opens on the caller's thread (start only). A corrupt file is renamed to *.corrupt-<time> and a new one begun:
 * *ret_fault says so and e says where it went. NULL only when not even a new one can be made. */
struct store *store_open(struct loop *l, const struct store_conf *conf,
                         enum store_fault *ret_fault, struct err *e);
/* Finishes what was queued, within grace, then closes. Takes NULL. */
void store_close(struct store *s, nsec grace);

/* false: rolled back. May be called twice: after a full disk was given its reserve. */
typedef bool store_work(void *ctx, struct store_db *db, struct err *e);
/* Loop. */
typedef void store_done(void *ctx, enum store_fault fault, const struct err *e);
/* False when 10,000 pieces wait already: done is not called. done may be NULL. */
bool store_submit(struct store *s, store_work *work, store_done *done, void *ctx);
size_t store_waiting(const struct store *s); /* with the one under way */
/* Waits until nothing waits, at most grace, and tells what has ended. False: something still waits. */
bool store_drain(struct store *s, nsec grace);
/* At start, and for healthctl: waits for what is queued, then works on the caller's thread. */
enum store_fault store_now(struct store *s, store_work *work, void *ctx, struct err *e);
const char *store_fault_name(enum store_fault fault); /* "full", "read-only", … */

/* Within work. Statements are prepared once and cached by the address of sql (a literal). Parameters are bound by
 * position: i int64_t, d double, t const char * (NULL: null), b struct bytes. */
bool store_run(struct store_db *db, struct err *e, const char *sql, const char *types,
               ...);
int64_t store_last_id(struct store_db *db);
int64_t store_changes(struct store_db *db);
/* Calls row for each row; stops when it returns false. Columns are read with store_int and the like, in row only. */
struct store_row;
bool store_query(struct store_db *db, struct err *e,
                 bool (*row)(void *ctx, struct store_row *r), void *ctx, const char *sql,
                 const char *types, ...);
int64_t store_int(struct store_row *r, int column);
double store_double(struct store_row *r, int column);
/* "" for null; valid during row. */
const char *store_text(struct store_row *r, int column);
bool store_is_null(struct store_row *r, int column);

#endif
