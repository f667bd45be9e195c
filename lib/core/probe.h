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
    TALK_OPEN, /* connected; `in` is empty */
    TALK_DATA, /* more bytes; take what you understand, leave the rest */
    TALK_EOF, /* the peer closed; `in` is what is left. Answer, or return TALK_MORE: the frame then says closed */
    TALK_RESUMED /* a STARTTLS handshake or an offloaded computation is done */
};
enum talk {
    TALK_MORE, /* waiting for bytes */
    TALK_DONE, /* answered; kept when the type keeps its connection, the answer is up or degraded, all was taken */
    TALK_STARTTLS, /* handshake now, then TALK_RESUMED */
    TALK_OFFLOAD,  /* compute what run_offload named, then TALK_RESUMED */
    TALK_ELSEWHERE, /* not the peer that is wanted (run_elsewhere): the next place, then TALK_OPEN */
    TALK_CLOSE /* answered, and the connection is not worth keeping */
};

struct message { /* pushed to a session by a peer: heartbeat */
    /* what stands behind the probe's name in the path; "" for nothing */
    const char *kind;
    const char *token;   /* "" when the peer gave none */
    bool is_trusted;     /* the peer may act anyway */
    struct pairs params; /* of the query */
    struct bytes body;
    struct wall at;
};
enum receipt { RECEIPT_TAKEN, RECEIPT_FORBIDDEN, RECEIPT_INVALID };

struct group { /* samples with an interval of their own */
    const char *name;
    nsec interval; /* 0: every run */
};

struct probe_type { /* all that a kind of probe is */
    const char *name, *summary,
        *example;      /* the example is YAML; a test parses it and runs validate */
    int port;          /* a dialogue's default port: where aim's dial starts from */
    const char *job;   /* target label `job`; NULL: "healthd" */
    bool is_singleton; /* host, containers: no `probe` label on the big page */
    bool is_critical;  /* default severity; else warning */
    /* The rule pack that tells people of it in the place of ProbeDown and ProbeFlapping, and of which reasons (ended by
     * REASON_NONE; NULL: of whatever is wrong). NULL: those two tell of it, as of nearly every type. */
    const char *pack;
    const enum reason *pack_tells_of;
    /* sees each container of an engine, also those that no probe asks */
    bool watches_containers;
    bool tells_of_work; /* that some work was done, or was not: what a backup may have */
    bool keeps_memo;    /* its sessions set one, so that a place for it is made in time */
    /* ${names} that a run itself fills in, in rows that are OPT_LATE; NULL-terminated. May be NULL. */
    const char *const *own_names;
    bool refuses_modules; /* never for /probe: whoever may ask would say what is done */
    /* its own rows only; a dialogue has dial_opts (talk.h) beside them */
    const struct opt *opts;
    const struct metric *const *metrics; /* families it declares, NULL-terminated */
    bool has_dynamic_families;           /* others too, capped */
    bool keeps_connection;  /* a dialogue: see TALK_DONE; the next run is run_is_kept */
    const struct var *vars; /* what expect, should and capture may name */
    const struct group *groups; /* may be NULL */
    /* what `limits:` may name; ended by name NULL. May be NULL */
    const struct limit *limits;
    size_t conf_size, state_size, session_size;
    /* Faults that no single row shows. May fill derived fields of conf: it is the caller's own copy. */
    bool (*validate)(void *conf, struct arena *arena, struct err *e);
    /* Where to connect, for a conf that says it in its own way (a URL, or an address: dial_split); ret_dial comes
     * filled from the frame's rows and the default port when it is a dialogue. Also called once at loading, so that
     * its faults are the configuration's. May be NULL. */
    bool (*aim)(const void *conf, struct arena *arena, struct dial *ret_dial,
                struct err *e);
    bool (*open)(struct session *s, struct err *e);
    void (*close)(struct session *s);
    /* Exactly one of talk, start, work. */
    enum talk (*talk)(struct run *run, enum talk_event event, struct bytes *in);
    void (*start)(struct run *run);
    void (*work)(struct run *run); /* on a pool thread: touches only its run */
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
    /* with start only: let go of everything soon, then run_finish */
    void (*cancel)(struct run *run);
};

/* The pack that tells of this failure in ProbeDown's place; of REASON_NONE: of every failure. NULL: none does. */
const char *probe_pack_telling_of(const struct probe_type *type, enum reason reason);

/* Configured once, part of a generation, never written after loading. */
struct probe {
    const char *name;
    const struct probe_type *type;
    struct template *conf; /* part 0: the type's; part 1: dial_opts, for dialogues */
    nsec interval, timeout, retry_interval;
    int rise, fall;
    bool watch;
    bool results_all;                 /* a log line for every run */
    struct labels labels;             /* global ◁ probe; task_id too */
    const struct expr *const *expect; /* NULL-terminated: else down */
    const struct expr *const *should; /* NULL-terminated: else degraded */
    const char *const *depends_on;    /* NULL-terminated names */
    const char *severity;             /* critical, warning, none */
    const struct node *limits;        /* as written; they become rules. May be NULL */
    const char *canonical; /* equal text over a reload keeps the session, due and state */
    struct place at;
};

#endif
