/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a packet that came to a ping's socket: a reply of the right shape, or not. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct icmp_echo echo = {
        .family = data[0] & 1 ? 4 : 6, .id = 0x0102, .sequence = 9, .payload = data[1]};
    const struct bytes packet = {(const char *)data + 2, size - 2};
    uint16_t sequence = 0;
    if (icmp_is_reply(&echo, data[0] & 2, packet, 3, &sequence))
        assert(sequence >= 3 && sequence <= 9);
    return 0;
}
