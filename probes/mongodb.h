/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the mongodb probe share. mongodb.c drives the dialogue; _uri reads connection strings; _wire has
 * messages, _doc reads documents, _command writes them; _login, _hello judge; _collect asks for numbers, which
 * _server, _wiredtiger, _replset, _databases and _custom make of the answers; _vars has what expectations see.
 */
#ifndef HEALTHD_PROBES_MONGODB_H
#define HEALTHD_PROBES_MONGODB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/conn.h"
#include "lib/core/custom_metric.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"
#include "lib/core/scram.h"
#include "probes/mongodb_families.h"

/* ---- mongodb_uri.c: where, and as whom ---- */

enum mongodb_mechanism {
    MECHANISM_DEFAULT, /* what the server knows the user by */
    MECHANISM_SHA_1,
    MECHANISM_SHA_256,
    MECHANISM_X509,
    MECHANISM_PLAIN
};
enum mongodb_preference { /* which members will do */
                          PREFER_PRIMARY_ONLY,
                          PREFER_PRIMARY,
                          PREFER_SECONDARY_ONLY,
                          PREFER_SECONDARY,
                          PREFER_NEAREST
};

struct mongodb_target {
    const struct dial_place *places; /* count ≥ 1, unless the frame's rows say where */
    size_t count;
    const char *unix_path;   /* NULL: TCP */
    const char *srv;         /* "_mongodb._tcp"; NULL: the places are the hosts */
    const char *user;        /* NULL: no login, but with X.509 */
    const char *password;    /* NULL: none */
    const char *database;    /* of the path; NULL: none */
    const char *auth_source; /* NULL: database, or admin */
    const char *replica_set; /* NULL: any, or none */
    int mechanism;           /* enum mongodb_mechanism */
    int preference;          /* enum mongodb_preference */
    bool wants_login;
    bool is_direct, has_direct, is_balanced;
    bool has_tls, is_tls, is_insecure;
    const char *ca_file, *certificate_file; /* NULL: not given */
    const char *ignored; /* option names that healthd has no use for; "" none */
};

struct mongodb_conf {
    const char *uri;
    const char *username;
    struct secret password;
    const char *auth_source, *replica_set;
    int auth_mechanism;
    struct texts collect, databases;
    int64_t max_databases;
    struct sections metrics;             /* struct mongodb_query */
    const struct mongodb_target *target; /* by validate */
    unsigned collects;                   /* bits, 1 << enum mongodb_group; by validate */
};

/* Reads conf's uri and rows into a target. No fault quotes user or password. */
bool mongodb_target_read(const struct mongodb_conf *conf, struct arena *arena,
                         struct mongodb_target *ret_target, struct err *e);
/* One option of a connection string, or of the TXT record beside an SRV one. */
bool mongodb_target_set(struct mongodb_target *target, struct bytes key,
                        const char *value, struct err *e);

/* ---- mongodb_wire.c: messages ---- */

#define MONGODB_MAX_MESSAGE (1u << 20) /* bytes of one answer */

enum mongodb_heard { MONGODB_MESSAGE, MONGODB_TOO_LITTLE, MONGODB_WRONG };
/* OP_MSG with one document. */
struct bytes mongodb_message(struct arena *arena, int32_t id, struct bytes document);
/* Takes the answer to the message id. MONGODB_WRONG: e says what it is instead, and reason of what kind that is. */
enum mongodb_heard mongodb_take_message(struct bytes *in, int32_t id,
                                        struct bytes *ret_document,
                                        enum reason *ret_reason, struct err *e);

/* ---- mongodb_doc.c: documents, read once ---- */

#define MONGODB_MAX_FIELDS 16384 /* of one answer */
#define MONGODB_MAX_DEPTH 24

enum mongodb_type {
    FIELD_OTHER,
    FIELD_NUMBER, /* also booleans, dates (ms) and timestamps (s) */
    FIELD_TEXT,
    FIELD_BINARY,
    FIELD_DOCUMENT, /* number: how many members; bytes: as they came */
    FIELD_ARRAY     /* the same */
};
struct mongodb_field {
    uint64_t hash; /* of its path; 0: a free slot */
    enum mongodb_type type;
    double number;
    struct bytes bytes;
};
struct mongodb_doc;
/* Indexes a document by path ("members.0.name"). False (and e) when it is none, too deep, or has too many fields. */
bool mongodb_doc_read(struct arena *arena, struct bytes document,
                      const struct mongodb_doc **ret_doc, struct err *e);
