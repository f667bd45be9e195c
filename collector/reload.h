/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload, from asking for it to the end of what it replaced: read on the pool, taken over in slices of the loop. Until all is
 * ready the former generation is in force; then the swap is one callback. Who looks at what is taken apart meanwhile waits:
 * requests are held, rules are not looked at. One at a time; what is asked for meanwhile is one more. Made by the daemon.
 */
#ifndef HEALTHD_COLLECTOR_RELOAD_H
#define HEALTHD_COLLECTOR_RELOAD_H

#include <stdbool.h>

struct daemon;
struct reloader;

struct reload_result {
    bool accepted, unchanged;
    const char *text; /* diagnostics, "" when all is well; until done returns */
};
/* result NULL: healthd stops, and nothing has changed. */
typedef void reload_done(void *ctx, const struct reload_result *result);

struct reloader *reloader_create(struct daemon *d);
/* Reads the configuration again: all or nothing. why: "SIGHUP", "API", "file changed"; static. done may be NULL. */
void reloader_ask(struct reloader *r, const char *why, reload_done *done, void *ctx);
/* The web's secrets may be others: reads the configuration, but changes nothing else. */
void reloader_renew(struct reloader *r);
void reloader_stop(struct reloader *r); /* where it is; who waits is told */
void reloader_destroy(
    struct reloader *r); /* before the schedule, after alerting; takes NULL */

#endif
