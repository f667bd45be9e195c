/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer to a health question over gRPC: refused with a sentence, or some status. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const statuses[] = {"0", "5", "12", "x", ""};
    const struct grpc_conf conf = {.service = "shop"};
    struct arena *arena = arena_create(0);

    if (size) {
        const char *told = arena_strndup(arena, (const char *)data + 1, size - 1);
        const struct pair trailers[] = {{"grpc-status", statuses[data[0] % 5]},
                                        {"grpc-message", told}};
        const struct reply reply = {.status = 200,
                                    .version = 20,
                                    .headers = {trailers, 2},
                                    .body = {(const char *)data + 1, size - 1}};
        const struct grpc_finding f = grpc_judge(&conf, &reply, "peer", arena);
        assert(f.is_up == (f.code == GRPC_OK && f.serving == GRPC_SERVING));
        assert(f.is_up || (f.reason != REASON_NONE && f.detail[0]));
        assert(bytes_is_utf8(bytes_of(f.detail)));
    }
    arena_destroy(arena);
    return 0;
}
