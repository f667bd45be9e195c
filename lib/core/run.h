/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One asking, as a probe sees it. All of memory here ends with the run. A probe answers exactly once, by
 * run_up, run_degraded, run_down or run_unknown; expectations, state, logs and retries are the frame's.
 *
 * When: from the type's talk, start, work and what those caused, until the answer and run_finish; samples, items, groups,
 * run_trace and run_explain also from report, and run_trace from trace. After the answer nothing but these is of use. Loop
 * thread, but for a `work` probe's run while work has it: that thread may then call all of it but for what is said to
 * be a dialogue's, hold and release.
 *
 * Texts that are passed in (details, keys, labels' values, addresses, traces) are copied, unless a function says otherwise.
 */
#ifndef HEALTHD_CORE_RUN_H
#define HEALTHD_CORE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/batch.h"
#include "lib/core/conn.h"
#include "lib/core/frame.h"
#include "lib/core/metric.h"
#include "lib/core/probe.h"
#include "lib/core/verdict.h"

struct run;
struct srv;

const void *run_conf(const struct run *run); /* the type's conf struct, filled in */
void *run_state(struct run *run);            /* state_size bytes, zeroed */
/* What is kept between runs; a run without a probe has a fresh one of its own. */
struct session *run_session(struct run *run);
struct arena *run_arena(struct run *run);
struct frame *run_frame(struct run *run);
struct batch *run_batch(struct run *run);
const char *run_name(const struct run *run); /* the probe's name, or its type's */
/* Put on each of its series, besides `probe`, where a sample has none of that name; none for a run without a probe. */
struct labels run_labels(const struct run *run);
enum origin run_origin(const struct run *run);
struct mono run_deadline(const struct run *run);
nsec run_left(const struct run *run); /* until the deadline, at least 0 */
/* What fills in ${names} of this run besides the secrets: a flow's variables. May be NULL. */
const struct scope *run_scope(const struct run *run);
/* How the target is told which asking this is (a UUID), in whatever way its protocol has; NULL: it is not. */
const char *run_task_id(const struct run *run);
struct wall run_wall(const struct run *run); /* now */
/* What is found now is right from now on: a type that holds what it finds against a file (mcp's `lock`) writes it. Only
 * when somebody asked for that (`--accept`). */
bool run_is_recording(const struct run *run);

/* The answer. Returns TALK_DONE, so that a dialogue can `return run_down(…)`. The first answer counts. */
enum talk run_up(struct run *run);
enum talk run_degraded(struct run *run, enum reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
enum talk run_down(struct run *run, enum reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
enum talk run_unknown(struct run *run, enum reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Down or unknown, as why says. */
enum talk run_trouble(struct run *run, const struct trouble *why);
bool run_is_answered(const struct run *run);
/* For report: the deadline answered, by whatever reason; and what the probe was waiting for then, put behind the sentence. */
bool run_has_timed_out(const struct run *run);
void run_explain(struct run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What a peer said, for a sentence: in quotes, what cannot be printed escaped, cut at RUN_MAX_QUOTE bytes. Lives as
 * long as the run: for an answer, not for every line that comes (run_trace_quoted). */
#define RUN_MAX_QUOTE 160
const char *run_quoted(struct run *run, struct bytes text);

/* Where the time goes: the phase that starts now. Repeated phases add up. */
void run_phase(struct run *run, enum phase phase);
/* Measured elsewhere, and better (a library's thread): replaces what was measured of the phase so far. */
void run_phase_took(struct run *run, enum phase phase, nsec took);
nsec run_phase_time(const struct run *run, enum phase phase);
void run_address(struct run *run, const char *text);
/* Start and work kinds: whom the run is about to ask, for what is said if the deadline comes before an address is
 * known. Dialogues have it from their dial. host stays valid as long as the run. */
void run_asks(struct run *run, const char *host, int port);
/* What it is called when the deadline comes first, instead of `timeout`; not within a phase. */
void run_deadline_means(struct run *run, enum reason reason);
/* A name or literal was looked up, and which address was gone for (NULL: there is none). The first call makes
 * probe_dns_lookup_time_seconds, probe_ip_protocol and probe_ip_addr_hash, and the variable `ip`. */
void run_resolved(struct run *run, nsec took, const struct address *address);
/* A fact for `explain` and debug=true; capped and redacted. Does nothing unless the run is traced. */
bool run_is_traced(const struct run *run);
void run_trace(struct run *run, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same of what a peer said, in quotes as run_quoted puts it. Takes no memory once the trace is full, so it may be
 * called for every line of a peer that never stops. */
void run_trace_quoted(struct run *run, const char *key, struct bytes text);

/* Numbers. values: of the metric's labels, in order; NULL when it has none. */
void run_sample(struct run *run, const struct metric *metric, double value);
void run_sample_with(struct run *run, const struct metric *metric,
                     const char *const *values, double value);
/* Without a copy: values live as long as the run's arena, and an absent one is NULL, not "". For many samples of the same
 * labels. */
void run_sample_kept(struct run *run, const struct metric *metric,
                     const char *const *values, double value);
/* With labels beyond the declared ones: an item's, or names that only the configuration knows. */
void run_sample_labelled(struct run *run, const struct metric *metric,
                         const char *const *values, struct labels extra, double value);
/* Further samples go into this group, until the next call; "" is the default. */
void run_group(struct run *run, const char *name);
void run_group_failed(struct run *run, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Whether a group with an interval of its own is to be collected by this run. */
bool run_group_is_due(const struct run *run, const char *name);
/* The same for what no table lists (custom metrics): whether something is due in this run, and when it is next. due ns 0:
 * never asked yet. */
bool run_is_due(const struct run *run, struct mono due, nsec interval);
struct mono run_next_due(const struct run *run, struct mono due, nsec interval);
/* One subject among several, RUN_MAX_ITEMS at most: the rest is left out. Health becomes the worst of items and answer.
 * key names the subject from run to run, so each is given once a run: a second of the same key is a second subject, and
 * which of the two a series or a page then shows is left open. */
#define RUN_MAX_ITEMS 10000
void run_item(struct run *run, const char *key, struct labels labels, enum health health,
              enum reason reason, const char *detail);
/* Of the item that was added last: see struct item's stopped. */
void run_item_stopped(struct run *run, struct wall at, bool is_back);
/* Lines that the subject printed last (excerpt.h), of the item that was added last, or of the run when it has none: for
 * pages and `explain`. A later text takes the place of an earlier one. */
void run_last_log(struct run *run, const char *text);
/* The item that is judged now, while expectations are judged per item; else NULL. */
const struct item *run_current_item(const struct run *run);

/* Dialogues only. */
void run_say(struct run *run, struct bytes out);
void run_say_text(struct run *run, const char *text);
/* Computes work(ctx) on the pool; then return TALK_OFFLOAD. */
void run_offload(struct run *run, void (*work)(void *ctx), void *ctx);
const struct dial *run_dial(const struct run *run);
/* This peer is not the one that is wanted, with a word why that follows its name ("is a secondary"). Returns
 * TALK_ELSEWHERE: the dial's next place is asked, from TALK_OPEN and with a zeroed state. When none is left, the run is
 * down for this reason, and its sentence tells of every place. */
enum talk run_elsewhere(struct run *run, enum reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* A place that this peer named: asked next after run_elsewhere, unless it is one of those asked already. */
void run_name_place(struct run *run, const char *host, int port);
/* What DNS says of a dial's service; NULL when it has none. */
const struct srv *run_srv(const struct run *run);
/* Whether the connection is an earlier run's: there is no greeting, and it is logged in already. */
bool run_is_kept(const struct run *run);

/* What a TLS handshake showed, for the tls.… variables; dialogues have it set by the frame. */
const struct tls_peer *run_peer(const struct run *run);
void run_set_peer(struct run *run, const struct tls_peer *peer);

/* start kind only: the run lives until every hold is dropped. The runner holds once itself. */
void run_hold(struct run *run);
void run_release(struct run *run);
/* The probe has answered and has nothing under way any more: ends the run (start and work kinds). */
void run_finish(struct run *run);

#endif
