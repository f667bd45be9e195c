/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the redis probe share; nobody else includes it. redis.c moves a run: log in, PING, then questions
 * whose answers may ask more, until none is open (ask). The others know what to ask and what an answer means: INFO
 * (info, stats), keys (keys, scan, stream), sentinels (sentinel), errors (fault), and what the user says (options, vars).
 */
#ifndef HEALTHD_PROBES_REDIS_H
#define HEALTHD_PROBES_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/opt.h"
#include "lib/core/resp.h"
#include "lib/core/resp_fault.h"
#include "lib/core/run.h"
#include "lib/core/session.h"
#include "probes/redis_families.h"

#define REDIS_MAX_KEYS 500 /* measured in one run */
#define REDIS_MAX_KEY_BYTES 1024
#define REDIS_MAX_GROUPS 100    /* of one stream */
#define REDIS_MAX_CONSUMERS 100 /* of one group */
#define REDIS_MAX_COMMANDS 400  /* that redis_commands_total tells apart */

/* A key, or a pattern of keys, in a database. */
struct redis_key {
    const char *name;
    int64_t database;
};
struct redis_keys {
    const struct redis_key *items;
    size_t count;
};

struct redis_conf {
    const char *url, *username;
    struct secret password;
    int64_t database; /* -1: the URL's, or 0 */
    struct texts keys, patterns, count_keys, commands;
    nsec scan_interval, scan_time;
    int64_t scan_keys;
    bool stream_consumers;

    /* Of these and the URL, by validate: */
    const char *host, *unix_path, *user, *pass; /* NULL: not said */
    int port;                                   /* 0: not said */
    bool is_tls;
    int64_t selected;
    struct redis_keys key_list, pattern_list, count_list;
};

/* A part of the facts that the server may refuse: a group of samples, shown by redis_collector_success. */
enum redis_part {
    REDIS_PART_INFO,
    REDIS_PART_CONFIG,
    REDIS_PART_SLOWLOG,
    REDIS_PART_LATENCY,
    REDIS_PART_CLUSTER,
    REDIS_PART_SENTINEL,
    REDIS_PART_KEYS,
    REDIS_PART_SCAN,
    REDIS_PART_COUNT
};

struct redis_session {
    uint64_t runs;
    struct mono next_scan;
    /* what is not allowed is not asked each time */
    struct mono refused_until[REDIS_PART_COUNT];
    const char *refused_why[REDIS_PART_COUNT];
};

struct redis_measured { /* one key, for expectations */
    const struct redis_key *key;
    double length, pending, lag;
    bool has_length, is_stream, has_lag;
    const struct redis_measured *next;
};

struct redis_line { /* of INFO: "name:value" */
    struct bytes name, value;
};

struct redis_command { /* a line of commandstats */
    const char *name;
    struct bytes stats;
    struct redis_command *next;
};

struct redis_question;

struct redis_state {
    struct resp *reader;
    struct buf *out;                     /* commands that are not sent yet */
    struct redis_question *first, *last; /* asked, in the order of their answers */
    int64_t database;                    /* that the commands sent so far end in */
    struct mono ping_sent;
    nsec ping;                      /* 0: not answered */
    bool is_up;                     /* PING was answered */
    const struct redis_line *lines; /* of INFO; none before it came */
    size_t line_count;
    bool parts_tried[REDIS_PART_COUNT], parts_failed[REDIS_PART_COUNT];
    const struct redis_measured *measured;
    size_t measured_count;
    struct redis_command *commands, *last_command; /* of commandstats */
    const struct redis_command *found_command;
    size_t command_count;
    const char *master[2];      /* a replica's: host and port, while INFO is read */
    double masters, masters_ok; /* of a sentinel */
    struct redis_scan *scan;
};

/* ---- ask: questions and answers, in order ---- */

typedef void redis_answer(struct run *run, const struct resp_value *value, void *ctx);

/* Appends a command; answer gets what comes back, an error too. */
void redis_ask(struct run *run, redis_answer *answer, void *ctx,
               const struct bytes *words, size_t count);
/* The same of words between single spaces, then an argument (NULL: none). */
void redis_ask_text(struct run *run, redis_answer *answer, void *ctx, const char *command,
                    const char *argument);
/* Further commands are for this database. */
void redis_ask_in(struct run *run, int64_t database);
/* Sends what was appended. */
void redis_ask_flush(struct run *run);
/* Gives value to the question that waits longest; false when none does. */
bool redis_ask_answer(struct run *run, const struct resp_value *value);
/* The command that is waited for; NULL: none. */
const char *redis_ask_waits(struct run *run);

/* ---- parts ---- */

/* Whether to ask for a part now: not shortly after it was refused. Then it counts as tried. */
bool redis_part_begin(struct run *run, enum redis_part part);
/* A part could not be read: value is an error answer, or something that makes no sense. */
void redis_part_failed(struct run *run, enum redis_part part,
                       const struct resp_value *value);
void redis_part_missing(struct run *run, enum redis_part part, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Samples that follow belong to it. */
void redis_part_enter(struct run *run, enum redis_part part);
void redis_parts_report(struct run *run);

/* ---- fault: what an error means ---- */

/* Answers the run: the server said value where it should have said that all is well. */
void redis_fault(struct run *run, const char *command, const struct resp_value *value);
/* The answer is no RESP at all, or too large. */
void redis_fault_protocol(struct run *run, enum resp_next next);

/* ---- what is asked after PING ---- */

void redis_info_ask(struct run *run);
void redis_keys_ask(struct run *run);
void redis_scan_ask(struct run *run);
void redis_sentinel_ask(struct run *run);

/* Lines of INFO that are more than one number; false for what makes no sample. */
bool redis_stats_line(struct run *run, struct bytes name, struct bytes value);
/* The value of a field; false when INFO has no such field, or did not come. */
bool redis_info_field(const struct redis_state *state, const char *name,
                      struct bytes *ret_value);
bool redis_info_number(const struct redis_state *state, const char *name,
                       double *ret_number);
/* The next "name=value" of a list between commas. */
bool redis_info_pair(struct bytes *rest, struct bytes *ret_name, struct bytes *ret_value);
/* The value of one name in such a list; empty when it is not there. */
struct bytes redis_info_part(struct bytes list, const char *name);

/* Asks for the length of a key, whatever its type. The key stays valid as long as the run. */
void redis_measure(struct run *run, const struct redis_key *key, enum redis_part part);
void redis_stream_ask(struct run *run, struct redis_measured *m, enum redis_part part);
const char *redis_database_name(struct run *run, int64_t database); /* "db0" */

/* A sample of one of redis_families. */
void redis_sample(struct run *run, enum redis_family family, const char *const *values,
                  double value);

/* ---- what the user says ---- */

bool redis_validate(void *conf, struct arena *arena, struct err *e);
bool redis_aim(const void *conf, struct arena *arena, struct dial *ret_dial,
               struct err *e);
extern const struct opt redis_opts[];
extern const struct var redis_vars[];
extern const struct limit redis_limits[];

#endif
