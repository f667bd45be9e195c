/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an alert that fires is not told now: silences, maintenance windows, inhibition, a parent that is down
 * (`depends_on`), the connectivity gate, start grace, a deploy hold. Never touches evaluation, never stops a resolve of
 * what was told (docs/alerting.md, Told and held). Owns silences (silence.h), acknowledgements (ack.h) and deploys (deploy.h),
 * which live in the ledger. Asked by dispatch before each telling; driven by the engine. Loop thread only.
 */
#ifndef HEALTHD_ALERTS_OVERLAY_H
#define HEALTHD_ALERTS_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/ack.h"
#include "alerts/book.h"
#include "alerts/deploy.h"
#include "alerts/interval.h"
#include "alerts/ledger.h"
#include "alerts/reach.h"
#include "alerts/route.h"
#include "alerts/silence.h"
#include "lib/core/zone.h"
#include "lib/query/matcher.h"

struct overlay;

enum overlay_kind {
    OVERLAY_NONE,
    OVERLAY_SILENCED,
    OVERLAY_MAINTENANCE,
    OVERLAY_INHIBITED,
    OVERLAY_PARENT,       /* a probe that it depends on is down, or is being asked */
    OVERLAY_CONNECTIVITY, /* we are cut off ourselves */
    OVERLAY_GRACE,        /* never seen up since start, within 2 min */
    OVERLAY_DEPLOY        /* a deployment of it is under way */
};
/* "silenced", … : alert.suppressed{by}. */
const char *overlay_kind_name(enum overlay_kind kind);

struct overlay_verdict {
    enum overlay_kind kind;
    /* for people: "silence 4f2a by ana until 15:00: migration" (in arena) */
    const char *by;
    struct wall until;         /* 0: not known */
    const struct alert *cause; /* the inhibiting alert; NULL */
    const char *parent;        /* OVERLAY_PARENT: the probe's name (in arena) */
};

/* What the overlay knows of probes; given by the engine. */
enum probe_phase {
    PROBE_UP,
    PROBE_DEGRADED,
    PROBE_DOWN, /* confirmed */
    PROBE_UNKNOWN,
    PROBE_NEVER_UP, /* as far as anybody knows; also when it has not run yet */
    PROBE_FALLING   /* its last run found it down, which is not confirmed yet */
};
enum probe_answer {
    PROBE_NOT_ASKED, /* not within its last two intervals */
    PROBE_ANSWERED,  /* whatever the answer was */
    PROBE_SILENT
};
struct probes_view {
    void *ctx;
    /* ret_since: when that phase began; of PROBE_NEVER_UP: since when this process has the probe. A name that there is
     * no probe of is PROBE_UNKNOWN since 0. */
    enum probe_phase (*phase)(void *ctx, const char *probe, struct wall *ret_since);
    /* NULL-terminated; NULL: none, or no such probe */
    const char *const *(*depends_on)(void *ctx, const char *probe);
    /* An intent: ask this probe now (ORIGIN_PARENT). When its verdict is there, and phase says so, the engine calls
     * overlay_parent_ran. */
    void (*run)(void *ctx, const char *probe);
    /* Did the network carry an answer of its last run? For the probes of `connectivity:`; NULL: nobody knows. */
    enum probe_answer (*answer)(void *ctx, const char *probe);
    /* Is this probe's target reached over the uplink that the connectivity gate is about? NULL: every probe's is. */
    bool (*is_external)(void *ctx, const char *probe);
    struct wall started; /* of this process */
};

#define OVERLAY_GRACE_TIME (2 * NSEC_PER_MINUTE)

struct overlay *overlay_create(const struct book *book, struct probes_view probes);
void overlay_destroy(struct overlay *o); /* takes NULL */
/* routing has to stay valid until the next adopt. */
void overlay_adopt(struct overlay *o, const struct routing *routing, struct wall now);
/* The zone of the times in texts; until then they are UTC. Has to stay valid. */
void overlay_set_zone(struct overlay *o, const struct zone *zone);
/* Whether the receivers' hosts can be reached; r may be NULL and has to outlive the overlay. */
void overlay_set_reach(struct overlay *o, struct reach *r);
/* A run found this probe down: is it we who are cut off? Looked at early, so that the answer is there when it fires. */
void overlay_probe_fell(struct overlay *o, const char *probe, struct wall now);
bool overlay_is_cut_off(const struct overlay *o); /* as seen last */
/* Takes in a row of the ledger at start: LEDGER_SILENCE, LEDGER_ACK, LEDGER_DEPLOY. What was going on when it was
 * written, and lies after now, goes on from now: the clock was put back. */
bool overlay_restore(struct overlay *o, enum ledger_kind kind, const char *key,
                     const char *json, struct wall now, struct err *e);
/* What judging needs to have been worked out from the whole book, in slices; true when it has been. Without it the first
 * judgement works it out at once. hidden: what overlay_hidden_by needs besides. The book may not change until it is true. */
bool overlay_survey(struct overlay *o, struct wall now, const struct slice *slice);
bool overlay_survey_hidden(struct overlay *o, struct wall now, const struct slice *slice);
/* Has what was worked out from the book worked out anew; call it in book_change. */
void overlay_touch(struct overlay *o);

/* Tells whether a is held back now, and by what; pure but for the intent to ask a parent. */
struct overlay_verdict overlay_judge(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena);
void overlay_parent_ran(struct overlay *o, const char *probe, struct wall now);
/* Which alerts this one hides (children by depends_on, and what it inhibits): names for the page, at most
 * OVERLAY_HIDDEN_MAX, sorted, each once. NULL-terminated, in arena. */
#define OVERLAY_HIDDEN_MAX 100
const char *const *overlay_hidden_by(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena);
/* When something may change by itself next (a silence ends, a window begins, grace runs out); 0: never. All held alerts
 * are to be judged again then. */
struct wall overlay_next(struct overlay *o, struct wall now);
/* Forgets what has ended long enough ago: silences, acknowledgements, deploys. Call it now and then. */
void overlay_expire(struct overlay *o, struct wall now, struct ledger_txn *txn);

#endif
