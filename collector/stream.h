/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who looks at the status page right now, and what they are told: one text a second at most, made once and sent to all, as
 * Server-Sent Events. A bounded number of viewers; one that reads too slowly is let go, and asks again. Costs nothing while
 * nobody looks.
 */
#ifndef HEALTHD_COLLECTOR_STREAM_H
#define HEALTHD_COLLECTOR_STREAM_H

#include "collector/daemon.h"
#include "collector/web.h"

struct stream;

#define STREAM_VIEWERS_MAX 128

struct stream *stream_create(struct daemon *d);
void stream_destroy(struct stream *s); /* takes NULL; after the web server */
/* A run of it was published. */
void stream_note(struct stream *s, struct tracked *t);
/* Answers with events: `hello` {page, generation}; `probes` [brief, …]: those that ran; `alerts` [alert, …] when anything
 * of them changed; `generation` {generation} after a reload. A comment every 15 s keeps proxies awake. */
void stream_answer(struct stream *s, struct exchange *x);

#endif
