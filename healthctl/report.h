/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports of smoke runs in formats that other programs read: one function a format, over the same results. Pure; called
 * by cmd_smoke.c for --format and --report. text is smoke_text.h's.
 */
#ifndef HEALTHD_HEALTHCTL_REPORT_H
#define HEALTHD_HEALTHCTL_REPORT_H

#include "healthctl/comparison.h"
#include "healthctl/smoke.h"
#include "lib/base/buf.h"
#include "lib/core/json.h"

struct report_format {
    const char *name;      /* "junit" */
    const char *extension; /* of a file that is meant by its name alone: ".xml" */
    void (*write)(const struct smoke *smoke, struct buf *out);
};
extern const struct report_format report_formats[];        /* ended by {0} */
const struct report_format *report_find(const char *name); /* NULL: there is none */
/* By its extension; NULL: none. */
const struct report_format *report_of_file(const char *path);

void report_json(const struct smoke *smoke, struct buf *out);
/* JUnit's XML as CI systems read it: a suite a flow, a case a step. */
void report_junit(const struct smoke *smoke, struct buf *out);
/* TAP 13 with YAML diagnostics. */
void report_tap(const struct smoke *smoke, struct buf *out);
/* The Nagios plugin API: one line, perfdata, then the failures. */
void report_nagios(const struct smoke *smoke, struct buf *out);
int report_nagios_code(int code, bool is_degraded); /* 0 to 3 */
/* Annotations of GitHub's workflow commands, and a line of summary. */
void report_github(const struct smoke *smoke, struct buf *out);

/* As a value, for the JSON writer. */
json_t *report_json_value(const struct smoke *smoke);

/* ---- report_against.c: the comparison, when there is one ---- */

struct compared_words {
    const char *flow, *name;
    enum compared verdict;
    bool is_failure;
    const char *words; /* what differs; "" */
};
void report_against_text(const struct smoke *smoke);
json_t *report_against_json(const struct comparison *c);
/* changed and broken, and slower when it was asked to be. */
bool report_against_is_failure(const struct smoke *smoke, enum compared verdict);
/* Each step of it; none when there is no comparison. */
void report_against_each(const struct smoke *smoke,
                         void (*fn)(void *ctx, const struct smoke *smoke,
                                    const struct compared_words *w),
                         void *ctx);

/* What all of them say of a step. In arena. */
struct step_words {
    const char *expected, *came; /* expected "": the sentence is all there is */
    const char *again;           /* the command that does it again */
};
struct step_words report_words(const struct smoke *smoke, const struct flow_result *flow,
                               const struct flow_step_result *step, struct arena *arena);
/* Its parts in parallel have the group's name before theirs: "databases/orders-db". */
const char *report_step_name(const struct flow_step_result *step, struct arena *arena);
/* Not of a group, which its members stand for. */
bool report_is_shown(const struct flow_step_result *step);

#endif