const struct mongodb_field *mongodb_find(const struct mongodb_doc *doc, const char *path);
bool mongodb_number(const struct mongodb_doc *doc, const char *path, double *ret_number);
/* False: absent, too. */
bool mongodb_truth(const struct mongodb_doc *doc, const char *path);
/* Of a TEXT or BINARY; else empty. */
struct bytes mongodb_bytes(const struct mongodb_doc *doc, const char *path);
/* A TEXT in arena, escaped where it is no UTF-8; "" when there is none. */
const char *mongodb_text(const struct mongodb_doc *doc, const char *path,
                         struct arena *arena);
/* Members of an array. */
size_t mongodb_count(const struct mongodb_doc *doc, const char *path);
/* A row of a custom metric: the flat members of a document as cells; returns how many. */
size_t mongodb_cells(struct bytes document, struct arena *arena, struct cell *ret_cells,
                     size_t max);

/* ---- mongodb_command.c: documents, written ---- */

struct mongodb_find { /* of one custom metric, or the oplog */
    const char *database, *collection;
    struct bytes filter; /* documents; empty: none */
    struct bytes sort, projection;
    int64_t limit;
};
struct bytes mongodb_hello(struct arena *arena, const struct mongodb_target *target,
                           const char *auth_source, bool is_legacy, bool is_first);
/* {name: 1, $db}, with what these commands have of their own. */
struct bytes mongodb_simple(struct arena *arena, const char *name, const char *database,
                            nsec limit);
struct bytes mongodb_sasl(struct arena *arena, const char *mechanism, double conversation,
                          struct bytes payload, const char *database);
struct bytes mongodb_authenticate(struct arena *arena);
struct bytes mongodb_coll_stats(struct arena *arena, const char *database,
                                const char *collection, nsec limit);
struct bytes mongodb_find_command(struct arena *arena, const struct mongodb_find *find,
                                  nsec limit);
struct bytes mongodb_count_command(struct arena *arena, const struct mongodb_find *find,
                                   nsec limit);
/* pipeline: a document whose members are the stages, as an array has them. */
struct bytes mongodb_aggregate_command(struct arena *arena,
                                       const struct mongodb_find *find,
                                       struct bytes pipeline, nsec limit);
/* {$natural: direction} and the like. */
struct bytes mongodb_order(struct arena *arena, const char *key, int direction);
/* A document of JSON (MongoDB's Extended JSON) text. */
bool mongodb_from_json(struct arena *arena, struct bytes json, struct bytes *ret_document,
                       struct err *e);

/* ---- the dialogue's state ---- */

enum mongodb_group {
    GROUP_SERVER,
    GROUP_REPLICA,
    GROUP_OPLOG,
    GROUP_DATABASES,
    GROUP_COUNT
};
extern const char *const mongodb_group_names[]; /* ended by NULL */

enum mongodb_step { /* what is waited for */
                    STEP_HELLO,
                    STEP_LEGACY_HELLO, /* isMaster: before 4.4.2 */
                    STEP_SASL,
                    STEP_PROOF,
                    STEP_SASL_END,
                    STEP_PING,
                    STEP_COLLECT
};

struct mongodb_state;
struct mongodb_task { /* one question of a group */
    void (*ask)(struct run *run, const struct mongodb_task *task);
    void (*answer)(struct run *run, const struct mongodb_task *task,
                   const struct mongodb_doc *doc);
    /* NULL: the group has failed, as e says */
    void (*fail)(struct run *run, const struct mongodb_task *task, const char *why);
    enum mongodb_group group;
    const char *subject; /* a database */
    size_t index;        /* of a custom metric */
    struct mongodb_task *next;
};

enum mongodb_role { /* what hello says it is */
                    ROLE_STANDALONE,
                    ROLE_PRIMARY,
                    ROLE_SECONDARY,
                    ROLE_ARBITER,
                    ROLE_MONGOS,
                    ROLE_OTHER /* recovering, starting, removed */
};

struct mongodb_found { /* for expectations; NaN: not asked, or not there */
    double connections, available, active, queued, uptime_seconds, resident_mib;
    double cache_used, cache_max, cache_dirty;
    double lag_seconds, oplog_head, oplog_tail;
    double members, healthy_members, my_state;
    double ping_seconds;
};

struct mongodb_state {
    enum mongodb_step step;
    int32_t id;                          /* of the message that was sent last */
    struct mono asked_at;                /* the ping */
    bool is_alive;                       /* it answered the ping */
    const struct mongodb_target *target; /* conf's, or with what its TXT record says */
    const char *auth_source;
    struct scram *scram;
    double conversation;
    enum mongodb_role role;
    const char *set;     /* of hello; "" none */
    const char *primary; /* of hello: "host:port"; "" none */
    const char *cluster_role;
    struct mongodb_task *tasks, *last_task;
    bool group_failed[GROUP_COUNT], group_asked[GROUP_COUNT];
    const char *group_why[GROUP_COUNT];
    bool is_planned;
    struct mongodb_found found;
};

