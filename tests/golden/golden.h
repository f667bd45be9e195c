/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output compared with files kept in tests/golden. `./dev test golden --record` (or GOLDEN_RECORD=1) writes what is
 * there now instead: look at the difference before you commit it.
 */
#ifndef HEALTHD_TESTS_GOLDEN_H
#define HEALTHD_TESTS_GOLDEN_H

#include "lib/base/bytes.h"

/* Fails the running cmocka test, with the first line that differs. name: "page/text.prom". */
void golden_check(const char *name, struct bytes got);

#endif
