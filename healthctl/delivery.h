/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who knows of an alert: of each receiver that is to be told, how far the last notice came, in words. A notice that waits or was given
 * up has told nobody. Called by cmd_alerts.c; reads what /api/alerts says, and asks nobody.
 */
#ifndef HEALTHD_HEALTHCTL_DELIVERY_H
#define HEALTHD_HEALTHCTL_DELIVERY_H

#include "healthctl/writer.h"
#include "lib/core/json.h"

/* Receivers that know, and those that a notice has not reached: "chat; not delivered to oncall". "" when no notice was made yet. */
struct cell delivery_cell(struct arena *arena, const json_t *alert);
/* One line for each receiver; nothing when there is none. */
void delivery_write(struct writer *w, struct arena *arena, const json_t *alert);

#endif
