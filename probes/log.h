/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the log probe: log.c (the type and its runs), log_options.c, log_tail.c (a file that is followed) with
 * log_newest.c (which file) and log_place.c (where in it), log_engine.c (what a container prints), log_count.c with
 * log_level.c (what lines mean), log_emit.c and log_vars.c (what is told of them). Tail and counts belong to one thread at a time: a run's own,
 * and the loop between runs. Nobody else includes it but their tests.
 */
#ifndef HEALTHD_PROBES_LOG_H
#define HEALTHD_PROBES_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/lines.h"
#include "lib/base/map.h"
#include "lib/core/docker.h"
#include "lib/core/errand.h"
#include "lib/core/excerpt.h"
#include "lib/core/expr.h"
#include "lib/core/json.h"
#include "lib/core/labels.h"
#include "lib/core/limit.h"
#include "lib/core/opt.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"

/* ---- log_options.c ---- */

enum log_format { LOG_AUTO, LOG_JSON, LOG_TEXT };
enum log_from { LOG_FROM_END, LOG_FROM_START };

struct log_conf {
    const char *file, *root, *container, *docker, *level;
    struct tls_conf tls;
    struct pairs patterns, fields;
    struct texts ignore, values;
    int format, from;
    int64_t max_values;
    bool must_exist;
    uint64_t max_line, max_read, max_behind;
};
extern const struct opt log_opts[];
bool log_validate(void *conf, struct arena *arena, struct err *e);
/* A copy that needs nothing of the generation any more. */
void log_conf_copy(struct arena *arena, const struct log_conf *from,
                   struct log_conf *ret_conf);

/* ---- log_level.c ---- */

enum log_level {
    LOG_LEVEL_UNKNOWN, /* the line does not say */
    LOG_LEVEL_TRACE,
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_FATAL,
    LOG_LEVEL_COUNT
};
const char *log_level_name(enum log_level level); /* "error", … */
/* What a word or number means as a level: "WARN", "E", "50" (pino's), "3" (syslog's). */
enum log_level log_level_of(struct bytes word);
/* The level that a line of plain text begins with: "… [error] …", "ERROR: …", "level=error". */
enum log_level log_level_in(struct bytes line);

/* ---- log_count.c: what lines mean ---- */

#define LOG_MAX_PATTERNS 64
#define LOG_MAX_FIELDS 6
#define LOG_MAX_NUMBERS 16
#define LOG_MAX_SERIES 1000 /* of messages, by level and fields */
#define LOG_MAX_VALUE 128   /* bytes of a field's value */
#define LOG_OTHER "other"   /* a value beyond `max_values` */
#define LOG_EXCERPT_LINES 5

struct log_pattern { /* one expression; those of one name follow each other */
    const char *name;
    const struct regex *regex;
};
struct log_matches { /* of one name */
    const char *name;
    double total, in_run;
    struct wall last; /* 0: never */
};
struct log_message { /* how many lines had this level and these fields */
    enum log_level level;
    const char *values[LOG_MAX_FIELDS]; /* in the order of `fields`; "" for absent */
    double count;
};
struct log_number { /* a field that is added up */
    const char *path;
    double count, sum;
};

struct log_counts {
    struct arena *arena;
    const struct log_conf *conf; /* the keeper's copy */
    struct log_pattern patterns[LOG_MAX_PATTERNS];
    size_t pattern_count;
    struct log_matches matches[LOG_MAX_PATTERNS];
    size_t match_count;
    const struct regex *ignored[LOG_MAX_PATTERNS];
    size_t ignored_count;
    struct map *messages;               /* by level and values → struct log_message */
    struct map *values[LOG_MAX_FIELDS]; /* those seen of each field */
    struct log_number numbers[LOG_MAX_NUMBERS];
    double lines, bytes, long_lines, gave_up;
    double levels[LOG_LEVEL_COUNT];
    double lines_in_run, bytes_in_run, levels_in_run[LOG_LEVEL_COUNT];
    struct wall now, last_line; /* of the run; newest line, 0: none yet */
    struct excerpt *excerpt;    /* of what matched, or, without patterns, of errors */
    struct wall excerpted;      /* when a line was put there last; 0: never */
};
/* Expressions have been judged by log_validate. conf stays valid. */
void log_counts_init(struct log_counts *c, struct arena *arena,
                     const struct log_conf *conf);
void log_counts_begin(struct log_counts *c, struct wall now); /* a run */
void log_counts_take(struct log_counts *c, const struct line *line);
void log_counts_take_all(struct log_counts *c, struct bytes text); /* of whole lines */
const struct log_matches *log_matches_of(const struct log_counts *c, struct bytes name);

/* ---- log_place.c: where reading goes on ---- */

#define LOG_MAX_PLACES 24
#define LOG_HEAD_BYTES 256

