/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read of a row of the ledger, whosever it is: members of a JSON object by name; what is missing is empty. Called
 * by the owners of rows at start (book, dispatch, overlay, courier). Pure.
 */
#ifndef HEALTHD_ALERTS_LEDGER_ROW_H
#define HEALTHD_ALERTS_LEDGER_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/json.h"
#include "lib/core/labels.h"

#define ROW_LABELS_MAX 1000

/* Lives in arena. NULL, and e, when it is no object or longer than max bytes. */
json_t *row_object(struct arena *arena, const char *json, size_t max, struct err *e);
const char *row_text(const json_t *row, const char *name); /* "" */
int64_t row_number(const json_t *row, const char *name);
bool row_flag(const json_t *row, const char *name);
struct wall row_time(const json_t *row, const char *name); /* nanoseconds since 1970 */
/* Sorted by name; texts are the row's. False when it is no object of at most ROW_LABELS_MAX texts. */
bool row_labels(const json_t *row, const char *name, struct arena *arena,
                struct labels *ret);

#endif
