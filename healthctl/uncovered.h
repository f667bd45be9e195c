/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a stack nobody watches: its services beside the probes of a configuration, and who is told. Pure; called by
 * `healthctl coverage`.
 */
#ifndef HEALTHD_HEALTHCTL_UNCOVERED_H
#define HEALTHD_HEALTHCTL_UNCOVERED_H

#include "healthctl/guess.h"
#include "lib/config/generation.h"

struct watched { /* one service, and how it is watched */
    const struct guess *guess;
    const char *probes; /* names, "" when it has none */
    bool is_covered;
    const char *note; /* why it needs none, or what is missing; "" */
};

struct gap {          /* something to do */
    const char *kind; /* "service", "receiver", "backup", "deadman", "published" */
    const char *what; /* whose: a service's or a probe's name; "" */
    const char *text; /* a sentence, with what to do */
};

struct coverage {
    struct watched *watched; /* one each of the compose file's services */
    struct gap *gaps;
    size_t gap_count;
};

const struct coverage *coverage_of(struct arena *arena, const struct compose *c,
                                   const struct generation *g);

/* uncovered_match.c: whether p asks s, by its name, its labels, or the addresses and names in its options. */
bool probe_watches(struct arena *arena, const struct compose *c,
                   const struct compose_member *s, const struct probe *p);
/* One of words stands in its name or its options. */
bool probe_mentions(struct arena *arena, const struct probe *p, const char *const *words);

#endif