struct log_place { /* in one file, whatever it is called by now */
    uint64_t device, inode;
    uint64_t offset;   /* of the first byte that was not read */
    uint64_t head_len; /* of its beginning, to know it again: at most LOG_HEAD_BYTES */
    uint64_t head_hash;
};
struct log_places { /* the newest first */
    struct log_place items[LOG_MAX_PLACES];
    size_t count;
};
struct log_place *log_places_find(struct log_places *p, uint64_t device, uint64_t inode);
void log_places_put(struct log_places *p, const struct log_place *place);
/* As lines of a memo, and back; what is no such line is passed over. */
void log_places_print(const struct log_places *p, struct buf *out);
void log_places_parse(struct log_places *p, struct bytes memo);

/* ---- log_tail.c: one file that is followed ---- */

struct log_open {
    int fd; /* -1: none */
    struct log_place place;
    struct lines lines;
    bool skips_first; /* what comes first is the rest of a line that was skipped */
    unsigned runs;    /* since another took its place */
};

struct log_tail {
    struct arena *arena;
    const struct log_conf *conf;
    struct log_counts *counts; /* where lines go */
    const char *pattern;       /* root and file */
    struct log_open now, former;
    struct log_places places;
    bool has_begun;  /* an earlier run, or process, looked already */
    struct buf path; /* of the newest file; "" when there is none */
    struct buf piece;
    /* Of the latest run: */
    int trouble; /* errno of what failed; 0: nothing */
    bool is_missing, is_behind;
    uint64_t unread;
    /* Since the session began: */
    double rotations, skipped;
};
void log_tail_init(struct log_tail *t, struct arena *arena, const struct log_conf *conf,
                   struct log_counts *counts, struct bytes memo);
void log_tail_finish(struct log_tail *t);
/* Reads what came, until max_read, `until`, or is_unwanted. On a thread. */
void log_tail_read(struct log_tail *t, struct mono until, const atomic_bool *is_unwanted);

/* ---- log_newest.c: which file that is ---- */

struct log_newest {
    struct stat st; /* when is_any */
    bool is_any;
    int trouble; /* errno of one that could not be looked at; 0: none */
};
/* Leaves its path in t->path, "" when there is none. The first time, ends of all files are noted as read when that is where
 * reading begins. */
struct log_newest log_newest_find(struct log_tail *t, struct mono until);

/* ---- log.c ---- */

struct log_keeper { /* what is lent to a run's thread */
    struct arena *arena;
    struct log_conf conf;
    struct log_counts counts;
    struct log_tail tail;
};

/* How far the lines of an engine were taken: it repeats those that have the newest stamp, and the stamps of Podman 4 are
 * whole seconds. */
struct log_mark {
    struct wall at; /* the newest stamp; 0: none yet */
    uint64_t lines; /* that had it; UINT64_MAX: whatever has it is no longer wanted */
};

struct log_engine { /* log_engine.c, on the loop */
    struct docker *docker;
    struct docker_call *call;
    struct log_mark taken;
    bool has_begun;        /* it was asked before, by this process or an earlier one */
    struct log_mark asked; /* of the call under way: where its answer begins */
    uint64_t repeated;     /* lines of it that were taken before */
    struct buf text;       /* lines of the run, each ended by "\n" */
    uint64_t max_read;
    double long_lines; /* since the session began: cut by the reader already */
    bool is_behind, is_missing, is_first; /* of the latest run */
    void (*done)(struct run *run, const struct trouble *why);
    struct run *run;
};

struct log_session {
    /* NULL before the first run; the errand's while it is out */
    struct log_keeper *keeper;
    struct errand errand;
    struct log_reading *reading; /* while the errand is out */
    struct log_engine engine;
    struct arena *shown_arena;
    const char *shown;    /* excerpt's text */
    struct wall shown_of; /* the excerpted that it is of */
    double fell_behind;
    struct wall began; /* the first run */
};
bool log_is_of_container(const struct log_conf *conf);

/* ---- log_engine.c ---- */

/* Asks for what the container printed since; done is called once on the loop, unless log_engine_forget is before. */
void log_engine_ask(struct log_session *s, const struct log_conf *conf, struct run *run,
                    void (*done)(struct run *run, const struct trouble *why));
void log_engine_forget(struct log_session *s);
void log_engine_close(struct log_session *s);
/* As a line of a memo, and back from the memo of an earlier process; at 0: it has none. */
void log_mark_print(const struct log_mark *mark, struct buf *to);
struct log_mark log_mark_recall(const char *memo);
/* A line of an answer that begins at asked: true when it is new, which moves mark on. ret_repeated counts those that are
 * not. Lines without a stamp are new. */
bool log_mark_take(struct log_mark *mark, const struct log_mark *asked,
                   uint64_t *ret_repeated, struct wall at);

/* ---- log_emit.c, log_vars.c ---- */

void log_emit(struct run *run);
extern const struct metric *const log_metrics[];
extern const struct var log_vars[];
extern const struct limit log_limits[];

#endif
