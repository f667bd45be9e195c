/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which series a configuration can have, by name and label, as far as that can be told before it runs. Made by rule_lint.c
 * once all is read; says nothing about values.
 */
#ifndef HEALTHD_CONFIG_SERIES_KNOWN_H
#define HEALTHD_CONFIG_SERIES_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/config/generation.h"

struct series_known;

/* Lives and ends with arena, and as long as g. */
struct series_known *series_known_make(const struct generation *g, struct arena *arena);
/* Some configured probe, recording rule or healthd itself makes it, or may: of what others name nothing is known. */
bool series_may_be(const struct series_known *k, const char *name);
/* The labels that its series can have; NULL: nobody knows them all. NULL-terminated, in arena. */
const char *const *series_labels(const struct series_known *k, const char *name,
                                 struct arena *arena);
/* The name that was meant, or NULL. */
const char *series_nearest(const struct series_known *k, const char *name,
                           struct arena *arena);
/* The probe type that declares it; NULL: none does. */
const struct probe_type *series_type(const char *name);

#endif
