/* SPDX-License-Identifier: Apache-2.0 */
/* The # lines above a family's series. For the pages only (page.c, page_batch.c). */
#ifndef HEALTHD_CORE_META_H
#define HEALTHD_CORE_META_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/core/metric.h"
#include "lib/core/registry.h"

struct meta {
    const char *name, *help, *unit;
    enum metric_kind kind;
    bool is_help_plain; /* by meta_help_is_plain; false: looked at */
};

/* Nothing in help is escaped, in either format. */
bool meta_help_is_plain(const char *help);

/* Text 0.0.4: HELP (when there is any), TYPE. OpenMetrics 1.0: TYPE, UNIT (when the name ends with it), HELP, all for
 * the name without _total; a counter that does not end so, or whose short name another family of r has, is
 * `unknown`. */
void meta_print(struct buf *out, enum page_format format, const struct meta *meta,
                const struct registry *r);

#endif