struct mongodb_session {   /* session_size: zeroed at first */
    struct scram_key key;  /* of the last login */
    char cluster_role[16]; /* as seen last, for mongodb_up when nobody answers */
    char version[64], edition[32], vendor[32]; /* of this connection's server */
    double oplog_head, oplog_tail; /* of a group that is not asked with every run */
    bool has_found;
    struct custom_kept custom;
};

/* Says one command, whose answer is waited for. */
enum talk mongodb_say(struct run *run, enum mongodb_step step, struct bytes document);

/* ---- mongodb_hello.c: whether this is the member that is wanted ---- */

/* Goes on with the login or the ping, or answers. */
enum talk mongodb_hello_heard(struct run *run, const struct mongodb_doc *doc);
enum talk mongodb_begin(struct run *run); /* says hello */
enum talk mongodb_ping(struct run *run);
/* Answers once the ping is answered: up, or what the set's state makes of it. Numbers that come later, or do not, change
 * nothing about it. */
void mongodb_verdict(struct run *run);

/* ---- mongodb_login.c ---- */

enum talk mongodb_login(struct run *run, const struct mongodb_doc *hello);
enum talk mongodb_login_heard(struct run *run, const struct mongodb_doc *doc);
enum talk mongodb_login_computed(struct run *run);

/* ---- mongodb_fault.c: what a refusal means ---- */

/* True when the command succeeded. */
bool mongodb_is_ok(const struct mongodb_doc *doc);
double mongodb_code(const struct mongodb_doc *doc); /* 0: none */
/* "Unauthorized (13): not authorized on admin …" */
const char *mongodb_error(struct run *run, const struct mongodb_doc *doc);
/* Answers for a command without which there is no verdict. */
enum talk mongodb_refused(struct run *run, const char *command,
                          const struct mongodb_doc *doc);
/* The same for a group: what to grant when that is what is missing. */
const char *mongodb_group_fault(struct run *run, const struct mongodb_task *task,
                                const struct mongodb_doc *doc);

/* ---- mongodb_collect.c ---- */

/* Lists what is due. */
void mongodb_plan(struct run *run);
void mongodb_add_task(struct run *run, struct mongodb_task task);
/* Asks the next question, or ends the run. */
enum talk mongodb_collect(struct run *run);
enum talk mongodb_collected(struct run *run, const struct mongodb_doc *doc);
/* The answer to the task is no document that can be read. */
enum talk mongodb_unreadable(struct run *run, const char *why);
void mongodb_group_failed(struct run *run, enum mongodb_group group, const char *why);
nsec mongodb_limit(const struct run *run); /* what is left for a command, as maxTimeMS */
/* Samples. value: of the family's first label; the others are the member's own. */
void mongodb_sample(struct run *run, enum mongodb_family family, const char *value,
                    double number);
struct mongodb_row { /* one number, under both names */
    const char *path;
    enum mongodb_family compat;
    const char *compat_value;
    enum mongodb_family raw;
    const char *raw_value;
};
void mongodb_rows(struct run *run, const struct mongodb_doc *doc,
                  const struct mongodb_row *rows, size_t count);
void mongodb_report_groups(struct run *run);

/* ---- what the groups ask ---- */

void mongodb_plan_server(struct run *run); /* mongodb_server.c */
/* mongodb_wiredtiger.c. */
void mongodb_wiredtiger(struct run *run, const struct mongodb_doc *doc);
void mongodb_plan_replica(struct run *run);   /* mongodb_replset.c */
void mongodb_plan_oplog(struct run *run);     /* mongodb_oplog.c */
void mongodb_plan_databases(struct run *run); /* mongodb_databases.c */
void mongodb_plan_custom(struct run *run);    /* mongodb_custom.c */

/* ---- mongodb_query.c: custom metrics as configured ---- */

struct mongodb_query {
    struct custom_metric metric; /* first */
    const char *database, *collection;
    /* exactly one, but an empty count is one too */
    const struct node *count, *find, *aggregate;
    const struct node *sort, *projection;
};
extern const struct opt mongodb_query_opts[];
/* Faults: no question, several, one that writes or runs code. */
bool mongodb_query_check(const struct mongodb_query *q, struct arena *arena,
                         struct err *e);
bool mongodb_query_document(struct arena *arena, const struct node *n,
                            struct bytes *ret_document, struct err *e);

/* ---- mongodb_options.c, mongodb_vars.c ---- */

extern const struct opt mongodb_opts[];
extern const struct limit mongodb_limits[];
extern const struct var mongodb_vars[];
bool mongodb_validate(void *ctx, struct arena *arena, struct err *e);

#endif
