/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of requests that several notifiers write: members of JSON objects, and one alert as Prometheus' world knows it.
 * Pure.
 */
#ifndef HEALTHD_ALERTS_NOTIFY_PAYLOAD_H
#define HEALTHD_ALERTS_NOTIFY_PAYLOAD_H

#include "alerts/notice.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"

/* Appends one member or element, with a comma before it unless it is the first: name NULL inside a list. */
void payload_text(struct buf *out, const char *name, const char *text);
void payload_number(struct buf *out, const char *name, double value); /* NaN: null */
void payload_count(struct buf *out, const char *name, uint64_t value);
void payload_labels(struct buf *out, const char *name, struct labels labels);
/* Opens an object or list as a member; it ends with a '}' or ']' that the caller writes. */
void payload_open(struct buf *out, const char *name, char bracket);
/* labels, annotations, startsAt, endsAt, generatorURL: what Alertmanager's webhook and its API have in common. */
void payload_alert(struct buf *out, const struct notice *n,
                   const struct notice_alert *alert, struct wall ends_at);
struct bytes payload_bytes(struct buf *out, struct arena *arena); /* and finishes out */

#endif
