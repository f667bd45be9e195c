/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How flows answered when all was well: the times of each probe's phases and the shapes of its JSON answers, of several
 * runs. Made from a smoke run, kept as a JSON file of a stated version that has no value of any answer in it. Called by
 * cmd_baseline.c and comparison.c. baseline_file.c reads and writes.
 */
#ifndef HEALTHD_HEALTHCTL_BASELINE_H
#define HEALTHD_HEALTHCTL_BASELINE_H

#include "healthctl/rank_test.h"
#include "healthctl/shape.h"
#include "healthctl/smoke.h"

#define BASELINE_VERSION 1
#define BASELINE_SHAPES_MAX 8    /* of one answer: a probe type has few JSON variables */
#define BASELINE_SAMPLES_MAX 100 /* kept of one measure: the first */
#define BASELINE_MAX_BYTES (16u << 20)

enum { MEASURE_TOTAL = PHASE_COUNT, MEASURES };
const char *measure_name(int measure); /* "connect", …, "total" */

struct answer_shape {
    const char *name; /* of the probe type's variable: "json" */
    struct shape *shape;
};

struct answer_record { /* one probe of one step, over all runs in which the step passed */
    const char *step;  /* as reports name it: "databases/orders-db" */
    const char *probe, *type;
    struct seconds seconds[MEASURES]; /* a phase that did not happen has no sample */
    struct answer_shape shapes[BASELINE_SHAPES_MAX];
    size_t shape_count;
};

struct flow_record {
    const char *flow;
    size_t runs;
    struct answer_record *answers;
    size_t count;
};

struct baseline { /* in an arena */
    struct wall recorded;
    const char *release; /* "" when nobody said */
    struct flow_record *flows;
    size_t count;
};

const struct flow_record *baseline_flow(const struct baseline *b, const char *name);
const struct answer_record *baseline_answer(const struct flow_record *f, const char *step,
                                            const char *probe);

/* Looks on while flows run, for what is gone afterwards. */
struct baseline_watch;
struct baseline_watch *baseline_watch_create(struct arena *arena);
/* smoke_plan.on_answer; ctx is the watch. */
void baseline_watch_answer(void *watch, const struct flow_result *result,
                           const struct flow_step_result *step, size_t finding,
                           struct run *run);
/* What the run showed; in the watch's arena. */
struct baseline *baseline_of(const struct baseline_watch *w, const struct smoke *smoke,
                             const char *release, struct wall now);

/* ---- baseline_file.c ---- */

json_t *baseline_to_json(const struct baseline *b);
/* NULL and e, which says where in it. */
struct baseline *baseline_from_json(const json_t *root, struct arena *arena,
                                    struct err *e);
/* Without secrets; the file is there as a whole or not at all. */
bool baseline_save(const struct baseline *b, const char *path, struct secrets *secrets,
                   struct err *e);
struct baseline *baseline_load(const char *path, struct arena *arena, struct err *e);

#endif
