/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as people write them, both ways: 1h30m, 10MiB, 95%. The text that is printed is one
 * that parses back to the same value.
 */
#ifndef HEALTHD_BASE_UNITS_H
#define HEALTHD_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

/* Prometheus' duration syntax plus fractions and sub-millisecond units: "15s", "1h30m", "1.5s",
 * "500ms", "20us", "1ns", "2d", "1w", "1y" (365 d), "0". A bare number other than 0 is refused
 * with a sentence that asks for the unit. Negative durations are refused. */
bool duration_parse(struct bytes text, nsec *ret_value, struct err *e);
void duration_format(struct buf *out, nsec value); /* exact: "1h30m", "1500ms" */
/* For people, three significant digits: "1.23 s", "12.3 ms", "4 m 10 s", "3 d 2 h". */
void duration_format_short(struct buf *out, nsec value);
/* The same as texts in arena. */
const char *duration_text(struct arena *arena, nsec value);
const char *duration_text_short(struct arena *arena, nsec value);

/* Bytes: "100B", "1KB" = "1KiB" = 1024 (as blackbox_exporter and Docker read them), up to EB;
 * fractions allowed ("1.5MiB"). A bare number other than 0 is refused. */
bool size_parse(struct bytes text, uint64_t *ret_bytes, struct err *e);
void size_format(struct buf *out, uint64_t bytes);       /* exact: "10MiB", "1000B" */
void size_format_short(struct buf *out, uint64_t bytes); /* for people: "1.5 MiB" */

/* "95%" or "0.5%": ret_value is 95.0, 0.5. A bare number is refused. */
bool percent_parse(struct bytes text, double *ret_value, struct err *e);

#endif
