/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run found, in words: small, and kept. Numbers are in the batch.
 * Built by the runner in the run's arena; read-only once published.
 */
#ifndef HEALTHD_CORE_VERDICT_H
#define HEALTHD_CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/core/labels.h"
#include "lib/core/reason.h"

struct probe;

/* Ordered: worse is larger. Unknown is no judgement: we could not ask. */
enum health { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DEGRADED, HEALTH_DOWN };
const char *health_name(enum health health); /* "unknown", "up", "degraded", "down" */

enum phase {
    PHASE_RESOLVE,
    PHASE_CONNECT,
    PHASE_TLS,
    PHASE_WAIT,
    PHASE_TRANSFER,
    PHASE_COUNT
};
const char *phase_name(enum phase phase); /* "resolve", … */

enum origin {
    ORIGIN_SCHEDULED,
    ORIGIN_EVENT,   /* session_wake or watch */
    ORIGIN_RUN_NOW, /* API, CLI */
    ORIGIN_PARENT,  /* a child is about to page */
    ORIGIN_FLOW,
    ORIGIN_ONCE /* /probe and `healthctl probe` */
};
const char *origin_name(enum origin origin);
/* Whether a run of this origin counts towards a probe's health: the table of docs/architecture.md, "The story of one run". */
bool origin_moves_state(enum origin origin);

struct item { /* one subject among several of a probe */
    const char *key;
    struct labels labels;
    enum health health;
    enum reason reason;
    const char *detail;
    /* When somebody ended it on purpose last (by a deploy, say), as seen in events; 0: nobody did. An intent: what is
     * wrong with it, and with what is reached by its name, is not told while it may still come back. */
    struct wall stopped;
    bool is_back;         /* since then it has been started again */
    const char *last_log; /* lines that it printed last, for people, redacted; "": none */
};

struct trace_line { /* one fact of a run, in order: "address" "127.0.0.1:80" */
    nsec at;        /* since the run started */
    const char *key, *text;
};

struct verdict {
    const struct probe *probe;
    uint64_t seq; /* per probe, from 1, never reused by a process */
    enum origin origin;
    struct wall due; /* the slot it answers for */
    struct wall started;
    nsec duration;
    nsec phases[PHASE_COUNT]; /* 0: not reached */
    enum health health;
    enum reason reason; /* NONE when up */
    /* a sentence for people: what was expected, what came, from where; "" when up */
    const char *detail;
    const char *address; /* "127.0.0.1:80" or a socket path; "" when none was reached */
    const struct item *items;
    size_t item_count;
    /* bounded: TRACE_MAX_LINES, TRACE_MAX_BYTES; redacted */
    const struct trace_line *trace;
    size_t trace_count;
    const char *last_log;  /* as an item's, of the one subject of a run without items */
    bool has_failed_group; /* some group's collection failed; the rest stands */

    /* Written by state_confirm alone: */
    enum health confirmed; /* after rise/fall */
    bool changed;          /* confirmed differs from before */
    struct wall since;     /* confirmed has held since */
};

#define TRACE_MAX_LINES 64
#define TRACE_MAX_BYTES 8192

#endif
