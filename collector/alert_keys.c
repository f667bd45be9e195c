/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of keys in one buffer: taken from the book or from one rule in one go, and looked up again one after the
 * other, because an alert may be gone by then. Called by lists that are printed in slices.
 */
#include "collector/alert_keys.h"

#include <string.h>

#define KEY_SIZE 41 /* of alert.h's key, its NUL counted */

static void take(void *ctx, struct alert *a)
{
    struct alert_keys *k = ctx;
    if (k->is_wanted(a))
        buf_add(&k->keys, a->key, strlen(a->key) + 1);
}

void alert_keys_take(struct alert_keys *k, const struct book *b, const struct rule *rule,
                     bool (*is_wanted)(const struct alert *a))
{
    alert_keys_finish(k);
    *k = (struct alert_keys){.keys = BUF_MAX(BOOK_MAX_ALERTS * KEY_SIZE),
                             .is_wanted = is_wanted};
    if (rule)
        book_each_of(b, rule, take, k);
    else
        book_each(b, take, k);
}

bool alert_keys_next(struct alert_keys *k, const struct book *b,
                     const struct alert **ret_alert)
{
    if (k->at >= k->keys.len)
        return false;
    const char *key = k->keys.ptr + k->at;
    *ret_alert = book_find(b, key);
    k->at += strlen(key) + 1;
    return true;
}

void alert_keys_finish(struct alert_keys *k)
{
    buf_finish(&k->keys);
}
