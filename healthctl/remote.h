/* SPDX-License-Identifier: Apache-2.0 */
/* Members of what the daemon answered, forgiving: an older or newer healthd may lack or add some. */
#ifndef HEALTHD_HEALTHCTL_REMOTE_H
#define HEALTHD_HEALTHCTL_REMOTE_H

#include "healthctl/writer.h"
#include "lib/core/json.h"

const char *remote_text(const json_t *object, const char *key); /* "" when absent */
double remote_number(const json_t *object, const char *key);    /* 0 when absent */
nsec remote_seconds(const json_t *object, const char *key);
/* Zero when absent or null. */
struct wall remote_time(const json_t *object, const char *key);
struct waterfall remote_waterfall(const json_t *verdict);

/* "down in 1 of 3 runs": what a probe's last runs found, which is not confirmed yet; "" when nothing is turning. */
const char *remote_turning(struct arena *arena, const json_t *probe);

/* The items of a verdict, for people; nothing when it has none. */
void remote_write_items(struct writer *w, struct arena *arena, const json_t *verdict);

#endif
