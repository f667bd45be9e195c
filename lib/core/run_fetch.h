/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run shows of a fetch that it made: phases, the address, how long its name took, the peer's certificate. For the
 * probe types that ask with fetch.h; all of it on the loop. Judges nothing.
 */
#ifndef HEALTHD_CORE_RUN_FETCH_H
#define HEALTHD_CORE_RUN_FETCH_H

#include "lib/core/fetch.h"
#include "lib/core/run.h"

/* A phase begins; with CONNECT, the address gone for is shown. fetch: NULL before fetch_start has returned. */
void run_fetch_phase(struct run *run, const struct fetch *fetch, enum phase phase);
/* It is over, or the deadline came: address, resolution and certificate are the run's, as far as the reply has them. */
void run_fetch_reply(struct run *run, const struct reply *reply);
/* The lookup alone, for what asks several addresses. That of a proxy is none of the target's. */
void run_fetch_resolved(struct run *run, const struct reply *reply);

#endif
