/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a DNS message: read or refused; what was read is whole text, and its question can be asked again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/core/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct buf again = BUF_MAX(2000);
    struct dns_message m;
    struct err e = {0};

    if (dns_message_read(arena, (struct bytes){(const char *)data, size}, &m, &e)) {
        for (int i = 0; i < DNS_SECTION_COUNT; i++) {
            for (size_t k = 0; k < m.counts[i]; k++) {
                const struct dns_record *r = &m.records[i][k];
                assert(r->name && r->data && r->text && strlen(r->name) < DNS_NAME_SIZE);
            }
        }
        assert(dns_query_write(&again, m.id, true, &m.question, &e));
    } else {
        assert(e.text[0]);
    }
    buf_finish(&again);
    arena_destroy(arena);
    return 0;
}
