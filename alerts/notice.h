/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change on its way to one receiver: data, with every text rendered (annotations, values, words), no layout. Made by
 * dispatch at a flush, committed to the outbox as JSON, read back by the courier, and laid out by a notifier each time
 * it is sent. So nothing that can go wrong is left for later, and what was queued can still be merged.
 */
#ifndef HEALTHD_ALERTS_NOTICE_H
#define HEALTHD_ALERTS_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/labels.h"

enum notice_kind {
    NOTICE_TRIGGER,  /* something fires that this lane was not told of */
    NOTICE_UPDATE,   /* members came or went, or the severity changed */
    NOTICE_REMINDER, /* repeat_interval passed */
    NOTICE_RESOLVE,  /* all has ended */
    NOTICE_ACK,      /* somebody has taken it */
    NOTICE_DEPLOY,   /* a deployment: no alert (PagerDuty: a change event) */
    NOTICE_TEST      /* receiver test */
};
const char *notice_kind_name(enum notice_kind kind); /* "trigger", … */
bool notice_kind_from(struct bytes name, enum notice_kind *ret);

struct notice_alert {
    const char *key; /* struct alert's */
    uint64_t fingerprint;
    bool is_firing; /* else resolved */
    struct labels labels, annotations;
    struct wall since;      /* fired_at */
    struct wall ended;      /* 0 while firing */
    const char *end_reason; /* "" or why it ended other than by recovering */
    double value;
    const char *threshold; /* "> 0.9", or "" */
    /* the last hour, oldest first, NaN for gaps; spark_count 0: none */
    const double *spark;
    size_t spark_count; /* at most 60 */
    /* the probe's sentence: "connection refused by 10.0.0.5:5432"; "" */
    const char *detail;
    const char *last_log; /* what it is about printed last, lines, redacted; "" */
    const char *expr;     /* the rule's */
    /* NULL-terminated: what depends on it and is held; NULL: nothing */
    const char *const *hides;
};

/* Before a bundled alert's name: where healthd serves its page (runbook.h). */
#define RUNBOOK_PATH "/runbooks/"

struct notice {
    uint64_t id; /* the outbox's; 0 before the commit */
    enum notice_kind kind;
    const char *receiver; /* its name in the configuration */
    /* what must stay in order: a group's or an alert's key within the receiver */
    const char *lane;
    const char *dedup_key; /* "hd-" + 40 hex digits of sha256(site, receiver, lane) */
    const char *site;
    const char *group_key; /* Alertmanager's: {}/{severity="critical"}:{alertname="X"} */
    const char *severity; /* the worst of its firing members, or of all when none fires */
    const char *reason;   /* "first notification", "new alerts added", … */
    struct labels group_labels, common_labels, common_annotations;
    const struct notice_alert *alerts;
    size_t alert_count;
    size_t truncated; /* more members than NOTICE_MAX_ALERTS: how many were left out */
    /* one line, for people: "PostgresDown orders-db (payload, checkout)" */
    const char *title;
    const char *external_url; /* of this healthd, or "" */
    const char *runbook;      /* URL, RUNBOOK_PATH and a name, or "" */
    const char *last_deploy;  /* "40 s after deploy a1b2c3 of shop", or "" */
    const char *also;         /* "also failing: cache, payload", or "" */
    const char *ack_hint;     /* how to take it: "healthctl ack orders-db" */
    const char *timezone;     /* IANA name for the times shown */
    bool is_drill;            /* marked DRILL wherever people see it */
    struct wall made;         /* when it was committed */
    struct wall first_since;  /* the earliest since */
};
#define NOTICE_MAX_ALERTS 100
#define NOTICE_MAX_BYTES ((size_t)8 << 20) /* of its JSON */

/* Appends one line of JSON, never more than NOTICE_MAX_BYTES: texts above 16 KiB are cut, alerts above 64 KiB only
 * counted (truncated). NULL texts are written as "". */
void notice_to_json(const struct notice *n, struct buf *out);
/* Reads it back: members that are missing are empty, unknown ones are passed over, no text is NULL. */
bool notice_from_json(struct arena *arena, struct bytes json, struct notice *ret,
                      struct err *e);
/* All of it, in arena; texts that are NULL are "" in the copy. */
struct notice *notice_copy(struct arena *arena, const struct notice *n);

#endif
