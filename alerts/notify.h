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
    unsigned number;  /* 1, 2, … */
    bool is_in_doubt; /* an earlier one may have arrived: "(re-sent)" */
    /* the full form was rejected: no details, links, blocks; at most 2 KiB */
    bool is_degraded;
    nsec late;            /* since the notice was made, when over a minute; else 0 */
    const char *late_why; /* "receiver unreachable"; "" */
    /* what judge remembered for this lane (Slack's channel and ts, JSON); "" */
    const char *remote;
    const struct notice *merged_first; /* BACKLOG_COALESCE: the first that waited; NULL */
    size_t merged_count;               /* how many became this one; 0: none */
    struct wall now;
};

enum outcome {
    OUTCOME_OK,
    OUTCOME_RETRY,  /* later, by back-off or retry_after */
    OUTCOME_CONFIG, /* an operator must act: kept, tried every 5 min, told at once */
    OUTCOME_REJECT, /* this notice is refused: once more degraded, then dead letter and fallback */
    OUTCOME_ANEW /* send the same notice again at once, with what the judgement's remote says ("" or NULL: nothing)
                     * for the attempt's: what it named is gone, or a first half is done. More than three of these in a
                     * row are a RETRY. */
};
const char *outcome_name(enum outcome outcome);

struct judgement {
    enum outcome outcome;
    /* for people, without secrets: "HTTP 403 invalid_token"; "" when OK */
    const char *why;
    /* RETRY: nothing can have come of it; else the next try says "(re-sent)" */
    bool never_arrived;
    nsec retry_after; /* 0: not said */
    /* new memory of the lane, "" for none; NULL: unchanged (ANEW: none) */
    const char *remote;
    const char *warning; /* accepted, but: "recipient x refused"; NULL */
};

struct far_end { /* where a connection goes; host "": not known */
    const char *host;
    int port;
};

struct notifier_type {
    const char *name, *summary, *example;
    const struct opt *opts;
    size_t conf_size;
    /* one lane per alert; never delayed for grouping; gets critical digests */
    bool is_paging;
    bool is_state_sync; /* Alertmanager: sent again while firing, by resend_every */
    nsec resend_every;
    bool sends_deploys;   /* takes NOTICE_DEPLOY */
    enum backlog backlog; /* default of the receiver's `backlog:` */
    double rate, burst;   /* notices a second: default token bucket */
    nsec timeout;         /* of one exchange: 15 s, SMTP 30 s */
    /* Whether a filled conf makes sense; may be NULL. */
    bool (*validate)(const void *conf, struct arena *arena, struct err *e);
    /* The complete request, headers and body, in arena. Must not fail: what is too long is cut, what is missing is left
     * out. Secrets of conf go in here and nowhere else. method, url, mail … : see fetch.h; the courier sets timeout,
     * max_body, reuse and User-Agent. */
    void (*render)(const void *conf, const struct notice *n, const struct attempt *a,
                   struct arena *arena, struct request *ret);
    /* reply is whatever came, also nothing (reply->trouble). */
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
    nsec max_age; /* of a notice that cannot be delivered; 7 d */
    bool send_resolved;
    const char *severity_floor; /* "" */
    const char *canonical;
};
struct receivers {
    const struct receiver *const *items;
    size_t count;
};
const struct receiver *receivers_find(const struct receivers *r, const char *name);

/* notify_http.c: what most vendors share (outcome classes: enum outcome). ret->why never has the URL's path or the
 * answer's words in it: notifiers add those that they know to be harmless. now: for a Retry-After that is a date. */
void judge_http(const struct reply *reply, struct wall now, struct arena *arena,
                struct judgement *ret);
/* The first words of a body that is text, for why; "" when there are none, when it is HTML, or when any of `never`
 * (NULL-terminated: URLs, tokens) stands in it, a URL also by a part of its path. */
const char *reply_excerpt(const struct reply *reply, const char *const *never,
                          struct arena *arena);
/* As judge_http, and why says what a refusal said: its reply_excerpt. */
void judge_http_words(const struct reply *reply, const char *const *never,
                      struct wall now, struct arena *arena, struct judgement *ret);
/* Whether text is an http or https URL; the error does not repeat it. */
bool notifier_url_validate(const char *text, struct arena *arena, struct err *e);
/* Where a request to url goes first, through proxy unless that is "": for notifier_type.host. */
struct far_end far_end_of(const char *url, const char *proxy, struct arena *arena);
/* notice_text.c: words that every notifier uses the same way, never failing, cut at max bytes on a character. */
const char *notice_subject(
    const struct notice *n, struct arena *arena,
    size_t max); /* "[FIRING:2] PostgresDown orders-db"; the same for every try */
const char *notice_body_text(const struct notice *n, const struct attempt *a,
                             struct arena *arena, size_t max);
/* ▁▂▃▄▅▆▇█. */
const char *sparkline(const double *values, size_t count, struct arena *arena);

#endif
