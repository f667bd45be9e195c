/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the tcp probe share: its configuration and one dialogue's state. */
#ifndef HEALTHD_PROBES_TCP_H
#define HEALTHD_PROBES_TCP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/conn.h"
#include "lib/core/expr.h"
#include "lib/core/metric.h"
#include "lib/core/opt.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"

#define TCP_QUOTE_BYTES 160

struct tcp_label {
    const char *name, *value;
};

struct tcp_step {
    const struct regex *expect; /* NULL: nothing is waited for */
    const char *expect_bytes;
    const char *send;
    bool starttls;
    struct sections labels; /* struct tcp_label */
    struct pairs capture;
};

struct tcp_conf {
    const char *address, *hostname;
    struct sections query_response; /* struct tcp_step */
    const char *host, *unix_path;   /* of address, by validate */
    int port;
};

struct tcp_capture {
    const char *name, *text;
    const struct tcp_capture *next;
};

struct tcp_state {
    size_t step;    /* in query_response */
    size_t scanned; /* bytes of the unread that hold no newline */
    size_t lines;   /* heard in this step */
    char last[TCP_QUOTE_BYTES];
    size_t last_len;
    bool has_begun, failed_by_regex, failed_by_bytes;
    const struct tcp_capture *captures;
};

/* tcp_options.c */
extern const struct opt tcp_opts[];
bool tcp_validate(void *conf, struct arena *arena, struct err *e);
/* Where to connect: `address` before `host`, `port` and `unix`. */
bool tcp_aim(const void *conf, struct arena *arena, struct dial *ret_dial, struct err *e);
const struct tcp_step *tcp_step_at(const struct tcp_conf *conf, size_t at);

/* tcp_emit.c */
extern const struct metric *const tcp_metrics[];
extern const struct var tcp_vars[];
/* text with its ${1} … replaced by what the step's `expect` found; in the run's arena. */
const char *tcp_expand(struct run *run, const struct tcp_step *step, const char *text,
                       const struct bytes *groups, size_t count);
/* Gives the run what a step's `labels` and `capture` took from the line that it expected. */
void tcp_show(struct run *run, const struct tcp_step *step, const struct bytes *groups,
              size_t count);
void tcp_report(struct run *run);

#endif
