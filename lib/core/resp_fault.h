/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it means when a Redis server says no: a reason, and what to do; and what it said, for a sentence. Used by every probe
 * that asks such a server.
 */
#ifndef HEALTHD_CORE_RESP_FAULT_H
#define HEALTHD_CORE_RESP_FAULT_H

#include "lib/base/bytes.h"
#include "lib/core/reason.h"
#include "lib/core/resp.h"

struct resp_fault {
    const char *start; /* of the error's text */
    enum reason reason;
    const char *advice; /* to be put after what the server said; NULL: nothing */
};

struct run;

/* A text or an error in quotes (run_quoted), a number, "nothing" or "a list"; lives as long as the run. */
const char *resp_said(struct run *run, const struct resp_value *value);

/* NULL: an error that means nothing in particular. */
const struct resp_fault *resp_fault_find(struct bytes error);

#endif
