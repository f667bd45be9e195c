/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs that healthctl makes itself, without a daemon: each probe once, several at a time, and what
 * came of it. Called by `probe` and `validate --run`.
 */
#ifndef HEALTHD_HEALTHCTL_ASKED_H
#define HEALTHD_HEALTHCTL_ASKED_H

#include <stdbool.h>

#include "healthctl/command.h"
#include "healthctl/writer.h"
#include "lib/core/probe.h"
#include "lib/core/verdict.h"

struct generation;

struct asked { /* one run, as it ended; texts live in the invocation's arena */
    const struct probe *probe;
    const char *operand; /* or NULL */
    nsec timeout;
    bool is_done;
    enum health health;
    enum reason reason;
    const char *detail, *address;
    nsec duration;
    struct waterfall phases;
    struct trace_line *trace;
    size_t trace_count;
    const char *page; /* its samples, in Prometheus' text format */
    json_t *verdict;  /* released with the arena */
    /* Of the certificate, from the samples; NULL or 0 when there was none. */
    const char *tls_version, *subject, *issuer, *names;
    double expires;
};

/* g: the configuration that they are of; NULL: none. Fills asked[count], whose probe, operand and timeout are set. progress is called after each; may
 * be NULL. False (and e): the system stands in the way. */
bool ask_all(const struct invocation *in, const struct generation *g, struct asked *asked,
             size_t count, void (*progress)(size_t done, size_t count), struct err *e);

#endif
