/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kind of probe is (probe_type, one const table per file in probes/), and what a configured one is
 * (probe, part of a generation).
 */
#ifndef HEALTHD_CORE_PROBE_H
#define HEALTHD_CORE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/expr.h"
#include "lib/core/labels.h"
#include "lib/core/limit.h"
#include "lib/core/metric.h"
#include "lib/core/node.h"
#include "lib/core/opt.h"
#include "lib/core/reason.h"

struct buf;
struct json_t; /* jansson's */
struct run;
struct session;
struct dial;

enum talk_event {
    TALK_OPEN, /* it is connected; `in` is empty */
    TALK_DATA, /* more bytes are there: take what can be understood, and leave the rest */
    /* The peer has closed, and `in` is what is left. Answer; on TALK_MORE the frame says that it closed. */
    TALK_EOF,
    TALK_RESUMED /* a STARTTLS handshake or an offloaded computation is done */
};
enum talk {
    TALK_MORE, /* more bytes are waited for */
    /* The run is answered. The connection is kept when the type keeps its connection, the answer is up or degraded, and all
     * bytes were taken. */
    TALK_DONE,
    TALK_STARTTLS, /* a TLS handshake follows, then TALK_RESUMED */
    TALK_OFFLOAD,  /* what run_offload named is computed, then TALK_RESUMED */
    /* This is not the peer that is wanted (run_elsewhere): the next place is asked, from TALK_OPEN. */
    TALK_ELSEWHERE,
    TALK_CLOSE /* the run is answered, and the connection is not worth keeping */
};

struct
    message { /* what a peer pushes to a session, as it does with heartbeats; valid during the call */
    /* What stands behind the probe's name in the path: "start" of /api/heartbeat/NAME/start; "" for nothing. */
    const char *kind;
    const char *token;   /* "" when the peer gave none */
    bool is_trusted;     /* the peer may act without one */
    struct pairs params; /* of the query */
    struct bytes body;
    struct wall at; /* when it came */
};
enum receipt { RECEIPT_TAKEN, RECEIPT_FORBIDDEN, RECEIPT_INVALID };

struct group { /* samples that are collected at an interval of their own */
    const char *name;
    nsec interval; /* 0: with every run */
};

/* All that a kind of probe is. Everything is called on the loop, but for `work`; nothing may block there. What a function gives
 * or keeps is in the arena of its run or session. */
