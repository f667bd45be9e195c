/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the file probe: file.c (the type and its runs), file_find.c (which files match) and file_read.c (what is
 * in one), both on a thread, file_judge.c (what that means), file_memory.c (the file before this one) and file_vars.c
 * (numbers, variables, limits). Nobody else includes it but their tests.
 */
#ifndef HEALTHD_PROBES_FILE_H
#define HEALTHD_PROBES_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/metric.h"
#include "lib/core/run.h"
#include "lib/core/unpack.h"

#define FILE_TAIL_BYTES 4096
#define FILE_MAX_TAIL 200 /* of the text that has to stand there */
#define FILE_MAX_DEPTH 32 /* parts of a pattern */

struct file_conf {
    const char *path, *root, *tail;
    bool exists, integrity;
    nsec settle, read_time;
    uint64_t max_unpacked, max_window;
};

/* ---- file_find.c: on a thread ---- */

struct file_mark { /* one version of a file */
    uint64_t path_hash, device, inode, size;
    int64_t modified_ns;
};

struct file_seen {
    const char *path; /* as the kernel knows it: below root. NULL: none */
    struct file_mark mark;
    bool is_regular;
};

struct file_found {
    struct arena *arena;
    const char *root, *pattern;
    struct wall now;
    nsec settle;
    struct mono until;
    /* What matches: the last written of all; of those at rest, the last written and the one before it. */
    struct file_seen newest, rested, before;
    size_t count, seen;
    const char *hidden;   /* a sentence: a part that we may not look at; NULL: none */
    const char *failing;  /* the same for a file system's error */
    bool is_cut, is_late; /* of path_walk.h: the time was over */
};

void file_find(struct file_found *f);
/* Takes one that matches into account: the part of file_find that needs no file system. */
void file_take(struct file_found *f, const struct file_seen *seen);
/* The one whose size and content count: the last at rest; when none is, the last. */
const struct file_seen *file_subject(const struct file_found *f);

/* ---- file_read.c: on a thread ---- */

enum file_soundness {
    FILE_NOT_READ,   /* nobody asked, or it is still being written */
    FILE_READING,    /* later runs go on */
    FILE_UNREADABLE, /* we may not, or its file system fails */
    FILE_FOREIGN,    /* an archive that we cannot unpack */
    FILE_TOO_LARGE,  /* above max_unpacked or max_window */
    FILE_BROKEN,
    FILE_WHOLE
};

struct file_content { /* of one version */
    struct file_mark of;
    enum file_soundness soundness;
    enum unpack_kind kind;
    char trouble[256];
    uint64_t read, unpacked;
    bool has_tail;              /* conf's text stands at its end */
    char ending[FILE_MAX_TAIL]; /* its last bytes, for a sentence */
    size_t ending_len;
};

/* A file that is read over several runs; lent to one look at a time. */
struct file_reading;
struct file_reading *file_reading_create(const struct file_conf *conf,
                                         const struct file_seen *file);
void file_reading_destroy(struct file_reading *r); /* takes NULL */
/* Reads on until its end, or the time. */
void file_reading_go(struct file_reading *r, struct mono until);
const struct file_content *file_reading_content(const struct file_reading *r);
/* Whether the content is wanted at all: an archive by its name or bytes, or a tail. */
bool file_wants_content(const struct file_conf *conf, enum unpack_kind kind);

/* ---- file_memory.c: pure; the memo is "path inode size modified previous" ---- */

struct file_memory {
    bool is_known, has_previous;
    struct file_mark known;
    uint64_t previous_size;
};
bool file_mark_equal(const struct file_mark *a, const struct file_mark *b);
/* now: the subject, at rest; before: the one that the look saw before it, or NULL. */
void file_remember(struct file_memory *m, const struct file_mark *now,
                   const struct file_mark *before);
void file_memo_read(const char *memo, struct file_memory *ret_memory);
const char *file_memo(const struct file_memory *m, struct arena *arena);

/* ---- the run ---- */

struct file_look {         /* what a thread works on; lives in its own arena */
    struct file_conf conf; /* a copy: the thread may outlive the configuration */
    struct file_found found;
    bool is_readable; /* the subject, by healthd */
    /* before: what an earlier run read; then of the subject */
    struct file_content content;
    struct file_reading *reading; /* under way, or NULL */
};

struct file_state {
    const struct file_look *look; /* NULL: there was none */
    const struct file_seen *file; /* the subject; path NULL: nothing matches */
    struct file_memory memory;
};

/* file_judge.c */
void file_judge(struct run *run);
void file_trace(struct run *run);

/* file_vars.c */
void file_emit(struct run *run);
nsec file_age(struct run *run);                /* of the newest; at least 0 */
double file_ratio(const struct file_state *s); /* by the one before; 1: there was none */
extern const struct metric *const file_metrics[];
extern const struct var file_vars[];
extern const struct limit file_limits[];

#endif
