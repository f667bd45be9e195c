/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which configuration and which of its flows a command line means. Called by smoke, wait, baseline and deploy; asks
 * nobody.
 */
#ifndef HEALTHD_HEALTHCTL_FLOW_CHOICE_H
#define HEALTHD_HEALTHCTL_FLOW_CHOICE_H

#include "healthctl/command.h"
#include "lib/config/generation.h"

enum { FLOW_CHOICE_MAX = 1000 };

struct flow_choice { /* lives as long as the invocation */
    const struct generation *generation;
    const char *source; /* the file, as it was named; NULL: the default configuration */
    const struct flow *const *flows;
    size_t count;
};

/* Loads what words mean: a file first (unless --config says which), else the default configuration. ret_read: words that
 * named it, 0 or 1. 0, or CODE_USAGE after its faults were said. */
int flow_choice_load(const struct invocation *in, const char *const *words, size_t count,
                     struct flow_choice *ret, size_t *ret_read);
/* The same, and the flows that the words after it name; without any, all of them. A configuration without flows is a
 * fault. */
int flow_choice_read(const struct invocation *in, const char *const *words, size_t count,
                     struct flow_choice *ret);
/* --var, for all of them. 0, or CODE_USAGE after complaining. */
int flow_choice_vars(const struct invocation *in, struct pairs *ret);
/* CODE_USAGE, after complaining, when a flow cannot begin with these variables. */
int flow_choice_check(const struct invocation *in, const struct flow_choice *c,
                      const struct pairs *vars);
/* A duration of a flag, more than nothing; ret_duration stays when it was not given. */
int flow_choice_duration(const struct invocation *in, const char *flag,
                         nsec *ret_duration);
/* A count of a flag, from 1 to 10000. */
int flow_choice_count(const struct invocation *in, const char *flag, size_t *ret_count);

#endif
