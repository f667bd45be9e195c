/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What proves a deployment: a smoke run, waiting for the probes of what is deployed, or nothing. Read and checked before
 * the deployment begins, run after it. Called by cmd_deploy.c.
 */
#ifndef HEALTHD_HEALTHCTL_DEPLOY_PROOF_H
#define HEALTHD_HEALTHCTL_DEPLOY_PROOF_H

#include "healthctl/against.h"
#include "healthctl/readiness.h"
#include "healthctl/smoke.h"
#include "healthctl/smoke_text.h"

enum proof_kind { PROOF_NONE, PROOF_WAIT, PROOF_SMOKE };

struct deploy_proof {
    struct invocation *in;
    enum proof_kind kind;
    struct flow_choice choice;
    struct smoke_plan plan;
    struct smoke_progress progress;
    struct against against;
    struct readiness readiness;
    /* Of the run: */
    int code;        /* what it is worth */
    const char *why; /* what failed, in one line; "" */
};

/* By --smoke, --wait, --what and --release. 0, or CODE_USAGE after complaining: nothing may be started then. */
int deploy_proof_read(struct deploy_proof *p, struct invocation *in);
/* Runs it and writes what came of it to in->out; sets code and why. Returns the exit code: code, or the fault of a report
 * that could not be written. */
int deploy_proof_run(struct deploy_proof *p);

#endif
