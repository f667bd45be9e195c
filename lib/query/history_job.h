/* SPDX-License-Identifier: Apache-2.0 */
/* What the loop prepares and a pool thread writes or reads: for history_save.c and history_restore.c alone. */
#ifndef HEALTHD_QUERY_HISTORY_JOB_H
#define HEALTHD_QUERY_HISTORY_JOB_H

#include "lib/query/history_file.h"
#include "lib/query/history_impl.h"

#define ROLLUPS_FILE "rollups.seg"

struct rolled_record { /* one series' rollups, and what waits to be a chunk of them */
    struct record record;
    const struct rolled_point *points;
    size_t point_count;
};

struct records { /* as they are read */
    struct record *items;
    size_t count, size, at;
};

struct history_job {
    struct history *history;
    struct arena *arena;
    const char *folder;
    struct record *records; /* to write */
    size_t count;
    struct rolled_record *rolled; /* the same; NULL: they are not written this time */
    size_t rolled_count;
    struct records read, read_rolled;
    int64_t keep_from, newest;
    int64_t until; /* restoring: nothing after it */
    uint64_t number;
    bool failed;
    struct err why;
};

struct history_job *job_create(struct history *h, const char *folder);
/* "<newest ms>-<n>.seg" */
bool is_segment(const char *name, int64_t *ret_newest);

#endif
