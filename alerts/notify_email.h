/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a mail. Between the files of the e-mail notifier only. */
#ifndef HEALTHD_ALERTS_NOTIFY_EMAIL_H
#define HEALTHD_ALERTS_NOTIFY_EMAIL_H

#include "alerts/notice.h"
#include "alerts/notify.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

/* ---- notify_email_words.c ---- */

/* "hd@example.com" or "healthd <hd@example.com>": the bare address; NULL (and e) when it is none. */
const char *email_address(const char *written, struct arena *arena, struct err *e);
/* The same as a From or To header shows it, with what is not ASCII in the name encoded. */
const char *email_shown(const char *written, struct arena *arena);
/* A header's text: as it is when printable ASCII, else as encoded words (RFC 2047). One line. */
const char *email_encoded(const char *text, struct arena *arena);
/* "Fri, 27 Nov 2026 03:04:05 +0000" */
const char *email_date(struct wall at, struct arena *arena);

/* ---- notify_email_html.c ---- */

/* Good in dark and in light clients: inline styles, no images, nothing fetched. */
const char *email_html(const struct notice *n, const struct attempt *a,
                       struct arena *arena);

#endif
