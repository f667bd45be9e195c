/* SPDX-License-Identifier: Apache-2.0 */
/* How a notice looks in Slack. Between notify_slack.c and notify_slack_blocks.c only. */
#ifndef HEALTHD_ALERTS_NOTIFY_SLACK_H
#define HEALTHD_ALERTS_NOTIFY_SLACK_H

#include "alerts/notice.h"
#include "alerts/notify.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"

/* Appends the members "text" and "attachments" of a message to an object that is being written. */
void slack_message(struct buf *out, const struct notice *n, const struct attempt *a,
                   struct arena *arena);
/* Appends "text" alone: a reply in the thread that says what has changed. */
void slack_reply(struct buf *out, const struct notice *n, const struct attempt *a,
                 struct arena *arena);
/* With & < > as entities, which nothing in it can then mean; at most max bytes, "…" where it was cut. */
const char *slack_escape(const char *text, size_t max, struct arena *arena);

#endif
