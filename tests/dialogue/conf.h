/* SPDX-License-Identifier: Apache-2.0 */
/* A dialogue's configuration from YAML, for the replayer and the fuzzer. */
#ifndef HEALTHD_TESTS_DIALOGUE_CONF_H
#define HEALTHD_TESTS_DIALOGUE_CONF_H

#include "lib/base/arena.h"
#include "lib/core/probe.h"

/* Reads "TYPE: {…}" in arena; ret_type says which. The conf is validated. Prints what is wrong and returns NULL. */
const void *dialogue_conf(struct arena *arena, const char *yaml,
                          const struct probe_type **ret_type);

#endif
