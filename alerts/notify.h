/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kind of notifier is: it lays a notice out for a vendor and judges the vendor's answer. Pure: no I/O, no clock,
 * no memory of its own; the courier (courier.h) does all that for it. One const table a file, alerts/notify_<name>.c,
 * and one word in alerts/meson.build.
 */
#ifndef HEALTHD_ALERTS_NOTIFY_H
#define HEALTHD_ALERTS_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/notice.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/fetch.h"
#include "lib/core/opt.h"

enum backlog {
    BACKLOG_REPLAY, /* every notice in order: exact history (PagerDuty) */
    BACKLOG_COALESCE /* what waited becomes one: "fired 02:10, resolved 02:14, delivered 3 h late" */
};

struct attempt {      /* how this sending differs from others of the same notice */
    unsigned number;  /* 1 for the first, 2 for the second … */
    bool is_in_doubt; /* an earlier one may have arrived: people see "(re-sent)" */
    /* The full form was rejected: this one has no details, links or blocks, and at most 2 KiB. */
    bool is_degraded;
    nsec late; /* how long ago the notice was made, when that is over a minute; else 0 */
    const char *late_why; /* why: "receiver unreachable"; "" when it is not late */
    /* What judge remembered for this lane (of Slack channel and ts, as JSON); "" for nothing. */
    const char *remote;
    /* With BACKLOG_COALESCE: the first of the notices that waited and became this one, and how many they are; NULL and 0 when
     * there are none. */
    const struct notice *merged_first;
    size_t merged_count;
    struct wall now;
};

enum outcome {
    OUTCOME_OK,
    /* It is tried again later: after retry_after, or after a pause that grows. */
    OUTCOME_RETRY,
    /* An operator has to act. The notice is kept and tried every 5 min, and the fallback receivers are told at once. */
    OUTCOME_CONFIG,
    /* This notice is refused. It is sent once more, degraded; if that is refused, too, it is a dead letter, and the fallback
     * receivers get it. */
    OUTCOME_REJECT,
    /* The same notice is sent again at once, with the judgement's remote ("" or NULL: nothing) as the attempt's: what that
     * named is gone, or a first half is done. More than three of these in a row are a RETRY. */
    OUTCOME_ANEW
};
/* "ok", "retry" …, for logs. */
const char *outcome_name(enum outcome outcome);

struct judgement {
    enum outcome outcome;
    /* For people, without secrets: "HTTP 403 invalid_token"; "" when OK. */
    const char *why;
    /* Of a RETRY: nothing can have come of this try. Else the next one says "(re-sent)". */
    bool never_arrived;
    nsec retry_after; /* when the peer said how long to wait; 0: it did not */
    /* What the lane remembers from now on, "" for nothing. NULL: what it did before (with ANEW: nothing). */
    const char *remote;
    /* It was accepted, but: "recipient x refused"; NULL: there is nothing to add. */
    const char *warning;
};

struct far_end { /* where a connection goes; host "": not known */
    const char *host;
    int port;
};

struct notifier_type {
    const char *name, *summary, *example;
    const struct opt *opts;
    size_t conf_size;
    /* It wakes people: each alert has a lane of its own and waits for no group, and many criticals become a digest. */
    bool is_paging;
    /* It mirrors which alerts fire, as Alertmanager does: each is sent again every resend_every while it fires. */
    bool is_state_sync;
    nsec resend_every;
    bool sends_deploys;   /* it takes NOTICE_DEPLOY */
    enum backlog backlog; /* what a receiver has unless its `backlog:` says otherwise */
    /* Its token bucket, unless the receiver says otherwise: notices a second, and how many at once. */
    double rate, burst;
    nsec timeout; /* of one exchange */
    /* Whether a filled conf makes sense; may be NULL. */
    bool (*validate)(const void *conf, struct arena *arena, struct err *e);
    /* The complete request, headers and body, in arena. Must not fail: what is too long is cut, what is missing is left
     * out. Secrets of conf go in here and nowhere else. method, url, mail … : see fetch.h; the courier sets timeout,
     * max_body, reuse and User-Agent. */
    void (*render)(const void *conf, const struct notice *n, const struct attempt *a,
                   struct arena *arena, struct request *ret);
    /* What became of it. reply: whatever came, also when nothing did (reply->trouble). Sets all of ret; its texts
     * are in arena, or constants. */
    void (*judge)(const void *conf, const struct notice *n, const struct attempt *a,
                  const struct reply *reply, struct arena *arena, struct judgement *ret);
    /* The host that must be reachable for a notice to get out, for the connectivity gate (reach.h): a proxy when there is
     * one. */
    struct far_end (*host)(const void *conf, struct arena *arena);
};

/* NULL-terminated; from alerts/meson.build. */
extern const struct notifier_type *const notifier_types[];
const struct notifier_type *notifier_type_find(const char *name);

struct receiver { /* one entry of `receivers:`; part of a generation */
    const char *name;
    const struct notifier_type *type;
    struct template *conf; /* filled per attempt, so that a renewed secret is used */
    enum backlog backlog;
    double rate, burst;
    nsec max_age;       /* a notice that is older is given up; 0: never */
    bool send_resolved; /* it is told of ends, too */
    /* Alerts of a lesser severity are not told here; "" when all are. */
    const char *severity_floor;
    const char *canonical; /* its text: where that is equal, a reload changed nothing */
};
struct receivers {
    const struct receiver *const *items;
    size_t count;
};
const struct receiver *receivers_find(const struct receivers *r, const char *name);

/* notify_http.c: what most vendors mean by a status. ret->why never has the URL's path or the answer's words in it:
 * notifiers add those that they know to be harmless. now: for a Retry-After that is a date. */
void judge_http(const struct reply *reply, struct wall now, struct arena *arena,
                struct judgement *ret);
/* The first words of a body that is text, for why; "" when there are none, when it is HTML, or when any of `never`
 * (NULL-terminated: URLs, tokens) stands in it, a URL also by a part of its path. */
const char *reply_excerpt(const struct reply *reply, const char *const *never,
                          struct arena *arena);
/* The same, and ret->why says in what words it was refused: reply_excerpt's. */
void judge_http_words(const struct reply *reply, const char *const *never,
                      struct wall now, struct arena *arena, struct judgement *ret);
/* Whether text is an http or https URL; the error does not repeat it. */
bool notifier_url_validate(const char *text, struct arena *arena, struct err *e);
/* Where a request to url goes first, through proxy unless that is "": for notifier_type.host. */
struct far_end far_end_of(const char *url, const char *proxy, struct arena *arena);
/* notice_text.c: words that every notifier uses in the same way. They never fail, and are cut at max bytes, on a character.
 * All in arena. */
/* "[FIRING:2] PostgresDown orders-db"; the same for every try. */
const char *notice_subject(const struct notice *n, struct arena *arena, size_t max);
/* Everything, as plain text for a mail or a page. */
const char *notice_body_text(const struct notice *n, const struct attempt *a,
                             struct arena *arena, size_t max);
/* A line of these for the values, of which NaN is a gap: ▁▂▃▄▅▆▇█. */
const char *sparkline(const double *values, size_t count, struct arena *arena);

#endif
