/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives a dialogue probe over a connection: opens it, feeds events, starts TLS, offloads computations,
 * keeps the connection in the session when asked. Probes see run.h only; the runner starts this.
 */
#ifndef HEALTHD_CORE_TALK_H
#define HEALTHD_CORE_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/conn.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

/* The rows that every dialogue has, with blackbox_exporter's names where it has them. */
struct dial_conf {
    const char *host;
    int64_t port;              /* 0: the type's default */
    const char *unix_path;     /* `unix:` */
    bool is_tls;               /* `tls:` */
    struct tls_conf tls;       /* `tls_config:` */
    int preferred_ip_protocol; /* enum ip_family: ip4, ip6 */
    bool ip_protocol_fallback;
    const char *source_ip_address;
    const char *connect_to; /* host[:port] to connect to, while name and SNI stay */
};
extern const struct opt dial_opts[];

/* "host:port", "[::1]:port", "host": for a type's aim. Leaves ret_port alone when text has none. */
bool dial_split(struct arena *arena, const char *text, const char **ret_host,
                int *ret_port, struct err *e);
/* Fills ret_dial from the frame's rows, then lets the type aim. */
bool talk_dial(const struct probe_type *type, const void *conf,
               const struct dial_conf *rows, struct arena *arena, struct dial *ret_dial,
               struct err *e);
/* Where a run of the probe would go, whatever its kind: its configuration filled in from scope, validated and aimed.
 * False for a probe that asks nobody in particular. */
bool talk_aim(const struct probe *probe, const struct scope *scope, struct arena *arena,
              struct dial *ret_dial, struct err *e);
/* Begins the dialogue of a run; it ends through run_finish. */
void talk_start(struct run *run, const struct dial *dial);
void talk_cancel(struct run *run);
/* `watch`: after a run that was up. Holds the session's kept connection, or opens one for types that keep none,
 * and wakes the session once when it ends (session->ended_orderly says how). Does nothing while one is held.
 * dial stays valid until the wake or talk_unwatch. */
void talk_watch(struct session *s, const struct dial *dial);
void talk_unwatch(struct session *s);

/* A dialogue without a network: tests and the fuzzer feed events and read what was said. */
struct talk_script;
/* conf: as validate left it. f: its members may be NULL. */
struct talk_script *talk_script_create(struct frame *f, const struct probe_type *type,
                                       const void *conf);
/* Feeds one event; returns what the probe returned. `in` is appended to what was left before. said collects
 * output. TALK_OFFLOAD: the work has been done when this returns; feed TALK_RESUMED next, as after TALK_STARTTLS. */
enum talk talk_script_feed(struct talk_script *t, enum talk_event event, struct bytes in,
                           struct buf *said);
/* The deadline came: reports as a run would. */
void talk_script_expire(struct talk_script *t);
/* NULL before it answered or expired. */
const struct verdict *talk_script_verdict(struct talk_script *t);
const struct batch *talk_script_batch(struct talk_script *t); /* the same */
/* For the values of the type's vars. */
struct run *talk_script_run(struct talk_script *t);
void talk_script_destroy(struct talk_script *t);

#endif
