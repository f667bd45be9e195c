/* SPDX-License-Identifier: Apache-2.0 */
/* Pages for people without the status page's parts: one head, one way to answer. Called by api_*.c; what goes between is
 * theirs, escaped by buf_add_html. */
#ifndef HEALTHD_COLLECTOR_HTML_H
#define HEALTHD_COLLECTOR_HTML_H

#include "collector/web.h"

/* Begins a page: everything before its headline. */
void html_head(struct buf *out, const char *title);
/* Answers with the page; nothing but its own style is allowed to it. */
void html_reply(struct exchange *x, struct buf *taken);

#endif
