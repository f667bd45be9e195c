/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which alerts a list is to have, taken down at once and looked up one by one: for lists that are printed in slices while
 * alerts come and go. Owns copies of their keys; holds no alert.
 */
#ifndef HEALTHD_COLLECTOR_ALERT_KEYS_H
#define HEALTHD_COLLECTOR_ALERT_KEYS_H

#include "alerts/book.h"
#include "lib/base/buf.h"

struct alert_keys {  /* begins as {0} */
    struct buf keys; /* each with its NUL */
    size_t at;
    bool (*is_wanted)(const struct alert *a);
};

/* Those of one rule, or of all (NULL), in the order of the book; in place of what was there. */
void alert_keys_take(struct alert_keys *k, const struct book *b, const struct rule *rule,
                     bool (*is_wanted)(const struct alert *a));
/* Goes on; false at the end. *ret_alert is as it stands now, whether wanted or not; NULL when it is gone. */
bool alert_keys_next(struct alert_keys *k, const struct book *b,
                     const struct alert **ret_alert);
void alert_keys_finish(struct alert_keys *k);

#endif