struct probe_type {
    const char *name, *summary; /* summary: one sentence for the reference */
    const char *example; /* of a probe, in YAML; a test parses it and runs validate */
    int port;            /* a dialogue's default port: where aim's dial starts from */
    const char *job;     /* the target label `job`; NULL: "healthd" */
    /* Its series have no label `probe` on the big page, as those of host and containers. */
    bool is_singleton;
    bool is_critical; /* the severity that is usual: critical; else warning */
    /* The rule pack that tells people of it in the place of ProbeDown and ProbeFlapping, and of which reasons (ended by
     * REASON_NONE; NULL: of whatever is wrong). NULL: those two tell of it, as of nearly every type. */
    const char *pack;
    const enum reason *pack_tells_of;
    /* It sees each container of an engine, also those that no probe asks. */
    bool watches_containers;
    bool tells_of_work; /* it tells whether some work was done, a backup for example */
    bool keeps_memo;    /* its sessions set a memo: a place for that is made in time */
    /* ${names} that a run itself fills in, in rows that are OPT_LATE; NULL-terminated. May be NULL. */
    const char *const *own_names;
    /* /probe cannot ask it, because whoever may ask would say what is done. */
    bool refuses_modules;
    /* The type's own rows; a dialogue has dial_opts (talk.h) beside them. */
    const struct opt *opts;
    const struct metric *const *metrics; /* the families it declares; NULL-terminated */
    bool has_dynamic_families;           /* it may add others, up to a cap */
    /* Whether it may add one of that name, so that a rule which reads it is not told of a misspelling. NULL: any. */
    bool (*may_make)(const void *conf, const char *name);
    bool keeps_connection; /* of a dialogue: see TALK_DONE; the next run is run_is_kept */
    const struct var *vars;     /* what expect, should and capture may name */
    const struct group *groups; /* ended by name NULL. May be NULL */
    /* What `limits:` may name; ended by name NULL. May be NULL. */
    const struct limit *limits;
    /* Bytes of the structs that conf, a run's state and a session's state are; the states come zeroed. */
    size_t conf_size, state_size, session_size;
    /* Finds faults that no single row shows: false, and e. May fill derived fields of conf, which is the caller's own copy;
     * what it makes is in arena. May be NULL. */
    bool (*validate)(void *conf, struct arena *arena, struct err *e);
    /* Where to connect, for a conf that says it in its own way (a URL, or an address: dial_split); ret_dial comes
     * filled from the frame's rows and the default port when it is a dialogue. Also called once at loading, so that
     * its faults are the configuration's. May be NULL. */
    bool (*aim)(const void *conf, struct arena *arena, struct dial *ret_dial,
                struct err *e);
    /* Begin and end a session. False, and e: it cannot begin. Both may be NULL. */
    bool (*open)(struct session *s, struct err *e);
    void (*close)(struct session *s);
    /* A type has exactly one of these three. talk: a dialogue over the connection that the frame makes; it consumes from in.
     * start: begins what has handles of its own on the loop, and ends with run_finish. work: blocks, on a thread of its own,
     * and touches nothing but its run. Each answers by run_up, run_degraded, run_down or run_unknown (run.h). */
    enum talk (*talk)(struct run *run, enum talk_event event, struct bytes *in);
    void (*start)(struct run *run);
    void (*work)(struct run *run);
    /* Adds the samples that every run has, whatever came of it (phases, a status of 0): called once on the loop
     * when the run ends, by an answer, at the deadline or by a cancel. Not when `work` is still busy. May be NULL. */
    void (*report)(struct run *run);
    /* Adds to the trace what the run's state still knows: called once at its end when it is traced, and whenever
     * the verdict is not up, so that a steady probe does not pay for texts that nobody reads. May be NULL. */
    void (*trace)(struct run *run);
    /* Takes in what a peer pushed, whenever it comes; conf is filled in, as for a run. e: for the peer, when it is not
     * taken. A run follows (WAKE_PUSHED). NULL: nothing can be pushed to this type. */
    enum receipt (*receive)(struct session *s, const void *conf, const struct message *m,
                            struct err *e);
    /* Puts what the session knows into object, for the API. NULL: nothing to show. */
    void (*show)(struct session *s, const void *conf, struct wall now,
                 struct json_t *object);
    /* What the configuration means from now on, a line or more, for `healthctl validate`. NULL: nothing to say. */
    void (*preview)(const void *conf, struct wall now, struct buf *out);
    /* With start: the deadline came, or nobody wants the answer any more. Lets go of everything, soon, then run_finish. */
    void (*cancel)(struct run *run);
};

/* The pack that tells of this failure in ProbeDown's place; of REASON_NONE: of every failure. NULL: none does. */
const char *probe_pack_telling_of(const struct probe_type *type, enum reason reason);

/* One configured question: part of a generation, and never written after loading. */
struct probe {
    const char *name;
    const struct probe_type *type;
    struct template *conf; /* part 0: the type's rows; part 1: dial_opts, for dialogues */
    nsec interval, timeout, retry_interval;
    int rise, fall;       /* how many runs in a row confirm up, and down */
    bool watch;           /* a connection is held open between runs */
    bool results_all;     /* every run is a line of the log */
    struct labels labels; /* the global ones, with its own on top; task_id too */
    const struct expr *const *expect; /* NULL-terminated; down when one does not hold */
    const struct expr *const
        *should;                   /* NULL-terminated; degraded when one does not hold */
    const char *const *depends_on; /* NULL-terminated names of probes */
    const char *severity;          /* critical, warning or none */
    const struct node *limits;     /* as written; they become rules. May be NULL */
    /* Its text, whatever its layout: where that is equal after a reload, session, state and place on the grid are kept. */
    const char *canonical;
    struct place at; /* where it is written */
};

#endif
