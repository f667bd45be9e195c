/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine loses power during a commit: what was on disk before is there, of the commit all or nothing, whatever part of
 * its writes arrived. Before each commit and after it the files are copied; then files are made that have the former's bytes
 * and some of the latter's. What SQLite has synced in between (the log before the file) is not torn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/ledger.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"

#define COMMITS 260 /* the log is written back to the file, and begun anew, on the way */
#define PAGE 4096

struct disk { /* what its files hold */
    struct buf file, log;
};

struct stage {
    char folder[64];
    uint64_t seed;
    size_t tried, written_back, begun_anew;
};

static uint64_t random_below(struct stage *s, uint64_t limit)
{
    s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return limit ? (s->seed >> 33) % limit : 0;
}

/* ---- files ---- */

static const char *path_of(const struct stage *s, const char *name, char ret[128])
{
    snprintf(ret, 128, "%s/%s", s->folder, name);
    return ret;
}

static struct buf file_read(const struct stage *s, const char *name)
{
    char path[128];
    struct buf out = BUF_MAX(32 << 20);
    const int fd = open(path_of(s, name, path), O_RDONLY | O_CLOEXEC);
    for (ssize_t n = 1; fd >= 0 && n > 0;) {
        char *room = buf_room(&out, 1 << 16);
        n = room ? read(fd, room, 1 << 16) : -1;
        if (n > 0)
            buf_grew(&out, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    return out;
}

static void file_write(const struct stage *s, const char *name, struct bytes text)
{
    char path[128];
    const int fd =
        open(path_of(s, name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), (ssize_t)text.len);
    close(fd);
}

static struct disk disk_read(const struct stage *s)
{
    return (struct disk){file_read(s, "alerts.db"), file_read(s, "alerts.db-wal")};
}

static void disk_finish(struct disk *d)
{
    buf_finish(&d->file);
    buf_finish(&d->log);
}

/* ---- what may be there after the power has come back ---- */

static struct buf copy_of(struct bytes text)
{
    struct buf out = BUF_MAX(32 << 20);
    buf_add_bytes(&out, text);
    return out;
}

static size_t first_change(struct bytes before, struct bytes after)
{
    size_t at = 0;
    while (at < before.len && at < after.len && before.ptr[at] == after.ptr[at])
        at++;
    return at;
}

enum tail { TAIL_FORMER, TAIL_ZEROS, TAIL_NOISE, TAIL_COUNT };

/* The log with what was written up to cut; behind it what was there, or room that was given and not filled. */
static struct buf torn_log(struct stage *s, struct bytes before, struct bytes after,
                           size_t cut, enum tail tail)
{
    struct buf out = copy_of((struct bytes){after.ptr, cut});
    if (cut < before.len)
        buf_add(&out, before.ptr + cut, before.len - cut);
    while (tail != TAIL_FORMER && out.len < after.len)
        buf_add_byte(&out, tail == TAIL_ZEROS ? 0 : (char)random_below(s, 256));
    return out;
}

static struct buf torn_file(struct stage *s, struct bytes before, struct bytes after)
{
    struct buf out = copy_of(after);
    for (size_t at = 0; at + PAGE <= before.len && at + PAGE <= after.len; at += PAGE) {
        if (random_below(s, 2))
            memcpy(out.ptr + at, before.ptr + at, PAGE);
    }
    return out;
}

/* ---- what is found ---- */

static bool take_number(void *ctx, const char *key UNUSED, const char *value)
{
    *(long *)ctx = strtol(value, NULL, 10);
    return true;
}

/* Number of the newest transaction; fails when a part of one is there. */
static long number_in(struct ledger *l)
{
    long first = 0, second = 0;
    struct err e = {0};
    assert_true(ledger_load(l, LEDGER_ALERT, take_number, &first, &e));
    assert_true(ledger_load(l, LEDGER_GROUP, take_number, &second, &e));
    assert_int_equal(first, second);
    return first;
}

static void try_disk(struct stage *s, struct bytes file, struct bytes log, long least)
{
    char path[128];
    enum store_fault fault = STORE_OK;
    struct err e = {0};
    file_write(s, "found.db", file);
    file_write(s, "found.db-wal", log);
    unlink(path_of(s, "found.db-shm", path));
    struct ledger *l = ledger_open(NULL, path_of(s, "found.db", path), true, &fault, &e);
    if (!l || fault != STORE_OK)
        fail_msg("commit %ld: %s", least, e.text);
    const long number = number_in(l);
    if (number != least && number != least + 1)
        fail_msg("commit %ld was on disk, and %ld is found", least, number);
    ledger_close(l, 0);
    s->tried++;
}

static void lose_power(struct stage *s, const struct disk *before,
                       const struct disk *after, long number)
{
    const struct bytes log = buf_bytes(&before->log), newer = buf_bytes(&after->log);
    const size_t from = first_change(log, newer);
    for (int i = 0; i < 2 * TAIL_COUNT; i++) {
        const size_t cut = from + random_below(s, newer.len - from + 1);
        struct buf torn = torn_log(s, log, newer, cut, (enum tail)(i % TAIL_COUNT));
        try_disk(s, buf_bytes(&before->file), buf_bytes(&torn), number);
        buf_finish(&torn);
    }
}

static void lose_power_writing_back(struct stage *s, const struct disk *before,
                                    const struct disk *after, long number)
{
    for (int i = 0; i < 4; i++) {
        struct buf torn = torn_file(s, buf_bytes(&before->file), buf_bytes(&after->file));
        try_disk(s, buf_bytes(&torn), buf_bytes(&after->log), number);
        buf_finish(&torn);
    }
}

/* ---- the story ---- */

static void on_done(void *ctx, bool is_durable)
{
    *(bool *)ctx = is_durable;
}

static void commit(struct ledger *l, long number)
{
    char text[32], key[32], bulk[2000];
    bool is_durable = false;
    struct ledger_txn *t = ledger_begin(l);
    memset(bulk, 'x', sizeof(bulk) - 1);
    bulk[sizeof(bulk) - 1] = '\0';
    snprintf(text, sizeof(text), "%ld", number);
    snprintf(key, sizeof(key), "bulk%ld", number % 30);
    ledger_put(t, LEDGER_ALERT, "number", text);
    ledger_put(t, LEDGER_MEMO, key, bulk);
    ledger_put(t, LEDGER_GROUP, "number", text);
    ledger_commit(t, on_done, &is_durable);
    assert_true(is_durable);
}

static void judge_commit(struct stage *s, const struct disk *before,
                         const struct disk *after, long number)
{
    const bool is_written_back =
        !bytes_equal(buf_bytes(&before->file), buf_bytes(&after->file));
    const bool is_begun_anew =
        first_change(buf_bytes(&before->log), buf_bytes(&after->log)) < 32;
    s->written_back += is_written_back;
    s->begun_anew += is_begun_anew;
    if (number % 12 == 0 || is_written_back || is_begun_anew)
        lose_power(s, before, after, number);
    if (is_written_back)
        lose_power_writing_back(s, before, after, number);
}

static void power_takes_nothing_that_was_committed(void **state UNUSED)
{
    struct stage s = {.folder = "/tmp/healthd-power-XXXXXX", .seed = 3};
    char path[128];
    enum store_fault fault;
    struct err e = {0};
    assert_non_null(mkdtemp(s.folder));
    struct ledger *l =
        ledger_open(NULL, path_of(&s, "alerts.db", path), true, &fault, &e);
    assert_non_null(l);
    commit(l, 1);
    struct disk before = disk_read(&s);
    for (long number = 1; number < COMMITS; number++) {
        commit(l, number + 1);
        struct disk after = disk_read(&s);
        judge_commit(&s, &before, &after, number);
        disk_finish(&before);
        before = after;
    }
    disk_finish(&before);
    if (s.tried < 100 || !s.written_back || !s.begun_anew)
        fail_msg("%zu tried, %zu written back, %zu begun anew", s.tried, s.written_back,
                 s.begun_anew);
    ledger_close(l, 0);
    static const char *const names[] = {
        "alerts.db",    "alerts.db-wal", "alerts.db-shm",    "found.db",
        "found.db-wal", "found.db-shm",  "found.db.reserve", "alerts.db.reserve"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(path_of(&s, names[i], path));
    rmdir(s.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_takes_nothing_that_was_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
