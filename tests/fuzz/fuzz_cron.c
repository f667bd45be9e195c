/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a schedule: what is accepted is due again and again, always later. */
#include <assert.h>
#include <stdint.h>

#include "lib/core/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct cron c;
    if (!cron_parse((struct bytes){(const char *)data, size}, &c, &e))
        return 0;
    struct wall at = {1700000000 * NSEC_PER_SEC};
    for (int i = 0; i < 3; i++) {
        const struct wall next = cron_next(&c, zone_utc, at);
        assert(next.ns > at.ns);
        if (next.ns == INT64_MAX)
            break;
        at = next;
    }
    return 0;
}
