/* SPDX-License-Identifier: Apache-2.0 */
/* A body of the user's own: text with ${names} that stand for parts of a notice. Used by the webhook. Pure. */
#ifndef HEALTHD_ALERTS_NOTIFY_BODY_H
#define HEALTHD_ALERTS_NOTIFY_BODY_H

#include "alerts/notice.h"
#include "alerts/notify.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* Whether every ${name} in it is known; the error says which are. */
bool body_validate(const char *body, struct err *e);
/* Fills them in. In JSON each becomes what may stand between the quotes of a string, but ${payload}, which is the
 * standard payload as it is. */
struct bytes body_fill(const char *body, const char *content_type, const struct notice *n,
                       const struct attempt *a, struct bytes payload,
                       struct arena *arena);

#endif
