/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd's own families: healthd_* and process_*. Values are read when a page is about to be rendered; the
 * loop's worst moments are kept for a minute, so that several scrapers see the same.
 */
#ifndef HEALTHD_COLLECTOR_SELF_H
#define HEALTHD_COLLECTOR_SELF_H

#include "lib/core/metric.h"

struct daemon;
struct self;

extern const struct metric_rows self_families[]; /* what they are, for the reference */

struct self *self_create(struct daemon *d);
void self_destroy(struct self *s);
void self_refresh(struct self *s); /* before a page; at most 0.1 ms */

#endif
