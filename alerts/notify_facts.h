/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person wants to know of a notice, in words and in order, without layout: plain text, chat and mail lay the same
 * facts out. Pure; everything lives in arena, nothing is NULL, and no text has control characters other than '\n'.
 */
#ifndef HEALTHD_ALERTS_NOTIFY_FACTS_H
#define HEALTHD_ALERTS_NOTIFY_FACTS_H

#include <stddef.h>

#include "alerts/notice.h"
#include "alerts/notify.h"
#include "lib/base/arena.h"
#include "lib/core/zone.h"

struct fact {
    const char *name; /* "Since" */
    const char *text; /* "2026-11-27 03:04:05 CET (12 m 4 s)" */
};
#define FACT_LAST_LOG "Last log" /* its end is what matters, where room is short */
struct facts {
    const struct fact *items;
    size_t count;
};

const char *notice_state_word(const struct notice *n); /* "firing", "resolved", … */
/* With what was truncated, when it fires. */
size_t notice_firing_count(const struct notice *n);
/* The title; when there is none, the alert's name. Never empty. */
const char *notice_title_line(const struct notice *n, struct arena *arena);
/* "critical · firing since 2026-11-27 03:04:05 CET (12 m 4 s) · shop-prod" */
const char *notice_status_line(const struct notice *n, const struct attempt *a,
                               struct arena *arena);
/* Sentences to read first: DRILL, delayed, re-sent, merged. NULL-terminated. */
const char *const *notice_remarks(const struct notice *n, const struct attempt *a,
                                  struct arena *arena);
/* Of all: last deploy, what else fails, why it is told, how to acknowledge. */
struct facts notice_facts(const struct notice *n, struct arena *arena);
/* What is wrong, in one sentence: the summary, the probe's words, or the name. */
const char *alert_headline(const struct notice_alert *alert, struct arena *arena);
/* What was found, when the notice is about one alert that fires: for whoever sees no more than one line. Else "". */
const char *notice_gist(const struct notice *n, struct arena *arena);
/* Of one: since, value, last hour, labels, description, hides, last log. */
struct facts alert_facts(const struct notice *n, const struct notice_alert *alert,
                         const struct attempt *a, struct arena *arena);
/* What is right to link: runbook and this healthd. name is for people, text is the URL; only http and https. */
struct facts notice_links(const struct notice *n, struct arena *arena);

/* One line: control characters and runs of white space become one space; at most max bytes, "…" where it was cut. */
const char *text_line(const char *text, size_t max, struct arena *arena);
/* The same, but line breaks stay. */
const char *text_block(const char *text, size_t max, struct arena *arena);
/* At most max characters (not bytes), "…" where it was cut. */
const char *text_chars(const char *text, size_t max, struct arena *arena);

#endif
