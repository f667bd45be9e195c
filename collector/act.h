/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the acting paths of the API share: fields of a JSON body, who acts, until when. Each answers the request itself
 * when a field is wrong. For api_alerts.c, api_silences.c, api_outbox.c and api_deploys.c.
 */
#ifndef HEALTHD_COLLECTOR_ACT_H
#define HEALTHD_COLLECTOR_ACT_H

#include <stdbool.h>

#include "alerts/engine.h"
#include "collector/daemon.h"
#include "collector/web.h"
#include "lib/core/json.h"

/* A field's text; "" when it is absent or no text. */
const char *act_text(const json_t *body, const char *name);
/* The field named `name`, or else whoever is at the other end: "uid 1000", "token ci". */
const char *act_who(struct exchange *x, const json_t *body, const char *name);
/* `duration` ("30m") after now, or the RFC 3339 time of `name`; usual when there is neither (0: one is needed). False
 * after answering 400. */
bool act_until(struct exchange *x, const json_t *body, const char *name, struct wall now,
               nsec usual, struct wall *ret);
/* A probe's name, an alert's name or matchers, as people write them. False after answering 400. */
bool act_matchers(struct exchange *x, struct daemon *d, const char *text,
                  struct matchers *ret);

struct engine *act_engine(const struct daemon *d);
struct wall act_now(const struct daemon *d);
/* {name: text}, 200. */
void act_reply(struct exchange *x, const char *name, const char *text);

#endif
