/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a hosts file: parsed, and asked for names that it may have. */
#include <stdint.h>

#include "lib/core/resolve_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"localhost", "a.b", "x", "", "."};
    struct hosts *h = hosts_parse((struct bytes){(const char *)data, size});
    struct address found[4];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        hosts_find(h, names[i], AF_UNSPEC, found, 4);
    hosts_destroy(h);
    return 0;
}
