/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the exec probe: exec.c (the type and its runs), exec_command.c (what is started, with which
 * environment), exec_judge.c (what its end means) and exec_perf.c (performance data of the Nagios plugin API). Nobody
 * else includes it but their tests.
 */
#ifndef HEALTHD_PROBES_EXEC_H
#define HEALTHD_PROBES_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/core/child.h"
#include "lib/core/expr.h"
#include "lib/core/json.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"

#define EXEC_MAX_PERF 200
#define EXEC_MAX_LABEL 128
#define EXEC_KEEP_BYTES (64u << 10) /* of each stream */

enum exec_format { EXEC_PLAIN, EXEC_NAGIOS };

struct exec_conf {
    struct texts command;
    bool shell;
    int format;
    struct ints valid_exit_codes;
    struct pairs env;
    const char *path, *working_directory;
    uint64_t max_output;
    /* derived */
    const char *const *argv;
};

/* ---- performance data ---- */

struct perf_range { /* alerts outside of low..high, or inside when is_inside */
    bool is_set, is_inside;
    double low, high; /* infinite where it is open */
};

struct perf {
    const char *label;
    const char *unit; /* "", "seconds", "bytes", "ratio" */
    bool is_counter;
    double value;
    struct perf_range warning, critical;
    bool has_min, has_max;
    double min, max;
};

struct perf_list {
    struct perf items[EXEC_MAX_PERF];
    size_t count;
    /* what could not be read, had no value (U), came twice, or was over EXEC_MAX_PERF */
    size_t dropped;
};

struct plugin_output { /* of a plugin, taken apart */
    struct bytes line; /* the first, without its performance data */
    struct perf_list *perf;
};

/* exec_perf.c */
/* Adds what one piece of text says. */
void perf_read(struct bytes text, struct arena *arena, struct perf_list *list);
struct plugin_output plugin_output_read(struct bytes text, struct arena *arena);

/* exec_command.c */
bool exec_validate(void *conf, struct arena *arena, struct err *e);

/* exec_judge.c */
struct exec_state {
    struct child *child; /* NULL: none yet, or no more */
    bool has_ended;
    struct child_end end; /* its streams are copies */
    struct plugin_output output;
    const json_t *perf; /* for expressions, once asked for */
};
void exec_judge(struct run *run, const struct child_end *end);
void exec_samples(struct run *run);
extern const struct var exec_vars[];
extern const struct metric *const exec_metrics[];

#endif
